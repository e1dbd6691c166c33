/** How far a rollout is and when it can end, by the rules by which its stages do. */
import { describe, expect, test } from 'vitest';
import { outlookOf } from '../../src/core/report/report-progress.ts';
import { decide } from '../../src/core/rollout/machine.ts';
import { stageSpans, startSpan } from '../../src/core/forecast/spans.ts';
import type { Goal } from '../../src/core/decision-types.ts';
import type { Memory } from '../../src/core/decision-types.ts';
import type { Plan, RolloutRecord, Stage } from '../../src/core/types.ts';
import {
  MINUTE,
  NOW,
  TIMING,
  aCaller,
  aDrive,
  aJudgement,
  aMemory,
  aPlan,
  aRecord,
  aService,
  aSituation,
  aStage,
} from './build.ts';

type Given = {
  readonly record?: Partial<RolloutRecord>;
  readonly plan?: Partial<Plan>;
  readonly goal?: Goal;
  readonly memory?: Partial<Memory>;
  readonly now?: number;
};

function outlook({ record: change = {}, plan: planned = {}, goal, memory, now = NOW }: Given = {}) {
  const record = aRecord(change);
  const plan = aPlan(planned);
  return outlookOf(
    { ref: REF, caller: aCaller(), goal: goal ?? aDrive({ plan }), notices: [], forecast: null },
    {
      service: aService({ record, readAt: now }),
      memory: aMemory(memory),
      ending: null,
      judgements: new Map(),
      outsider: null,
    },
    { record, plan, starterUrl: '' },
  );
}

const REF = { project: 'p', region: 'europe-west1', service: 'web' };
const SPANS = stageSpans({ plan: aPlan(), timing: TIMING });
const [FIRST, SECOND] = SPANS;
const stage = (percent: number, gate: boolean): Stage => ({
  percent,
  bake: 10 * MINUTE,
  least: 10 * MINUTE,
  gate,
});

describe('progress', () => {
  test('of a stage counts from the time its split was served', () => {
    const servedSince = NOW + 10_000;
    const { progress } = outlook({
      memory: { stage: aStage({ servedSince, lookedAt: NOW + MINUTE }) },
      now: NOW + MINUTE,
    });
    expect(progress).toEqual({
      stage: {
        bakeEnds: servedSince + 10 * MINUTE,
        verdictFrom: servedSince + FIRST!.earliest,
        nextLook: NOW + 2 * MINUTE,
      },
      until: 100,
      earliest: servedSince + FIRST!.earliest + SECOND!.earliest,
      latest: NOW + FIRST!.latest + SECOND!.latest,
    });
  });

  test('of a stage that is not served yet has no end of its bake', () => {
    const { progress } = outlook({ memory: { stage: aStage({ servedSince: null }) } });
    expect(progress?.stage?.bakeEnds).toBeNull();
  });

  test('of another stage than the present one is not taken for it', () => {
    const { progress } = outlook({
      record: { stage: 2, at: NOW },
      memory: { stage: aStage({ index: 1, servedSince: NOW - 60 * MINUTE }) },
    });
    expect(progress?.stage?.bakeEnds).toBeNull();
    expect(progress?.earliest).toBe(NOW + SECOND!.earliest);
  });

  test('at 0 % counts the start of the revision, and all stages', () => {
    const { progress } = outlook({ record: { stage: 0 } });
    const start = startSpan({ plan: aPlan(), timing: TIMING }, 100);
    expect(progress?.stage).toBeNull();
    expect(progress?.earliest).toBe(NOW + start.earliest + FIRST!.earliest + SECOND!.earliest);
    expect(progress?.latest).toBe(NOW + start.latest + FIRST!.latest + SECOND!.latest);
  });

  test('never ends before now', () => {
    const late = NOW + 500 * MINUTE;
    const { progress } = outlook({ now: late, memory: { stage: aStage({ servedSince: NOW }) } });
    expect(progress?.stage?.verdictFrom).toBe(late);
    expect(progress?.stage?.nextLook).toBe(late);
    expect(progress!.earliest).toBeGreaterThanOrEqual(late);
    expect(progress!.latest).toBeGreaterThanOrEqual(progress!.earliest);
  });

  test.each<[string, Partial<Plan>, Partial<Extract<Goal, { kind: 'drive' }>>, number]>([
    ['at a gate', { stages: [stage(5, true), stage(50, false)] }, {}, 5],
    [
      'behind a gate that a person opens',
      { stages: [stage(5, true), stage(50, false)] },
      { opensGates: true },
      100,
    ],
    ['where it is sent to', {}, { until: 5 }, 5],
    ['at 0 %', {}, { until: 0 }, 0],
    ['no earlier than it is by now', {}, { until: 0 }, 5],
    ['promoted', {}, {}, 100],
  ])('ends %s', (_, planned, goal, until) => {
    const plan = aPlan(planned);
    const record = { stage: until === 0 ? 0 : 1 };
    const { progress } = outlook({ record, plan: planned, goal: aDrive({ plan, ...goal }) });
    expect(progress?.until).toBe(until);
  });

  test.each<[string, Memory['found'], number, object]>([
    ['that took a hold over', { next: 50, due: NOW }, 50, { stage: 2, phase: 'active' }],
    ['whose job was killed after that', null, 5, { stage: 1, phase: 'held', reason: 'reached' }],
  ])('of a ramp %s ends where the machine stops it', (_, found, until, record) => {
    const goal = aDrive({ until: 'next', plan: null, mayStart: false, opensGates: true });
    const memory = { found, stage: aStage({ closed: true, judgement: aJudgement() }) };
    expect(outlook({ goal, memory }).progress?.until).toBe(until);
    expect(decide(aSituation({ goal, memory: aMemory(memory) }))).toMatchObject({ record });
  });

  test.each<[string, Given]>([
    ['nobody drives', { goal: { kind: 'reconcile', dead: null } }],
    ['is held', { record: { phase: 'held' } }],
    ['is only looked at', { goal: aDrive({ pace: 'look' }) }],
    ['is over', { record: { phase: 'promoted' } }],
  ])('is none of a rollout that %s', (_, given) => {
    expect(outlook(given).progress).toBeNull();
  });
});

test('only what is open has a time after which anybody may end it', () => {
  expect(outlook().due).toBe(NOW + 40 * MINUTE);
  expect(outlook({ record: { phase: 'held' } }).due).toBe(NOW + 40 * MINUTE);
  expect(outlook({ record: { phase: 'promoted' } }).due).toBeNull();
});
