/** The input `flags` → edits of the template. */
import { insteadOf } from './flag-advice.ts';
import { FLAGS, rivalOf } from './flag-table.ts';
import type { FlagContext } from './flag-table.ts';
import { parseFlagWords } from './flag-words.ts';
import type { Flag } from './flag-words.ts';
import type { InputReader } from './input-reader.ts';
import type { Edit } from '../template-types.ts';

/** Part of many workflows; a rollout is like that anyway. */
const MEANINGLESS: ReadonlyMap<string, 'nothing' | RegExp> = new Map<string, 'nothing' | RegExp>([
  ['-q', 'nothing'],
  ['--quiet', 'nothing'],
  ['--no-traffic', 'nothing'],
  ['--platform', /^managed$/],
  ['--format', /./],
  ['--verbosity', /./],
  ['--log-http', 'nothing'],
  ['--no-log-http', 'nothing'],
  ['--user-output-enabled', 'nothing'],
  ['--no-user-output-enabled', 'nothing'],
]);

const PUBLIC = '--allow-unauthenticated';
const LEFT_ALONE =
  `flags: ${PUBLIC} changes nothing here. Who may call a service is no part of a revision, so it ` +
  'stays as it is.';

/** Flags about labels go with the input of that name. */
const LABEL_FLAGS = ['--labels', '--update-labels', '--remove-labels'] as const;

export type FlagEdits = {
  readonly edits: readonly Edit[];
  readonly labels: readonly Flag[];
};

export function readFlags(reader: InputReader, context: FlagContext): FlagEdits {
  const flags = reader.read('flags', (text) => parseFlagWords(text, takesValue)) ?? [];
  const fine = flags.filter((flag, index) => !isRefused(reader, flag, flags.slice(0, index)));
  if (fine.some(({ name }) => name === PUBLIC)) reader.remark(LEFT_ALONE);
  const edits = new Map(fine.map((flag) => [flag.name, editsOf(reader, flag, context)]));
  return {
    edits: [...FLAGS.keys()].flatMap((name) => edits.get(name) ?? []),
    labels: fine.filter(isAboutLabels),
  };
}

function isAboutLabels({ name }: Flag): boolean {
  return LABEL_FLAGS.some((known) => known === name);
}

function takesValue(name: string): boolean {
  if (name === PUBLIC || MEANINGLESS.get(name) === 'nothing') return false;
  return FLAGS.get(name)?.takes !== 'nothing';
}

function isRefused(reader: InputReader, flag: Flag, before: readonly Flag[]): boolean {
  const { name, value } = flag;
  const names = before.map((other) => other.name);
  const isKnown = FLAGS.has(name) || isAboutLabels(flag) || name === PUBLIC;
  const harmless = MEANINGLESS.get(name);
  if (!isKnown && harmless === undefined) {
    return refuse(reader, `holds \`${name}\``, insteadOf(name));
  }
  if (harmless instanceof RegExp && !harmless.test(value ?? '')) {
    return refuse(reader, `holds \`${name}\` with another value`, 'Remove the flag.');
  }
  if (names.includes(name)) return refuse(reader, `holds \`${name}\` twice`, 'Write it once.');
  const rival = rivalOf(name, names);
  if (rival !== null) {
    return refuse(reader, `holds both \`${rival}\` and \`${name}\``, 'Remove one of them.');
  }
  const needs = takesValue(name);
  if (needs === (value !== null)) return false;
  return refuse(
    reader,
    needs ? `holds \`${name}\` without its value` : `holds \`${name}\` with a value`,
    needs ? `Write \`${name}=…\`.` : `Write \`${name}\` alone.`,
  );
}

function editsOf(reader: InputReader, { name, value }: Flag, context: FlagContext) {
  const row = FLAGS.get(name);
  if (row === undefined) return [];
  if (row.takes === 'nothing') return row.edits;
  const parsed = row.parse(value ?? '', context);
  if (parsed.ok) return parsed.value;
  for (const { wrong, advice } of parsed.faults) {
    refuse(reader, `holds \`${name}\`, which ${wrong}`, advice);
  }
  return [];
}

function refuse(reader: InputReader, wrong: string, advice: string): true {
  reader.refuse('flags', { value: null, wrong, advice });
  return true;
}
