/**
 * Reports full of hostile texts, and the rule for them: rendered, such a report holds no element,
 * link, mention or line of a chart that the same report with harmless texts has not.
 */
import * as fc from 'fast-check';
import { OUTCOME_WORDS } from '../../src/core/report/report-words.ts';
import { commentOf } from '../../src/core/report/report-comment.ts';
import { renderCheck, renderSummary } from '../../src/core/report/report.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import type { Outcome } from '../../src/core/decision-types.ts';
import { SITUATIONS } from '../report-situations.ts';
import { hostileAddress, hostileText } from './hostile-text.ts';
import { spoiled, textsOf } from './spoil.ts';
import { beyond, most, traitsOf } from './traits.ts';
import type { Traits } from './traits.ts';

export type HostileReport = {
  readonly base: Report;
  readonly hostile: Report;
  /** With addresses, and without: what is said where there is none is said otherwise. */
  readonly harmless: readonly [Report, Report];
  /** How many different texts were put into it. */
  readonly texts: number;
  /** A report is too long to be read; what was put into it says enough. */
  readonly [fc.toStringMethod]: () => string;
};

const OUTCOMES = Object.keys(OUTCOME_WORDS) as readonly Outcome[];

const SCENES: readonly Report[] = [
  ...Object.values(SITUATIONS),
  { ...SITUATIONS['restored on errors'], reason: 'ordered:rollback:ada', clone: 'web-00043-b' },
  { ...SITUATIONS.promoted, reason: 'ordered:promote:ada', brought: true },
  {
    ...SITUATIONS['restored on errors'],
    outcome: 'start-failed',
    reason: 'not-ready',
    said: 'Revision is not ready',
    notices: ['A notice.', 'A second notice.'],
    fence: 'absent',
  },
  { ...SITUATIONS.promoted, outcome: 'planned' },
  { ...SITUATIONS['refused plan'], refusal: withCommands(SITUATIONS['refused plan']) },
];

/** Each with every ending, fitting or not. */
const BASES: readonly Report[] = SCENES.flatMap((scene) => [
  scene,
  ...OUTCOMES.map((outcome) => ({ ...scene, outcome })),
]);

function withCommands({ refusal }: Report): Report['refusal'] {
  return refusal === null ? null : { ...refusal, commands: ['gcloud one', 'gcloud two'] };
}

export const hostileReport: fc.Arbitrary<HostileReport> = fc
  .record({
    base: fc.constantFrom(...BASES),
    words: fc.array(hostileText, { minLength: 1, maxLength: 60, size: 'max' }),
    addresses: fc.array(hostileAddress, { minLength: 1, maxLength: 5, size: 'max' }),
    fillsEmpty: fc.boolean(),
  })
  .map(({ base, words, addresses, fillsEmpty }) => {
    const found = textsOf(base);
    const isFilled = (text: string): boolean => fillsEmpty || text !== '';
    const texts = new Map([
      ...pairs(found.words.filter(isFilled), words),
      ...pairs(found.addresses.filter(isFilled), addresses),
    ]);
    const twins = harmlessTwins(texts);
    const withAddress = (address: (number: number) => string): Report => {
      const given = found.addresses
        .filter(isFilled)
        .map((text, n): [string, string] => [text, address(n + 1)]);
      return spoiled(base, new Map([...twins, ...given]));
    };
    return {
      base,
      hostile: spoiled(base, texts),
      harmless: [
        withAddress((number) => `https://github.com/o/r/actions/runs/${number}`),
        withAddress(() => ''),
      ],
      texts: texts.size,
      [fc.toStringMethod]: () => told(base, texts),
    };
  });

function told({ outcome, reason }: Report, texts: ReadonlyMap<string, string>): string {
  const changes = [...texts].map((pair) => pair.map(short).join(' became '));
  return [`${outcome} by ${reason}`, ...changes].join('\n  ');
}

function short(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}… (${text.length})` : text);
}

function pairs(originals: readonly string[], texts: readonly string[]): [string, string][] {
  return originals.map((original, index) => [original, texts[index % texts.length] ?? '']);
}

/** Texts that are the same have the same twin, so that what is left out twice is left out twice. */
function harmlessTwins(texts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const order = [...new Set(texts.values())];
  return new Map(
    [...texts].map(([original, text]) => [
      original,
      // What is empty is absent.
      text === '' ? '' : harmlessWord(order.indexOf(text) + 1).padEnd(text.length, 'q'),
    ]),
  );
}

/** Of letters that are no digits of a commit either. */
function harmlessWord(number: number): string {
  const letters = Array.from(String(number), (digit) => 'ghijklmnop'[Number(digit)] ?? '');
  return `z${letters.join('')}z`;
}

/** Nothing: the report is harmless. */
export function harmOf({ base, hostile, harmless }: HostileReport): readonly string[] {
  return [
    ...titleHarm(renderCheck(hostile).title),
    ...PLACES.flatMap(([name, render]) => {
      const found = traits(hostile, render);
      // Nearly always the report as it was has all of it already, which spares the twin.
      if (beyond(found, usualTraits(base, name, render)).length === 0) return [];
      const [one, other] = harmless.map((report) => traits(report, render));
      const harm = beyond(found, most(one ?? new Map(), other ?? new Map()));
      return harm.map((what) => `${name}: ${what}`);
    }),
  ];
}

const PLACES: readonly (readonly [string, (report: Report) => string])[] = [
  ['summary', (report) => renderCheck(report).summary],
  ['text', (report) => renderCheck(report).text],
  ['job summary', renderSummary],
  ['comment', (report) => commentOf(report, 'always', report.runUrl)?.body ?? ''],
];

const usual = new Map<Report, Map<string, Traits>>();

function usualTraits(base: Report, name: string, render: (report: Report) => string): Traits {
  const known = usual.get(base) ?? new Map<string, Traits>();
  usual.set(base, known);
  const found = known.get(name) ?? traits(base, render);
  known.set(name, found);
  return found;
}

function traits(report: Report, render: (report: Report) => string): Traits {
  const { runUrl, starterUrl, url, canaryUrl, forecast } = report;
  const given = [runUrl, starterUrl, url, canaryUrl, forecast?.commits?.url ?? ''];
  return traitsOf(render(report), given);
}

/** GitHub shows a title as it is. */
function titleHarm(title: string): readonly string[] {
  const isOdd = title.length > 60 || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(title);
  return isOdd ? [`title: ${JSON.stringify(title)}`] : [];
}
