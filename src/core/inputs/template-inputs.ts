/** What a rollout changes in the revision template: image, and the settings that deploy-cloudrun takes. */
import { readFlags } from './flag-inputs.ts';
import { parseRequestTimeout } from './flag-values.ts';
import { parseImage } from './image.ts';
import type { InputReader } from './input-reader.ts';
import { readLabels } from './label-inputs.ts';
import { parsePairs } from './pairs.ts';
import type { Pairs } from './pairs.ts';
import { parseSecretUses } from './secret-uses.ts';
import { readFileChange } from './service-file-inputs.ts';
import type { Edit, ServiceFile, TemplateChange } from '../template-types.ts';
import { parseWord } from './units.ts';

export type ChangeContext = {
  readonly project: string;
  readonly region: string;
  /** Of the workflow run; "" when it is not known. */
  readonly commit: string;
  /** Whether it is known that something is to be started. */
  readonly isStart: boolean;
  readonly service: string;
  /** What `metadata` names; null: nothing that could be read. */
  readonly file: ServiceFile | null;
};

const STRATEGIES = ['merge', 'overwrite'] as const;

/** As Kubernetes has it (EnvVar.name). */
const VARIABLE = /^[-._A-Za-z][-._A-Za-z0-9]*$/;
const VARIABLES = 'Names are letters, digits, `_`, `-` and `.`, not a digit first.';
/** https://cloud.google.com/run/docs/container-contract#env-vars */
const RESERVED = ['PORT', 'K_SERVICE', 'K_REVISION', 'K_CONFIGURATION'];

/** null: something is refused, and the reader has a finding about it. */
export function readChange(reader: InputReader, context: ChangeContext): TemplateChange | null {
  if (reader.isGiven('metadata') && !reader.isGiven('revision')) {
    return readFileChange(reader, context);
  }
  const image = reader.read('image', parseImage);
  const flags = readFlags(reader, context);
  const labels = readLabels(reader, flags.labels, context.commit);
  const edits = [
    ...readVariables(reader),
    ...readSecrets(reader),
    ...flags.edits,
    ...readTimeout(reader, flags.edits),
    ...labels.edits,
  ];
  refuseTwoSources(reader, edits);
  if (reader.text('revision') !== '') return withoutChange(reader);
  if (context.isStart && edits.length === 0 && isNothingAsked(reader)) {
    reader.refuse('image', {
      value: null,
      wrong: 'is not given',
      advice:
        'Write the image to roll out, best by digest; was a step output empty? Without one, say in ' +
        '`env_vars`, `secrets`, `labels`, `timeout` or `flags` what else to change; a revision that ' +
        'is there already is named in `revision`.',
    });
  }
  if (reader.findings().length > 0) return null;
  return { image: image?.reference ?? null, edits, originLabels: labels.origin };
}

/** What a revision is made from; one that exists takes none of it. */
const MAKING = [
  'image',
  'metadata',
  'env_vars',
  'env_vars_update_strategy',
  'secrets',
  'secrets_update_strategy',
  'labels',
  'skip_default_labels',
  'suffix',
  'timeout',
  'flags',
] as const;

function withoutChange(reader: InputReader): TemplateChange | null {
  const given = MAKING.filter((name) => reader.isGiven(name));
  if (given.length > 0) {
    reader.refuse('revision', {
      value: reader.text('revision'),
      wrong: `is given together with ${given.join(', ')}`,
      advice:
        'A revision that exists is rolled out as it is: leave these out, or leave out `revision` to ' +
        'have one made.',
    });
  }
  return reader.findings().length > 0 ? null : { image: null, edits: [], originLabels: [] };
}

const CHANGES = ['image', 'env_vars', 'secrets', 'labels', 'timeout', 'flags'] as const;

/** What was refused has its own finding. */
function isNothingAsked(reader: InputReader): boolean {
  const given = CHANGES.filter((name) => reader.text(name) !== '');
  return given.length === 0 || (!given.includes('image') && reader.findings().length === 0);
}

function readVariables(reader: InputReader): readonly Edit[] {
  const overwrites = readStrategy(reader, 'env_vars_update_strategy');
  const pairs = reader.read('env_vars', (text) =>
    parsePairs(text, { name: VARIABLE, nameAdvice: VARIABLES }),
  );
  if (pairs === null) return [];
  refuseReserved(
    reader,
    'env_vars',
    pairs.values.map(({ name }) => name),
  );
  for (const name of pairs.quoted) reader.remark(quotesText(name));
  return [{ kind: 'env', clears: pairs.clears || overwrites, values: pairs.values }];
}

function refuseReserved(
  reader: InputReader,
  input: 'env_vars' | 'secrets',
  names: readonly string[],
): void {
  const reserved = names.find((name) => RESERVED.includes(name));
  if (reserved === undefined) return;
  reader.refuse(input, {
    value: null,
    wrong: `sets ${reserved}`,
    advice: 'Remove it: Cloud Run sets it, and takes no other value.',
  });
}

function quotesText(name: string): string {
  return `env_vars: the quotes around ${name} are part of its value, as in deploy-cloudrun. Without them, write a comma as \\, instead.`;
}

function readSecrets(reader: InputReader): readonly Edit[] {
  const overwrites = readStrategy(reader, 'secrets_update_strategy');
  const uses = reader.read('secrets', (text) => {
    const pairs = parsePairs(text, {
      name: /^(?:\/|[-._A-Za-z])/,
      nameAdvice:
        'Write the name of a variable, or the path of a file, such as `/secrets/api/key`.',
    });
    return pairs.ok ? parseUses(pairs.value) : pairs;
  });
  if (uses === null) return [];
  refuseReserved(
    reader,
    'secrets',
    uses.values.map(({ target }) => target),
  );
  return [{ kind: 'secrets', clears: uses.clears || overwrites, values: uses.values }];
}

function parseUses({ clears, values }: Pairs) {
  const uses = parseSecretUses(values, VARIABLE);
  return uses.ok ? { ok: true as const, value: { clears, values: uses.value } } : uses;
}

/** Whether what is there goes first. */
function readStrategy(
  reader: InputReader,
  name: 'env_vars_update_strategy' | 'secrets_update_strategy',
): boolean {
  return reader.read(name, (text) => parseWord(text, STRATEGIES)) === 'overwrite';
}

function readTimeout(reader: InputReader, flags: readonly Edit[]): readonly Edit[] {
  const to = reader.read('timeout', parseRequestTimeout);
  if (to === null) return [];
  if (flags.some((edit) => edit.kind === 'number' && edit.of === 'timeout')) {
    reader.refuse('timeout', {
      value: null,
      wrong: 'is given in flags, too',
      advice: 'Write it once.',
    });
  }
  return [{ kind: 'number', of: 'timeout', to }];
}

function refuseTwoSources(reader: InputReader, edits: readonly Edit[]): void {
  const names = edits.flatMap((edit) =>
    edit.kind === 'env' ? edit.values.map(({ name }) => name) : [],
  );
  const targets = edits.flatMap((edit) =>
    edit.kind === 'secrets' ? edit.values.map(({ target }) => target) : [],
  );
  const both = targets.find((target) => names.includes(target));
  if (both === undefined) return;
  reader.refuse('secrets', {
    value: null,
    wrong: `sets ${both}, and so does env_vars`,
    advice: 'Write it in one of them.',
  });
}
