/** Labels: what the user writes, over those that say where a revision comes from. */
import { parseFlagList } from './flag-values.ts';
import type { Flag } from './flag-words.ts';
import type { InputReader } from './input-reader.ts';
import { parsePairs } from './pairs.ts';
import type { Edit, Pair } from '../template-types.ts';
import { parseBoolean } from './units.ts';

/** https://cloud.google.com/run/docs/configuring/services/labels */
const KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;
const KEYS = 'Keys are lower-case letters, digits, `_` and `-`, a letter first, at most 63.';
const VALUES = 'Values are lower-case letters, digits, `_` and `-`, at most 63.';

type LabelEdit = Extract<Edit, { kind: 'labels' }>;

export type Labels = {
  readonly edits: readonly LabelEdit[];
  readonly origin: readonly Pair[];
};

/** `commit`: of the workflow run; "" when it is not known. */
export function readLabels(reader: InputReader, flags: readonly Flag[], commit: string): Labels {
  const given = reader.read('labels', (text) => parsePairs(text, { name: KEY, nameAdvice: KEYS }));
  refuseValues(reader, given?.values ?? []);
  const removes = flags.flatMap((flag) => (flag.name === '--remove-labels' ? namesIn(flag) : []));
  const added = flags.flatMap((flag) =>
    flag.name === '--remove-labels' ? [] : pairsIn(reader, flag),
  );
  const values = [
    ...new Map([...(given?.values ?? []), ...added].map((pair) => [pair.name, pair])).values(),
  ];
  const clears = given?.clears === true;
  const isEdit = clears || removes.length > 0 || values.length > 0;
  return {
    edits: isEdit ? [{ kind: 'labels', clears, removes, values }] : [],
    origin: readOrigin(reader, commit).filter(
      ({ name }) => !removes.includes(name) && !values.some((pair) => pair.name === name),
    ),
  };
}

export const COMMIT_LABEL = 'commit-sha';
const MANAGER_LABEL = 'managed-by';
/** They say where a revision comes from, not what it is. */
export const ORIGIN_LABELS: readonly string[] = [MANAGER_LABEL, COMMIT_LABEL];

/** Cloud Run's pages show them (README of google-github-actions/deploy-cloudrun). */
export function readOrigin(reader: InputReader, commit: string): readonly Pair[] {
  if (reader.read('skip_default_labels', parseBoolean) !== false) return [];
  const sha = commit.toLowerCase();
  return [
    { name: MANAGER_LABEL, value: 'github-actions' },
    ...(sha === '' ? [] : [{ name: COMMIT_LABEL, value: sha.slice(0, 63) }]),
  ];
}

function refuseValues(reader: InputReader, pairs: readonly Pair[]): void {
  for (const [index, { value }] of pairs.entries()) {
    if (VALUE.test(value)) continue;
    const wrong = `has a value that no label may have in pair ${index + 1}`;
    reader.refuse('labels', { value: null, wrong, advice: VALUES });
  }
}

function namesIn({ value }: Flag): readonly string[] {
  const list = parseFlagList(value ?? '');
  return list.ok ? list.value.map((name) => name.trim()) : [];
}

function pairsIn(reader: InputReader, flag: Flag): readonly Pair[] {
  return namesIn(flag).flatMap((text) => {
    const equals = text.indexOf('=');
    const [name, value] = [text.slice(0, equals), text.slice(equals + 1)];
    if (equals !== -1 && KEY.test(name) && VALUE.test(value)) return [{ name, value }];
    const wrong = `holds \`${flag.name}\` with a label that cannot be one`;
    reader.refuse('flags', { value: null, wrong, advice: `${KEYS} ${VALUES}` });
    return [];
  });
}
