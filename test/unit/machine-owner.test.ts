import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/rollout/machine.ts';
import type { Memory } from '../../src/core/decision-types.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import {
  CANARY,
  MINUTE,
  NOW,
  STABLE,
  aDrive,
  aJudgement,
  aMemory,
  aPlan,
  aRecord,
  aService,
  aSituation,
  aStage,
} from './build.ts';

const CLOSED = NOW + 13 * MINUTE;

function after(
  minutes: number,
  with_: { memory?: Memory; service?: Partial<ServiceSnapshot> } = {},
) {
  const service = aService({ readAt: NOW + minutes * MINUTE, ...with_.service });
  return decide(aSituation({ service, memory: with_.memory ?? aMemory() }));
}

describe('the owner of a stage', () => {
  test('waits while the split that was asked for is not served', () => {
    const served = { [STABLE]: 100 };
    const memory = aMemory({ stage: aStage({ servedSince: null }) });
    expect(after(1, { memory, service: { served } })).toMatchObject({ do: 'wait', atMost: 5_000 });
  });

  test('waits while the status speaks of an older generation', () => {
    const memory = aMemory({ stage: aStage({ servedSince: null }) });
    const service = { observed: false };
    expect(after(1, { memory, service })).toMatchObject({ do: 'wait', atMost: 5_000 });
  });

  test('restores when the split is not served within four minutes', () => {
    const memory = aMemory({ hasLog: false, stage: aStage({ servedSince: null }) });
    const service = { served: { [STABLE]: 100 } };
    expect(after(3.9, { memory, service })).toMatchObject({ do: 'wait' });
    expect(after(4, { memory, service })).toMatchObject({
      record: { phase: 'rolled-back', reason: 'not-served' },
    });
  });

  test('counts those from the first read that did not show it', () => {
    const stage = aStage({ servedSince: null, unservedSince: NOW + 10 * MINUTE });
    const late = { memory: aMemory({ stage }), service: { served: { [STABLE]: 100 } } };
    expect(after(13.9, late).do).not.toBe('write');
    expect(after(14, late)).toMatchObject({ record: { reason: 'not-served' } });
  });

  test('does not look before a whole sample period can have arrived', () => {
    const memory = aMemory({ hasLog: false });
    const look = { do: 'observe', from: NOW, to: NOW + MINUTE, closed: false };
    expect(after(3, { memory })).toMatchObject({ do: 'wait', atMost: MINUTE });
    expect(after(3.5, { memory })).toMatchObject({ do: 'wait', atMost: MINUTE / 2 });
    expect(after(4, { memory })).toMatchObject(look);
  });

  test('looks once a sample period, never oftener', () => {
    const memory = aMemory({ stage: aStage({ lookedAt: NOW + 5 * MINUTE }) });
    expect(after(5.25, { memory })).toMatchObject({ do: 'wait', atMost: 45_000 });
    expect(after(6, { memory })).toMatchObject({ do: 'observe' });
  });

  test('the window starts when the split was served and ends before data still arriving', () => {
    const memory = aMemory({ stage: aStage({ servedSince: NOW + 30_000 }) });
    expect(after(8, { memory })).toMatchObject({
      do: 'observe',
      canary: CANARY,
      baseline: STABLE,
      from: NOW + 30_000,
      to: NOW + 5 * MINUTE,
      closed: false,
    });
  });

  test('the window closes only when bake and ingest delay are over, counted from the served split', () => {
    const memory = aMemory({ stage: aStage({ servedSince: NOW + MINUTE }) });
    expect(after(13.9, { memory })).toMatchObject({ closed: false });
    expect(after(14, { memory })).toMatchObject({ closed: true });
  });

  test('a pass on an open window raises nothing', () => {
    const stage = aStage({ judgement: aJudgement(), closed: false, lookedAt: NOW + 4 * MINUTE });
    expect(after(5, { memory: aMemory({ stage }) })).toMatchObject({ do: 'observe' });
  });

  test('a pass on the closed window raises the share; the canary is asked after first', () => {
    const stage = aStage({ judgement: aJudgement(), closed: true, lookedAt: CLOSED });
    const asked = after(13, { memory: aMemory({ stage, canary: null }) });
    expect(asked).toEqual({ do: 'inspect', revision: CANARY });
    expect(after(13, { memory: aMemory({ stage }) })).toMatchObject({
      do: 'write',
      record: {
        phase: 'active',
        stage: 2,
        reason: 'pass',
        due: CLOSED + (10 + 3 + 15 + 5 + 2) * MINUTE,
      },
    });
  });

  test('a pass raises nobody to a canary that is not known to be ready', () => {
    const stage = aStage({ judgement: aJudgement(), closed: true, lookedAt: CLOSED });
    const memory = aMemory({ stage, canary: { health: 'pending', digest: null } });
    expect(after(13, { memory })).toMatchObject({ do: 'wait', atMost: 5_000 });
    const late = { ...memory, stage: { ...stage, lookedAt: NOW + 28 * MINUTE } };
    expect(after(28, { memory: late })).toMatchObject({
      record: { phase: 'held', stage: 1, reason: 'unknown-at-deadline' },
    });
  });

  test('the last pass promotes', () => {
    const stage = aStage({ index: 2, judgement: aJudgement(), closed: true });
    const record = aRecord({ stage: 2, changedAt: [NOW, NOW, NOW] });
    const asked = { [STABLE]: 50, [CANARY]: 50 };
    const decision = after(13, {
      memory: aMemory({ stage }),
      service: { record, asked, served: asked },
    });
    expect(decision).toMatchObject({ record: { phase: 'promoted', stage: 3, reason: 'pass' } });
  });

  test('a pass at the percent it should stop at holds there', () => {
    const stage = aStage({ judgement: aJudgement(), closed: true });
    const decision = decide(
      aSituation({
        goal: aDrive({ until: 5 }),
        service: aService({ readAt: CLOSED }),
        memory: aMemory({ stage }),
      }),
    );
    expect(decision).toMatchObject({ record: { phase: 'held', stage: 1, reason: 'reached' } });
  });

  test('unknown on the closed window looks on, and never passes', () => {
    const judgement = aJudgement({ verdict: 'unknown' });
    const stage = aStage({ judgement, closed: true, lookedAt: CLOSED });
    expect(after(14, { memory: aMemory({ stage }) })).toMatchObject({ do: 'observe' });
  });

  test.each([
    ['hold', { phase: 'held', reason: 'unknown-at-deadline', due: NOW + (28 + 24 * 60) * MINUTE }],
    ['rollback', { phase: 'rolled-back', reason: 'unknown-at-deadline' }],
  ] as const)('no data at the deadline follows on_no_data: %s', (onNoData, record) => {
    const judgement = aJudgement({ verdict: 'unknown' });
    const memory = aMemory({ stage: aStage({ judgement, closed: true }) });
    const goal = aDrive({ plan: aPlan({ onNoData }) });
    const service = aService({ readAt: NOW + 28 * MINUTE });
    expect(decide(aSituation({ goal, memory, service }))).toMatchObject({ do: 'write', record });
  });

  test.each([
    ['inconclusive', 'held'],
    ['suspicious', 'held'],
    ['ceiling', 'held'],
    ['baseline-failing', 'held'],
    ['too-few-requests', 'rolled-back'],
    ['split', 'rolled-back'],
    ['data-missing', 'rolled-back'],
    ['cannot-read', 'rolled-back'],
  ] as const)('on_no_data: rollback undoes for want of data only: %s is %s', (reason, phase) => {
    const judgement = aJudgement({ verdict: 'unknown', reason });
    const memory = aMemory({ stage: aStage({ judgement, closed: true }) });
    const goal = aDrive({ plan: aPlan({ onNoData: 'rollback' }) });
    // Long after every patience, that of a suspicion too.
    const service = aService({ readAt: NOW + 60 * MINUTE });
    const record = aRecord({ due: NOW + 120 * MINUTE });
    expect(decide(aSituation({ goal, memory, service: { ...service, record } }))).toMatchObject({
      do: 'write',
      record: { phase },
    });
  });

  test('a stage that nothing was ever read in ends the same way', () => {
    expect(after(28)).toMatchObject({ record: { phase: 'held', reason: 'unknown-at-deadline' } });
  });

  test('a fail is final, whatever the data say now', () => {
    const doom = { reason: 'fail:latency-p95', why: 'slow', rollout: '' } as const;
    const stage = aStage({ judgement: aJudgement(), closed: true });
    expect(after(13, { memory: aMemory({ doom, stage }) })).toMatchObject({
      record: { phase: 'rolled-back', reason: 'fail:latency-p95' },
    });
  });

  test('a fail restores without asking how the canary is or whether the split is served', () => {
    const doom = { reason: 'fail:error-rate', why: 'worse', rollout: '' } as const;
    const memory = aMemory({ doom, canary: null });
    const decision = after(5, { memory, service: { served: { [STABLE]: 100 } } });
    expect(decision).toMatchObject({ record: { phase: 'rolled-back', reason: 'fail:error-rate' } });
  });

  test('a canary that breaks later is restored', () => {
    const memory = aMemory({ canary: { health: { failed: 'crash' }, digest: null } });
    expect(after(5, { memory })).toMatchObject({
      record: { phase: 'rolled-back', reason: 'not-ready' },
    });
  });

  test('another image under the same name is not what was judged', () => {
    const image = (digit: string) => `web@sha256:${digit.repeat(64)}`;
    const record = aRecord({ image: image('a') });
    const memory = aMemory({ canary: { health: 'ready', digest: image('b') } });
    expect(after(5, { memory, service: { record } })).toMatchObject({
      record: { phase: 'rolled-back', reason: 'canary-gone' },
    });
    const same = aMemory({ canary: { health: 'ready', digest: image('a') } });
    expect(after(5, { memory: same, service: { record } })).toMatchObject({ do: 'observe' });
  });

  test('its own due time passed is expiry for the owner too', () => {
    expect(after(41)).toMatchObject({ record: { phase: 'rolled-back', reason: 'expired' } });
  });
});
