import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatStages, parseStages } from '../../src/core/inputs/stages.ts';

const MINUTE = 60_000;
const usual = [
  { percent: 5, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false },
  { percent: 20, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false },
];

test.each([
  ['commas', '5% for 10m, 20% for 10m'],
  ['new lines', '5% for 10m\n20% for 10m'],
  ['Windows line ends', '5% for 10m\r\n20% for 10m'],
  ['both', '5% for 10m,\n20% for 10m,\n'],
  ['blank lines', '\n5% for 10m\n\n\n20% for 10m\n'],
  ['a space before the percent sign', '5 % for 10m, 20 % for 10m'],
  ['several spaces and tabs', '5%  for\t10m,\t20%   for 10m'],
  ['100% as the last entry', '5% for 10m, 20% for 10m, 100%'],
  ['100 % on the last line', '5% for 10m\n20% for 10m\n100 %\n'],
  ['other units', '5% for 600s, 20% for 9m60s'],
])('stages may be written with %s', (_, text) => {
  expect(parseStages(text)).toEqual({ ok: true, value: usual });
});

test('a single stage is a ramp', () => {
  const value = [{ percent: 99, bake: 1000, least: 1000, gate: false }];
  expect(parseStages('99% for 1s')).toEqual({ ok: true, value });
});

test.each([
  [
    'a length',
    '5% for 10m until promoted',
    { percent: 5, bake: 10 * MINUTE, least: 10 * MINUTE, gate: true },
  ],
  ['no length', '5% until promoted', { percent: 5, bake: 0, least: 0, gate: true }],
  ['spaces and tabs', '5 %\tfor  10m\tuntil \tpromoted', { bake: 10 * MINUTE, gate: true }],
])('a stage may wait for a person, with %s', (_, text, stage) => {
  expect(parseStages(text)).toMatchObject({ ok: true, value: [stage] });
});

test('a stage may end early, but not before its first duration', () => {
  const value = [{ percent: 5, bake: 15 * MINUTE, least: 5 * MINUTE, gate: false }];
  expect(parseStages('5% for 5m..15m')).toEqual({ ok: true, value });
});

test('auto is a whole ramp of stages that may end early', () => {
  const parsed = parseStages(' auto ');
  const stages = parsed.ok ? parsed.value : [];
  expect(stages.map(({ percent }) => percent)).toEqual([1, 5, 25, 50]);
  expect(stages.every(({ least, bake }) => least < bake)).toBe(true);
});

test('every stage may have a gate of its own, or none', () => {
  const parsed = parseStages('1% for 1m, 5% until promoted\n20% for 1m until promoted, 50% for 1m');
  expect(parsed.ok ? parsed.value.map(({ gate }) => gate) : []).toEqual([false, true, true, false]);
});

test('a gate adds nothing to the length of the ramp: hold_for bounds it', () => {
  const days = ['1%', '2%', '3%', '4%'].map((percent) => `${percent} for 7d`).join(', ');
  expect(parseStages(`${days}, 5% for 2d until promoted, 6% until promoted`).ok).toBe(true);
});

const ELSE = 'waits for something else than a promotion';
const TWICE = 'waits for a person twice';
const BEHIND = 'has its duration behind the gate';

test.each([
  ['5', '5', 'has no percent sign', '`5% for 10m`'],
  ['5 for 10m', '5 for 10m', 'has no percent sign', '`5% for 10m`'],
  ['5%', '5%', 'does not say for how long', '`5% for 10m`'],
  ['5% 10m', '5% 10m', 'is not a stage', '`5% for 10m`'],
  ['5% For 10m', '5% For 10m', 'is not a stage', '`5% for 10m`'],
  ['five', 'five', 'is not a stage', '`5% for 10m`'],
  ['1e1% for 10m', '1e1% for 10m', 'is not a stage', '`5% for 10m`'],
  ['٣٠% for 10m', '٣٠% for 10m', 'is not a stage', '`5% for 10m`'],
  ['10;rm% for 1m', '10;rm% for 1m', 'is not a stage', '`5% for 10m`'],
  ['-5% for 10m', '-5% for 10m', 'has a sign', '`5% for 10m`'],
  ['0.5% for 10m', '0.5% for 10m', 'is not a whole percentage', '`1% for 10m`'],
  ['0% for 10m', '0% for 10m', 'starts at 0%', 'starts at 0% by itself'],
  ['101% for 1m', '101% for 1m', 'is more than all of the traffic', 'from 1% to 99%'],
  ['100% for 1m', '100% for 1m', 'watches the canary at 100%', 'Leave it out'],
  ['100%', '100%', 'is no stage of its own', 'at least one stage below 100%'],
  ['100%, 5% for 1m', '100%', 'is no stage of its own', 'as the last entry'],
  ['5% for 1m, 100%, 9% for 1m', '100%', 'is no stage of its own', 'as the last entry'],
  ['5% for 10', '5% for 10', 'has a duration that has no unit', '`90s`'],
  ['5% for 500ms', '5% for 500ms', 'has a duration that cannot be given in ms', '`90s`'],
  ['5% for 0s', '5% for 0s', 'has a duration that is too short', 'from 1s to 7d'],
  ['5% for 8d', '5% for 8d', 'has a duration that is too long', 'from 1s to 7d'],
  ['5% for 5m..', '5% for 5m..', 'has a duration that is not a duration', '`90s`'],
  ['5% for ..5m', '5% for ..5m', 'has a duration that is not a duration', '`90s`'],
  ['5% for 1m..9', '5% for 1m..9', 'has a duration that has no unit', '`90s`'],
  ['5% for 1m..8d', '5% for 1m..8d', 'has a duration that is too long', 'from 1s to 7d'],
  ['5% for 9m..5m', '5% for 9m..5m', 'ends before it begins', '`5% for 5m..15m`'],
  ['5% for 5m..5m', '5% for 5m..5m', 'ends before it begins', '`5% for 5m..15m`'],
  ['5% for 1m..2m..3m', '5% for 1m..2m..3m', 'has more than two durations', '`5% for 5m..15m`'],
  ['auto, 5% for 1m', 'auto', 'is not a stage', '`5% for 10m`'],
  ['5% for 1m,, 9% for 1m', '', 'has an empty stage', 'extra comma'],
  [',5% for 1m', '', 'has an empty stage', 'extra comma'],
  ['50% until approved', '50% until approved', ELSE, '`50% until promoted`'],
  ['50% until 10m', '50% until 10m', ELSE, '`50% until promoted`'],
  ['50% Until Promoted', '50% Until Promoted', ELSE, '`50% until promoted`'],
  ['50% for 1m until', '50% for 1m until', ELSE, '`50% for 10m until promoted`'],
  ['until promoted', 'until promoted', 'does not say at what percentage', '`50% until promoted`'],
  ['5% until promoted until promoted', '5% until promoted until promoted', TWICE, '`50%'],
  ['50% until promoted for 1m', '50% until promoted for 1m', BEHIND, '`50% for 10m until'],
  ['50 until promoted', '50 until promoted', 'has no percent sign', '`5% for 10m`'],
  ['50% 1m until promoted', '50% 1m until promoted', 'is not a stage', '`5% for 10m`'],
  [
    '50% for 10 until promoted',
    '50% for 10 until promoted',
    'has a duration that has no unit',
    's',
  ],
  [
    '50% for 0s until promoted',
    '50% for 0s until promoted',
    'has a duration that is too short',
    '1s',
  ],
  ['0% until promoted', '0% until promoted', 'starts at 0%', 'the command `deploy`'],
  ['100% until promoted', '100% until promoted', 'watches the canary at 100%', 'Leave it out'],
  ['9% for 1m, 5% for 1m', '5% for 1m', 'does not rise: the stage before it is at 9%', 'rising'],
  ['5% for 1m, 5% for 2m', '5% for 2m', 'does not rise: the stage before it is at 5%', 'rising'],
])('%j is refused', (text, value, wrong, advice) => {
  expect(parseStages(text)).toEqual({
    ok: false,
    faults: [{ value, wrong, advice: expect.stringContaining(advice) }],
  });
});

function ramp(count: number, bake: string): string {
  return Array.from({ length: count }, (_, index) => `${index + 1}% for ${bake}`).join(', ');
}

test('every wrong stage is named, not only the first', () => {
  const parsed = parseStages('5, 10%, 20% for 10, 30% for 10m, 30% for 5m, 100% for 1m');
  expect(parsed.ok ? [] : parsed.faults.map(({ value }) => value)).toEqual([
    '5',
    '10%',
    '20% for 10',
    '30% for 5m',
    '100% for 1m',
  ]);
});

test('20 stages are taken, also with 100% behind them', () => {
  expect(parseStages(ramp(20, '1m')).ok).toBe(true);
  expect(parseStages(`${ramp(20, '1m')}, 100%`).ok).toBe(true);
});

test.each([
  ['21 stages', ramp(21, '1m'), 'has 21 stages'],
  ['22 stages', ramp(22, '1m'), 'has 22 stages'],
  ['10,000 entries', 'x,'.repeat(10_000), 'has 10000 stages'],
])('%s are too many, and are named in one sentence', (_, text, wrong) => {
  expect(parseStages(text)).toMatchObject({
    ok: false,
    faults: [{ wrong, advice: expect.stringContaining('at most 20') }],
  });
});

test('all stages together take at most 30 days', () => {
  expect(parseStages('1% for 7d, 2% for 7d, 3% for 7d, 4% for 7d, 5% for 2d').ok).toBe(true);
  expect(parseStages('1% for 7d, 2% for 7d, 3% for 7d, 4% for 7d, 5% for 2d1s')).toMatchObject({
    ok: false,
    faults: [{ wrong: 'takes 30d1s in all', advice: expect.stringContaining('30d together') }],
  });
});

test('nothing but line breaks has no stage', () => {
  expect(parseStages('\n\n')).toMatchObject({ ok: false, faults: [{ wrong: 'has no stage' }] });
});

/** Only a gate may do without a length. */
const anyWatch = fc.oneof(
  fc
    .tuple(
      fc.integer({ min: 1, max: 24 * 3600 }),
      fc.integer({ min: 1, max: 24 * 3600 }),
      fc.boolean(),
    )
    .map(([one, other, gate]) => ({
      bake: Math.max(one, other) * 1000,
      least: Math.min(one, other) * 1000,
      gate,
    })),
  fc.constant({ bake: 0, least: 0, gate: true }),
);

const anyRamp = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 20 })
  .chain((percents) =>
    fc
      .array(anyWatch, { minLength: percents.length, maxLength: percents.length })
      .map((watches) =>
        percents
          .toSorted((one, other) => one - other)
          .map((percent, index) => ({ percent, ...watches[index]! })),
      ),
  );

test('what is formatted is read back', () => {
  fc.assert(
    fc.property(anyRamp, (stages) => {
      expect(parseStages(formatStages(stages))).toEqual({ ok: true, value: stages });
    }),
  );
});

test('whatever is taken rises from 1% to 99%', () => {
  const numbers = ['5', '20', '99', '100', '0'];
  const words = ['%', ' for ', '1m', ' until ', 'promoted', ',', '\n', ' '];
  const piece = fc.constantFrom(...numbers, ...words);
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
  const later = fc.tuple(anyRamp.map(formatStages), text).map((parts) => parts.join(','));
  fc.assert(
    fc.property(fc.oneof(text, later), (text) => {
      const parsed = parseStages(text);
      const percents = parsed.ok ? [0, ...parsed.value.map(({ percent }) => percent), 100] : [0, 1];
      expect(percents).toEqual([...new Set(percents)].toSorted((one, other) => one - other));
    }),
  );
});
