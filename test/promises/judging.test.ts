/** What raises a canary, and what can only lower it. */
import { describe, expect, test } from 'vitest';
import { doomed, notice, rememberLook } from '../../src/core/rollout/memory.ts';
import { rolloutKey } from '../../src/core/rollout/history.ts';
import { decide } from '../../src/core/rollout/machine.ts';
import type { Decision, Memory } from '../../src/core/decision-types.ts';
import type { Cell } from '../../src/core/judging-types.ts';
import { Problem } from '../../src/core/problem.ts';
import { GOOD, World } from '../engine/world.ts';
import {
  CANARY,
  MINUTE,
  NOW,
  STABLE,
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
  anOrder,
} from '../unit/build.ts';
import { cell, look, minutes } from '../unit/judge-table.ts';
import { SHORTEST, everyDeed } from './histories.ts';
import { Play, RECONCILE, STRANGER } from './play.ts';

function raises(decision: Decision): boolean {
  return (
    decision.do === 'write' &&
    (decision.record.phase === 'promoted' ||
      (decision.record.phase === 'active' && decision.record.stage > 1))
  );
}

/** The bake and its data are over. */
const OVER = aService({ readAt: NOW + 14 * MINUTE });
const PASSED = aStage({ judgement: aJudgement(), closed: true });

describe('S4: only a pass on this canary and this stage raises its share', () => {
  test('a closed pass does', () => {
    const memory = aMemory({ stage: PASSED });
    expect(raises(decide(aSituation({ service: OVER, memory })))).toBe(true);
  });

  test.each<readonly [string, Partial<Memory>]>([
    ['an unknown', { stage: { ...PASSED, judgement: aJudgement({ verdict: 'unknown' }) } }],
    ['a fail', { stage: { ...PASSED, judgement: aJudgement({ verdict: 'fail' }) } }],
    ['no look at all', { stage: { ...PASSED, judgement: null } }],
    ['a pass of half the bake', { stage: { ...PASSED, closed: false } }],
    ['a pass of the stage before', { stage: { ...PASSED, index: 0 } }],
    [
      'a pass of another canary',
      { stage: { ...PASSED, rollout: rolloutKey(aRecord({ canary: 'web-c1-1' })) } },
    ],
    [
      'a pass of the same canary in another rollout',
      { stage: { ...PASSED, rollout: rolloutKey(aRecord({ startedBy: 2 })) } },
    ],
    ['a canary that is not known to be ready', { stage: PASSED, canary: null }],
    [
      'a pass beside a reason to undo',
      { stage: PASSED, doom: { reason: 'not-ready', why: '', rollout: '' } },
    ],
  ])('%s does not', (_, with_) => {
    const memory = notice(aMemory(with_), aCaller(), OVER);
    for (const goal of [aDrive(), aDrive({ pace: 'look' }), aDrive({ opensGates: true })]) {
      expect(raises(decide(aSituation({ goal, service: OVER, memory })))).toBe(false);
    }
  });

  test('nor does a pass once its split was lost, even for one read', () => {
    const lost = aService({ served: { [STABLE]: 100 }, readAt: NOW + 14 * MINUTE });
    const memory = notice(aMemory({ stage: PASSED }), aCaller(), lost);
    const back = notice(memory, aCaller(), { ...OVER, readAt: OVER.readAt + MINUTE });
    expect(raises(decide(aSituation({ service: OVER, memory: back })))).toBe(false);
  });

  test('nor does a pass of minutes ago: it is looked at once more', () => {
    const at = (sinceLook: number) => {
      const stage = { ...PASSED, lookedAt: OVER.readAt - sinceLook };
      return decide(aSituation({ service: OVER, memory: aMemory({ stage }) }));
    };
    expect(raises(at(2 * TIMING.samplePeriod - 1))).toBe(true);
    expect(at(2 * TIMING.samplePeriod)).toMatchObject({ do: 'observe', closed: true });
  });

  test('where samples are short a pass has half a minute to be acted on', () => {
    const timing = { samplePeriod: 1_000, ingestDelay: 2_000 };
    const at = (sinceLook: number) => {
      const stage = { ...PASSED, lookedAt: OVER.readAt - sinceLook };
      const goal = aDrive({ timing });
      return raises(decide(aSituation({ goal, service: OVER, memory: aMemory({ stage }) })));
    };
    expect([at(29_999), at(30_000)]).toEqual([true, false]);
  });

  test.each<readonly [string, readonly (readonly [Cell | null, Cell | null])[]]>([
    ['no minutes', []],
    ['nothing of the canary', [[null, cell(5_000)]]],
    ['zero requests on both sides', [[cell(0), cell(0)]]],
    ['nothing to compare with', [[cell(5_000), null]]],
    ['too few requests', [[cell(3), cell(5_000)]]],
  ])('%s is unknown, not a pass', (_, rows) => {
    expect(look(minutes(...rows)).verdict).toBe('unknown');
  });

  test('in every history a raise has a closed look behind it, at this canary, after the split was set', () => {
    let seen = 0;
    for (const { name, deed } of everyDeed()) {
      const { from, next, looked } = deed;
      if (typeof from.record === 'string' || next.reason !== 'pass' || next.stage < 2) continue;
      seen += 1;
      expect(next.stage, `in ${name}`).toBe(from.record.stage + 1);
      expect(looked?.canary, `in ${name}`).toBe(next.canary);
      // It sees earlier stages, too; a pass counts rows of its own only, and of those a whole bake.
      const since = looked!.to - next.changedAt[from.record.stage]!;
      expect(since, `in ${name}`).toBeGreaterThanOrEqual(SHORTEST - TIMING.ingestDelay);
      // And nobody knows what has been since.
      expect(from.readAt - looked!.now, `in ${name}`).toBeLessThan(2 * TIMING.samplePeriod);
    }
    expect(seen).toBeGreaterThan(100);
  });
});

describe('S10: a fail is final for the attempt that found it', () => {
  const doom = { reason: 'fail:error-rate', why: 'worse', rollout: '' } as const;

  test.each([
    ['a pass came after it', aMemory({ doom, stage: PASSED })],
    ['nothing is known of the canary any more', aMemory({ doom, canary: null, stage: null })],
    ['the run is cancelled, and a cancel holds', aMemory({ doom, cancelled: true })],
  ])('it is undone though %s', (_, memory) => {
    const goal = aDrive({ plan: aPlan({ onCancel: 'hold' }) });
    expect(decide(aSituation({ goal, service: OVER, memory }))).toMatchObject({
      record: { phase: 'rolled-back', reason: doom.reason },
    });
  });

  test('neither a better look nor another reason clears it', () => {
    const memory = rememberLook(aMemory({ doom }), aJudgement(), { at: NOW, closed: true });
    expect(doomed(memory, { reason: 'not-ready', why: '' }).doom).toEqual(doom);
  });

  test('a rollback that is refused again and again is asked for until it is taken', async () => {
    let isBad = true;
    const play = new Play(new World({ ...GOOD, errorRate: () => (isBad ? 0.3 : 0.001) }));
    let left = 30;
    play.world.fault = (call) => {
      if (call !== 'write' || play.deeds.length < 2) return null;
      isBad = false;
      return (left -= 1) >= 0 ? 'conflict' : null;
    };
    expect(await play.finish()).toMatchObject({ outcome: 'rolled-back' });
    expect(left).toBeLessThan(0);
    expect(play.deeds.map(({ next }) => next.phase)).toEqual(['active', 'active', 'rolled-back']);
  });
});

describe('S11: no stage is shorter than its bake and the delay of its data', () => {
  test('in every history, by the clock of the service', () => {
    let seen = 0;
    for (const { name, deed } of everyDeed()) {
      const { reason, stage, changedAt } = deed.next;
      if (reason !== 'pass' || stage < 2) continue;
      seen += 1;
      expect(changedAt[stage]! - changedAt[stage - 1]!, `in ${name}`).toBeGreaterThanOrEqual(
        SHORTEST,
      );
    }
    expect(seen).toBeGreaterThan(100);
  });

  test('the look that closes a stage begins when the split was served and has the whole bake', async () => {
    const play = new Play(new World());
    await play.finish();
    const [, first] = play.deeds.filter(({ next }) => next.reason === 'pass');
    expect(first!.looked!.to - first!.looked!.from).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(first!.from.readAt - first!.looked!.to).toBeGreaterThanOrEqual(3 * MINUTE);
  });
});

describe('S12: what is promoted is what was judged, by name and by digest', () => {
  const digest = (letter: string) => `web@sha256:${letter.repeat(64)}`;
  const other = { health: 'ready', digest: digest('b') } as const;
  const service = { ...OVER, record: aRecord({ image: digest('a') }) };

  test('the first raise records the digest that Cloud Run reports', () => {
    const record = aRecord({ stage: 0, changedAt: [NOW], reason: 'started' });
    const memory = aMemory({ canary: other, stage: aStage({ index: 0, probed: true }) });
    const at0 = aService({ record, asked: { [STABLE]: 100 } });
    expect(decide(aSituation({ service: at0, memory }))).toMatchObject({
      record: { stage: 1, image: digest('b') },
    });
  });

  test('another image under the canary’s name is undone, though its numbers are good', () => {
    const memory = aMemory({ canary: other, stage: PASSED });
    expect(decide(aSituation({ service, memory }))).toMatchObject({
      record: { phase: 'rolled-back', reason: 'canary-gone' },
    });
  });

  test('a hold at 0 % records it as well, and who comes later goes by that', () => {
    const record = aRecord({ stage: 0, changedAt: [NOW], reason: 'started', image: 'web' });
    const stage = aStage({ index: 0, probed: true });
    const at0 = aService({ record, asked: { [STABLE]: 100 } });
    const goal = aDrive({ until: 0 });
    const known = aMemory({ canary: { ...other, digest: digest('a') }, stage });
    const held = decide(aSituation({ goal, service: at0, memory: known }));
    expect(held).toMatchObject({ record: { phase: 'held', image: digest('a') } });
    const service = { ...at0, record: { ...record, image: digest('a') } };
    const memory = aMemory({ canary: other, stage });
    expect(decide(aSituation({ service, memory }))).toMatchObject({
      record: { phase: 'rolled-back', reason: 'canary-gone' },
    });
    const promote = anOrder('promote');
    expect(decide(aSituation({ goal: promote, service, memory }))).toMatchObject({
      outcome: 'refused',
    });
  });

  test('nor can a person promote it', () => {
    const memory = aMemory({ canary: other });
    const goal = anOrder('promote');
    expect(decide(aSituation({ goal, service, memory }))).toMatchObject({ outcome: 'refused' });
  });
});

describe('L4: no data does not wait for ever, and is never promoted', () => {
  test.each([
    ['silence', 'hold', 'held'],
    ['silence', 'rollback', 'rolled-back'],
    ['an outage of Monitoring', 'hold', 'held'],
    ['an outage of Monitoring', 'rollback', 'rolled-back'],
  ] as const)('%s, on_no_data: %s', async (what, onNoData, outcome) => {
    const isSilent = what === 'silence';
    const play = new Play(new World({ ...GOOD, errorRate: (p) => (p > 0 && isSilent ? null : 0) }));
    const observe = () =>
      Promise.reject(new Problem('unreachable', { summary: 'Down.', advice: '' }));
    const begun = play.world.now;
    const ending = await play.finish({
      goal: aDrive({ plan: aPlan({ onNoData }) }),
      ports: (ports) => (isSilent ? ports : { ...ports, metrics: { ...ports.metrics, observe } }),
    });
    expect(ending).toMatchObject({ outcome });
    expect(play.world.asked[CANARY] ?? 0).toBeLessThanOrEqual(5);
    // Bake, delay and patience of one stage, and a little for the start.
    expect(play.world.now - begun).toBeLessThan((10 + 3 + 15 + 5) * MINUTE);
  });

  test('and what is held for it ends at its own deadline', async () => {
    const play = new Play(new World({ ...GOOD, errorRate: () => null }));
    await play.finish();
    expect(play.world.record).toMatchObject({ phase: 'held', reason: 'unknown-at-deadline' });
    play.world.now += 25 * 60 * MINUTE;
    await play.finish({ goal: RECONCILE, caller: STRANGER });
    expect(play.world.asked).toEqual({ [STABLE]: 100 });
  });
});
