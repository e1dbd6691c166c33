/** Raw inputs → what this process is asked to do, or everything that is wrong at once. */
import { CHANNEL_SECRETS, readChannels } from './channel-inputs.ts';
import type { Channels } from './channel-inputs.ts';
import { readFirst } from './first-inputs.ts';
import { foreignInput } from './foreign-inputs.ts';
import { createInputReader } from './input-reader.ts';
import type { InputReader } from './input-reader.ts';
import { COMMANDS, INPUT_NAMES, INPUTS, isInputName, isStarting, isUsedBy } from './input-table.ts';
import type { Command, InputName } from './input-table.ts';
import { parseCheckName, parseSuffix, parseToken } from './names.ts';
import { refused } from './parsed.ts';
import { AUTO } from './stages.ts';
import type { Parsed } from './parsed.ts';
import { warningsAbout } from './plan-warnings.ts';
import { readPlan } from './plan-inputs.ts';
import { readRef } from './ref-inputs.ts';
import { readFileSuffix, readServiceFile } from './service-file-inputs.ts';
import type { Finding } from '../problem.ts';
import type { ServiceFile } from '../template-types.ts';
import type { Plan, ServiceRef } from '../types.ts';
import { listOf, parseBoolean, parseWord } from './units.ts';
import { readWish } from './wish.ts';
import type { Wish } from './wish.ts';

export type Request = {
  readonly command: Command;
  readonly ref: ServiceRef;
  /** null for commands that start nothing: they find the plan on the service. */
  readonly plan: Plan | null;
  /** Its stages are to be fitted to the service. */
  readonly isAuto: boolean;
  /** Everything up to the first write, and not that. */
  readonly isDryRun: boolean;
  /** What a person wants of an open rollout. */
  readonly wish: Wish;
  /** Whether the user named the tag: as in deploy-cloudrun, the output `url` is then the tag's. */
  readonly isTagGiven: boolean;
  /** Whether the first revision of a service, which nothing can be compared with, gets all traffic. */
  readonly deploysFirst: boolean;
  /** Canaries that were undone are deleted once another revision is the latest. */
  readonly deletesFailed: boolean;
  /** What to name the revision by; null: by the run. */
  readonly suffix: string | null;
  readonly checkName: string;
  readonly isCheckNamed: boolean;
  readonly channels: Channels;
  /** "": GitHub is not told anything. */
  readonly token: string;
  /** Sentences about what is allowed but probably not meant. */
  readonly warnings: readonly string[];
};

export type Ambient = {
  /** Project that the credentials or the environment name. */
  readonly project: string | null;
  /** Tag for a run that names none; made from the run id, so the same on every re-run. */
  readonly defaultTag: string;
  /** Commit of the run; "" when it is not known. */
  readonly commit: string;
  /** What the file that `metadata` names says. */
  readonly file?: Parsed<ServiceFile>;
};

export type ParsedInputs =
  | { readonly ok: true; readonly request: Request }
  | { readonly ok: false; readonly findings: readonly Finding[] };

export function usualCheckName({ service, region }: ServiceRef): string {
  return `Canary: ${service} (${region})`;
}

/** `raw`: input name → value, trimmed by the runner; "" is not given. */
export function parseInputs(raw: ReadonlyMap<string, string>, ambient: Ambient): ParsedInputs {
  const reader = createInputReader(raw);
  const command = reader.read('command', (text) => parseWord(text, COMMANDS));
  const file = readServiceFile(reader, command, ambient.file);
  const ref = readRef(reader, { command, file, ambientProject: ambient.project });
  reader.read('no_traffic', parseNoTraffic);
  const wish = readWish(command, reader);
  const plan = readPlanOf(command, reader, { ref, ambient, file });
  const deploysFirst = readFirst(reader);
  const suffix =
    reader.read('suffix', (text) => parseSuffix(text, ref.service)) ??
    readFileSuffix(reader, file, ref.service);
  const isDryRun = reader.read('dry_run', parseBoolean);
  const deletesFailed = reader.read('delete_failed_canary', parseBoolean) === true;
  const checkName = reader.read('check_name', parseCheckName);
  const channels = readChannels(reader);
  const token = reader.read('token', parseToken) ?? '';
  const findings = [...reader.findings(), ...foreignInputs(raw)];
  if (findings.length > 0 || command === null) {
    return { ok: false, findings: findings.map((finding) => withoutSecrets(finding, raw)) };
  }
  const request: Request = {
    command,
    ref,
    plan,
    isAuto: plan !== null && reader.text('stages').trim() === AUTO,
    isDryRun: isDryRun === true,
    wish,
    isTagGiven: reader.isGiven('tag'),
    deploysFirst,
    deletesFailed,
    suffix,
    checkName: checkName ?? usualCheckName(ref),
    isCheckNamed: checkName !== null,
    channels,
    token,
    warnings: plan === null ? [] : [...warningsAbout(plan), ...reader.remarks()],
  };
  return { ok: true, request: frozen(request) };
}

/** deploy-cloudrun reads it without regard to case. */
function parseNoTraffic(text: string): Parsed<boolean> {
  const parsed = parseBoolean(text.toLowerCase());
  if (!parsed.ok || parsed.value) return parsed;
  return refused(
    text,
    'asks for traffic at once',
    'Remove it: a canary always starts without traffic and gets it as `stages` says.',
  );
}

function readPlanOf(
  command: Command | null,
  reader: InputReader,
  context: {
    readonly ref: ServiceRef;
    readonly ambient: Ambient;
    readonly file: ServiceFile | null;
  },
): Plan | null {
  if (command !== null) refuseUnused(command, reader);
  if (command !== null && !isStarting(command)) return null;
  const { ref, ambient, file } = context;
  const { defaultTag, commit } = ambient;
  return readPlan(reader, { ...ref, defaultTag, commit, file, isStart: command !== null });
}

/** Ignoring them would let somebody believe that, say, a promote deploys the image. */
function refuseUnused(command: Command, reader: InputReader): void {
  for (const name of INPUT_NAMES) {
    if (isUsedBy(name, command) || !reader.isGiven(name)) continue;
    reader.refuse(name, {
      value: reader.text(name),
      wrong: `is not used by the command ${command}`,
      advice: unusedAdvice(name),
    });
  }
}

function unusedAdvice(name: InputName): string {
  if (INPUTS[name].usedBy === 'a start') {
    return 'Remove it: the plan of a rollout was fixed by the command that started it.';
  }
  const users = COMMANDS.filter((command) => isUsedBy(name, command));
  return `Remove it: it is for ${listOf(users)}.`;
}

function foreignInputs(raw: ReadonlyMap<string, string>): Finding[] {
  return Array.from(raw)
    .filter(([name, value]) => value !== '' && !isInputName(name))
    .map(([name]) => foreignInput(name));
}

/** A token pasted into the wrong input must not be printed either, not even a part of it. */
function withoutSecrets(finding: Finding, raw: ReadonlyMap<string, string>): Finding {
  const secrets = ['token', ...CHANNEL_SECRETS].map((name) => raw.get(name) ?? '');
  const shown = [finding.value ?? '', raw.get(finding.subject) ?? ''];
  const isSafe = !secrets.some(
    (secret) => secret !== '' && shown.some((text) => text.includes(secret)),
  );
  return isSafe ? finding : { ...finding, value: null };
}

/** Nobody changes a plan on the way. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}
