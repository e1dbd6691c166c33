/** Raw inputs → what this process is asked to do, or everything that is wrong at once. */
import { foreignInput } from './foreign-inputs.ts';
import { createInputReader } from './input-reader.ts';
import type { InputReader } from './input-reader.ts';
import { COMMANDS, INPUT_NAMES, INPUTS, isInputName, isStarting, isUsedBy } from './input-table.ts';
import type { Command, InputName } from './input-table.ts';
import {
  parseCheckName,
  parseProject,
  parseRegion,
  parseService,
  parseSuffix,
  parseToken,
} from './names.ts';
import type { ServiceName } from './names.ts';
import { refused } from './parsed.ts';
import { AUTO } from './stages.ts';
import type { Parsed } from './parsed.ts';
import { warningsAbout } from './plan-warnings.ts';
import { readPlan } from './plan-inputs.ts';
import type { Finding } from '../problem.ts';
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
  /** What to name the revision by; null: by the run. */
  readonly suffix: string | null;
  readonly checkName: string;
  readonly isCheckNamed: boolean;
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
};

export type ParsedInputs =
  | { readonly ok: true; readonly request: Request }
  | { readonly ok: false; readonly findings: readonly Finding[] };

export function usualCheckName({ service, region }: ServiceRef): string {
  return `Canary: ${service} (${region})`;
}

/** What `reconcile` takes for a service: every one of the region. */
export const ALL_SERVICES = '*';

/** `raw`: input name → value, trimmed by the runner; "" is not given. */
export function parseInputs(raw: ReadonlyMap<string, string>, ambient: Ambient): ParsedInputs {
  const reader = createInputReader(raw);
  const command = reader.read('command', (text) => parseWord(text, COMMANDS));
  const ref = readRef(reader, command, ambient.project);
  reader.read('no_traffic', parseNoTraffic);
  const wish = readWish(command, reader);
  const plan = readPlanOf(command, reader, { ref, ambient });
  const suffix = reader.read('suffix', (text) => parseSuffix(text, ref.service));
  const isDryRun = reader.read('dry_run', parseBoolean);
  const checkName = reader.read('check_name', parseCheckName);
  const token = reader.read('token', parseToken) ?? '';
  const findings = [...reader.findings(), ...foreignInputs(raw)];
  if (findings.length > 0 || command === null) {
    return { ok: false, findings: findings.map((finding) => withoutToken(finding, raw)) };
  }
  const request: Request = {
    command,
    ref,
    plan,
    isAuto: plan !== null && reader.text('stages').trim() === AUTO,
    isDryRun: isDryRun === true,
    wish,
    isTagGiven: reader.isGiven('tag'),
    suffix,
    checkName: checkName ?? usualCheckName(ref),
    isCheckNamed: checkName !== null,
    token,
    warnings: plan === null ? [] : [...warningsAbout(plan), ...reader.remarks()],
  };
  return { ok: true, request: frozen(request) };
}

function readRef(
  reader: InputReader,
  command: Command | null,
  ambientProject: string | null,
): ServiceRef {
  const isForAll = reader.text('service') === ALL_SERVICES && command === 'reconcile';
  const named = isForAll ? null : reader.read('service', parseServiceName);
  if (reader.text('service') === '') {
    reader.refuse('service', {
      value: null,
      wrong: 'is not given',
      advice: 'Write the name of the Cloud Run service.',
    });
  }
  return {
    project: readProject(reader, named, ambientProject),
    region: readRegion(reader, named),
    service: isForAll ? ALL_SERVICES : (named?.service ?? ''),
  };
}

function parseServiceName(text: string): Parsed<ServiceName> {
  if (text !== ALL_SERVICES) return parseService(text);
  return refused(
    text,
    'is every service of the region',
    'Write the name of one; only `reconcile` looks after all of them.',
  );
}

/** The default cannot be told from the same text written by hand, so it never disagrees. */
function readRegion(reader: InputReader, named: ServiceName | null): string {
  const region = reader.read('region', parseRegion);
  const home = named?.home ?? null;
  if (home === null) return region ?? '';
  if (region !== null && reader.isGiven('region') && region !== home.region) {
    reader.refuse('region', {
      value: region,
      wrong: `is not the region in service, ${home.region}`,
      advice: 'Write the same region in both, or leave out `region`.',
    });
  }
  return home.region;
}

function readProject(
  reader: InputReader,
  named: ServiceName | null,
  ambientProject: string | null,
): string {
  const project = reader.read('project_id', parseProject);
  const home = named?.home ?? null;
  if (home !== null) {
    if (project !== null && project !== home.project) {
      reader.refuse('project_id', {
        value: project,
        wrong: `is not the project in service, ${home.project}`,
        advice: 'Write the same project in both, or leave out `project_id`.',
      });
    }
    return home.project;
  }
  // A full name that could not be read has its own finding; another one would lead astray.
  const isSettled = reader.isGiven('project_id') || reader.text('service').includes('/');
  return isSettled ? (project ?? '') : projectAround(reader, ambientProject);
}

function projectAround(reader: InputReader, ambientProject: string | null): string {
  const advice = 'Set `project_id`, or give google-github-actions/auth a project before this step.';
  if (ambientProject === null || ambientProject === '') {
    reader.refuse('project_id', { value: null, wrong: 'is not given', advice });
    return '';
  }
  const parsed = parseProject(ambientProject);
  if (parsed.ok) return parsed.value;
  for (const { value, wrong } of parsed.faults) {
    reader.refuse('project_id', { value, wrong: `from the environment ${wrong}`, advice });
  }
  return '';
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
  context: { readonly ref: ServiceRef; readonly ambient: Ambient },
): Plan | null {
  if (command !== null) refuseUnused(command, reader);
  if (command !== null && !isStarting(command)) return null;
  const { ref, ambient } = context;
  const { defaultTag, commit } = ambient;
  return readPlan(reader, { ...ref, defaultTag, commit, isStart: command !== null });
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
function withoutToken(finding: Finding, raw: ReadonlyMap<string, string>): Finding {
  const token = raw.get('token') ?? '';
  const shown = [finding.value ?? '', raw.get(finding.subject) ?? ''];
  const isSafe = token === '' || !shown.some((text) => text.includes(token));
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
