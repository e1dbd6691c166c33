/**
 * What the documents say of the benchmark, from its last line, which is kept beside them:
 * npm run bench:judge -- --full | npm run --silent bench:docs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { between, table } from '../../docs/reference.ts';
import { chart } from './chart.ts';
import { RULES } from './rules.ts';

type Counted = {
  readonly events: number;
  readonly of: number;
  readonly low: number;
  readonly high: number;
};

export type RuleFigures = {
  readonly falseRollback: Readonly<Record<string, number | null>>;
  readonly missed: number | null;
  readonly mustCatchMissed: number | null;
  readonly blastOverOracleA: number | null;
  readonly minutesToFull: Readonly<Record<string, number | null>>;
  readonly counts: {
    readonly falseRollback: Readonly<Record<string, Counted>>;
    readonly missed: Counted | null;
    readonly mustCatchMissed: Counted | null;
  };
};

export type Published = {
  readonly mode: string;
  readonly seed: number;
  /** Whose judge it was; the seed is drawn from it. */
  readonly commit: string;
  readonly rules: Readonly<Record<string, RuleFigures>>;
};

const DOCS = new URL('../../../docs/', import.meta.url);
export const FIGURES = new URL('judging-figures.json', DOCS);
export const JUDGING = new URL('judging.md', DOCS);
export const README = new URL('../README.md', DOCS);
export const PICTURE = new URL('images/judging.svg', DOCS);

const ENVIRONMENTS = {
  iid: 'independent requests',
  realistic: 'realistic noise',
  outage: 'shared outage',
  coldStart: 'cold starts',
  burst: 'one-minute burst',
  mix: 'other mix of requests',
  harsh: 'harsh noise',
} as const;

/** Of the README: ours, and the tools that people have. */
const KNOWN = [
  'oursDefaults',
  'ours',
  'oursAdaptiveWithLogs',
  'kayenta',
  'argo',
  'releaseManager',
  'alertPolicyFitted',
  'flaggerFitted',
];

/** An oracle knows the fault, and what is judged by its harm is judged by this one. */
function shownRules({ rules }: Published): readonly (readonly [string, RuleFigures])[] {
  return Object.entries(rules).filter(([key]) => !/^oracle(?!A$|B$)/.test(key));
}

function nameOf(key: string): string {
  const name = RULES.get(key)?.name ?? key;
  return key.startsWith('ours') ? `**${name}**` : name;
}

function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return '–';
  if (share === 0) return '0 %';
  return `${Number((100 * share).toPrecision(share >= 0.1 ? 2 : share >= 0.001 ? 2 : 1))} %`;
}

function times(ratio: number | null): string {
  return ratio === null ? '–' : ratio.toPrecision(3);
}

export function blocksOf(published: Published): Readonly<Record<string, string>> {
  const names = Object.keys(ENVIRONMENTS);
  const rows = shownRules(published);
  const seeds = `Seed ${published.seed}, drawn from commit ${published.commit.slice(0, 7)}, whose judge it is.`;
  const undone = rows.map(([key, { falseRollback }]) => [
    nameOf(key),
    ...names.map((name) => percent(falseRollback[name])),
  ]);
  const bad = rows.map(([key, one]) => [
    nameOf(key),
    percent(one.missed),
    percent(one.mustCatchMissed),
    times(one.blastOverOracleA),
  ]);
  return {
    undone: [seeds, '', table(['rule', ...Object.values(ENVIRONMENTS)], undone)].join('\n'),
    counted: table(
      ['rule', ...Object.values(ENVIRONMENTS)],
      rows
        .filter(([key]) => key.startsWith('ours'))
        .map(([key, { counts }]) => [
          nameOf(key),
          ...names.map((name) => countedText(counts.falseRollback[name])),
        ]),
    ),
    harm: table(
      ['rule', 'missed, of all', 'missed, of those that must be caught', 'harm ÷ oracle'],
      bad,
    ),
    minutes: table(
      ['rule', '2 requests/s', '20', '200', '2 000'],
      rows
        .filter(([key]) => key.startsWith('ours'))
        .map(([key, { minutesToFull }]) => [
          nameOf(key),
          ...['2', '20', '200', '2000'].map((load) => String(minutesToFull[load] ?? '–')),
        ]),
    ),
    judged: table(
      [
        'Rule',
        'Healthy canaries undone, realistic noise',
        'Bad ones missed, of those that must be caught',
        "Harm to users ÷ an oracle's",
      ],
      KNOWN.flatMap((key) => {
        const one = published.rules[key];
        return one === undefined
          ? []
          : [
              [
                nameOf(key).replace('ours', 'this action'),
                percent(one.falseRollback['realistic']),
                percent(one.mustCatchMissed),
                times(one.blastOverOracleA),
              ],
            ];
      }),
    ),
  };
}

function countedText(counted: Counted | undefined): string {
  if (counted === undefined) return '–';
  const { events, of, low, high } = counted;
  return `${events} of ${of}: ${Number((100 * low).toFixed(2))} to ${Number((100 * high).toFixed(2))} %`;
}

export function documented(document: string, published: Published): string {
  return Object.entries(blocksOf(published)).reduce(
    (whole, [name, block]) => between(whole, name, block),
    document,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const last = (await text(process.stdin)).trim().split('\n').at(-1) ?? '';
  const published: Published = JSON.parse(last);
  writeFileSync(FIGURES, `${JSON.stringify(published, null, 2)}\n`);
  writeFileSync(PICTURE, chart(last));
  for (const page of [JUDGING, README]) {
    writeFileSync(page, documented(readFileSync(page, 'utf8'), published));
  }
}
