import { expect, test } from 'vitest';
import { rulingOf } from '../../src/core/judge/verdict.ts';
import type { Facts } from '../../src/core/judge/verdict.ts';
import type { Judging } from '../../src/core/judging-types.ts';

const JUDGING: Judging = {
  criteria: [],
  minRequests: 20,
  confidence: 'normal',
  onInconclusive: 'promote',
  warmUp: 3,
  maxMemory: 0.95,
};

/** Nothing speaks against it, and everything is there. */
const GOOD: Facts = {
  logEvidence: Math.log(0.5),
  lastingEvidence: Math.log(0.5),
  exceedsAllowed: true,
  isQuiet: true,
  limit: Math.log(100),
  effect: 'none',
  memoryAlarm: false,
  splitAlarm: false,
  canaryRequests: 600,
  comparedRequests: 600,
  expectedRequests: 600,
  baselineIncident: false,
  ceilings: 'kept',
  warmRows: 9,
  isMissing: false,
  harmRuledOut: true,
  closed: true,
  early: false,
  lapsed: false,
};

const CERTAIN = {
  logEvidence: Math.log(140),
  lastingEvidence: Math.log(140),
};

/** Best first; each loses against every later one. */
const LINES: readonly (readonly [Partial<Facts>, string, string])[] = [
  [{ harmRuledOut: false }, 'pass', 'inconclusive'],
  [{ closed: false }, 'unknown', 'still-baking'],
  [{ warmRows: 2 }, 'unknown', 'too-early'],
  [{ closed: true, ceilings: 'exceeded' }, 'unknown', 'ceiling'],
  [{ closed: true, isMissing: true }, 'unknown', 'data-missing'],
  [{ logEvidence: Math.log(3.1) }, 'unknown', 'suspicious'],
  [{ baselineIncident: true }, 'unknown', 'baseline-failing'],
  [{ comparedRequests: 19 }, 'unknown', 'too-few-requests'],
  [{ splitAlarm: true }, 'unknown', 'split'],
  [{ closed: true, ceilings: 'broken' }, 'fail', 'ceiling'],
  [{ memoryAlarm: true }, 'fail', 'memory'],
  [{ ...CERTAIN, effect: 'evidence' }, 'fail', 'evidence'],
];

test('nothing against it and the bake over is a pass', () => {
  expect(rulingOf(GOOD, JUDGING)).toEqual({
    verdict: 'pass',
    reason: 'harm-ruled-out',
    settled: true,
  });
});

test.each(LINES)('%o alone decides', (change, verdict, reason) => {
  expect(rulingOf({ ...GOOD, ...change }, JUDGING)).toMatchObject({ verdict, reason });
});

const PAIRS = LINES.flatMap((line, i) => LINES.slice(0, i).map((other) => [line, other] as const));

test.each(PAIRS)('%j comes before the more lenient %j', ([change, verdict, reason], [other]) => {
  expect(rulingOf({ ...GOOD, ...other, ...change }, JUDGING)).toMatchObject({ verdict, reason });
});

test.each<[string, Partial<Facts>]>([
  ['harm is not ruled out', { harmRuledOut: false }],
  ['it is suspicious, though its time is over', { logEvidence: Math.log(5), lapsed: true }],
  ['a test by itself speaks against it', { isQuiet: false }],
  ['data are missing', { isMissing: true }],
  ['a ceiling is exceeded', { ceilings: 'exceeded' }],
  ['it is too early', { warmRows: 2 }],
  ['there are too few requests', { comparedRequests: 19 }],
  ['the stable revision is failing', { baselineIncident: true }],
  ['the split is wrong', { splitAlarm: true }],
])('a stage does not end early while %s', (_, change) => {
  expect(rulingOf({ ...GOOD, closed: false }, JUDGING).settled).toBe(true);
  expect(rulingOf({ ...GOOD, closed: false, ...change }, JUDGING).settled).toBe(false);
});

test('evidence without an effect does not fail, and is not promoted however long it lasts', () => {
  expect(rulingOf({ ...GOOD, ...CERTAIN, lapsed: true }, JUDGING)).toMatchObject({
    verdict: 'unknown',
    reason: 'suspicious',
  });
});

test('more than 10 : 1 holds in the end only if more than 3 : 1 is left without the worst minute', () => {
  const facts = { ...GOOD, logEvidence: Math.log(90), lapsed: true };
  const left = (odds: number) => ({ ...facts, lastingEvidence: Math.log(odds) });
  expect(rulingOf(left(3.1), JUDGING)).toMatchObject({ verdict: 'unknown', reason: 'suspicious' });
  expect(rulingOf(left(2.9), JUDGING)).toMatchObject({ verdict: 'pass', reason: 'inconclusive' });
  const before = { ...left(2.9), lapsed: false };
  expect(rulingOf(before, JUDGING)).toMatchObject({ verdict: 'unknown', reason: 'suspicious' });
});

test('suspicion up to 10 : 1 ends with its time, as on_inconclusive says', () => {
  const facts = {
    ...GOOD,
    logEvidence: Math.log(9.9),
    lastingEvidence: Math.log(9.9),
    lapsed: true,
  };
  expect(rulingOf(facts, JUDGING)).toMatchObject({ verdict: 'pass', reason: 'inconclusive' });
  expect(rulingOf(facts, { ...JUDGING, onInconclusive: 'hold' }).verdict).toBe('unknown');
  expect(rulingOf(facts, { ...JUDGING, onInconclusive: 'rollback' }).verdict).toBe('fail');
  for (const change of [{ isMissing: true }, { ceilings: 'exceeded' }, { warmRows: 2 }] as const) {
    expect(rulingOf({ ...facts, ...change }, JUDGING).verdict).toBe('unknown');
  }
});

test('a canary without a request is unknown even where none are needed', () => {
  const none = { canaryRequests: 0, comparedRequests: 0 };
  const judging = { ...JUDGING, minRequests: 0 };
  expect(rulingOf({ ...GOOD, ...none, expectedRequests: 10 }, judging).reason).toBe('split');
  expect(rulingOf({ ...GOOD, ...none, expectedRequests: 9 }, judging).reason).toBe(
    'too-few-requests',
  );
});
