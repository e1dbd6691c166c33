/** Who may drive, and for how long. */
import { describe, expect, test } from 'vitest';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import { decide } from '../../src/core/rollout/machine.ts';
import { isFinal } from '../../src/core/rollout/drafts.ts';
import { isGoodEnding } from '../../src/core/rollout/outcome.ts';
import type { FinalPhase } from '../../src/core/types.ts';
import { GOOD, World, sealed } from '../engine/world.ts';
import {
  CANARY,
  MINUTE,
  NOW,
  STABLE,
  aCaller,
  aDrive,
  aJudgement,
  aMemory,
  aPlan,
  aQuietService,
  aRecord,
  aService,
  aSituation,
  aStage,
  anOrder,
} from '../unit/build.ts';
import { everyDeed, histories, isMove } from './histories.ts';
import { CLEAN_UP, Play, RECONCILE, RERUN, STRANGER, afterWrite, beforeWrite } from './play.ts';

const EVERYBODY_ELSE = [
  ['another run', aDrive()],
  ['a ramp', aDrive({ plan: null, mayStart: false, opensGates: true })],
  ['a resume', aDrive({ plan: null, mayStart: false, pace: 'look' })],
  ['a post step', CLEAN_UP],
  ['a reconcile', RECONCILE],
] as const;

const PLAN = sealed(aPlan());
const RAMP = aDrive({ plan: null, mayStart: false, until: 5, opensGates: true });

describe('S6: only the owner drives, and others may only end what is past its deadline', () => {
  test.each(EVERYBODY_ELSE)('%s leaves what is active and in time', (_, goal) => {
    const memory = { ...EMPTY_MEMORY, fence: 'proved', ownRevision: 'absent' } as const;
    const situation = aSituation({ goal, caller: STRANGER, memory });
    expect(decide(situation).do).toBe('stop');
    const late = aService({ readAt: NOW + 41 * MINUTE });
    expect(decide({ ...situation, service: late })).toMatchObject({
      record: { phase: 'rolled-back', reason: 'expired' },
    });
  });

  test('an attempt that a later one has overtaken writes nothing more, whichever write was next', async () => {
    for (const nth of [2, 3, 4]) {
      const play = new Play(new World());
      const ending = await play.run({
        ports: beforeWrite(nth, () => play.run({ caller: RERUN })),
      });
      expect(ending?.outcome, `write ${nth}`).not.toBe('rolled-back');
      const taken = play.deeds.findIndex(({ caller }) => caller.attempt === 2);
      expect(taken).toBe(nth - 1);
      expect(play.deeds.slice(taken).filter(({ caller }) => caller.attempt === 1)).toEqual([]);
      expect(play.world.asked).toEqual({ [CANARY]: 100 });
    }
  });

  test.each([
    ['its ramp', RAMP],
    ['its promote', anOrder('promote')],
    ['its rollback', anOrder('rollback')],
  ])(
    'once the rollout of a run is over, %s does nothing to that of another run',
    async (_, goal) => {
      const play = new Play(new World());
      await play.run({ goal: aDrive({ plan: PLAN, until: 0 }) });
      await play.run({
        goal: anOrder('rollback'),
        caller: { ...STRANGER, rolloutId: '683120945-19482736459' },
      });
      play.world.now += MINUTE;
      await play.run({ goal: aDrive({ plan: PLAN, until: 0 }), caller: STRANGER });
      const deeds = play.deeds.length;
      expect(await play.run({ goal })).toMatchObject({ outcome: 'refused' });
      expect(play.deeds).toHaveLength(deeds);
    },
  );

  test.each([
    ['itself', aDrive({ plan: PLAN, until: 0 })],
    ['its ramp', RAMP],
  ])(
    'an attempt that was overtaken unheard stays out, %s, whoever holds it now',
    async (_, goal) => {
      const play = new Play(new World());
      play.world.fault = (call) => (call === 'write' && play.deeds.length === 0 ? 'lost' : null);
      const starts = aDrive({ plan: PLAN, until: 0 });
      const others = async () => {
        await play.finish({ goal: starts, caller: RERUN });
        await play.finish({ goal: RAMP, caller: STRANGER });
      };
      const paused = await play.finish({ goal: starts, ports: afterWrite(1, others) });
      expect(paused).toMatchObject({ outcome: 'fenced', why: expect.stringMatching(/Attempt 2/) });
      const deeds = play.deeds.length;
      expect(play.world.record).toMatchObject({ phase: 'held', owner: STRANGER.rolloutId });
      expect(await play.finish({ goal })).toMatchObject({ outcome: 'fenced' });
      expect(play.deeds).toHaveLength(deeds);
      expect(play.deeds.filter(({ caller }) => caller === play.deeds[0]?.caller)).toHaveLength(1);
    },
  );

  test('in every history each write to an open rollout is its owner’s, a take-over, or an end', () => {
    for (const { name, deed } of everyDeed()) {
      const { from, next, caller } = deed;
      if (typeof from.record === 'string' || isFinal(from.record)) continue;
      const { owner, attempt } = from.record;
      const owns = owner === caller.rolloutId && attempt === caller.attempt;
      const takes = next.reason === 'taken' && next.attempt > attempt && next.owner === owner;
      const ends = isFinal(next) && next.phase !== 'promoted' && from.readAt > from.record.due;
      expect(owns || takes || ends || next.phase === 'released', `in ${name}`).toBe(true);
    }
  });
});

describe('S7: what is over moves no traffic again', () => {
  const PHASES: readonly FinalPhase[] = ['promoted', 'rolled-back', 'released', 'start-failed'];

  test.each(PHASES)('%s: whatever its own attempt remembers, it writes nothing', (phase) => {
    const record = aRecord({ phase, stage: phase === 'promoted' ? 3 : 1 });
    const service = aQuietService({
      record,
      asked: { [phase === 'promoted' ? CANARY : STABLE]: 100 },
    });
    const stage = aStage({ judgement: aJudgement(), closed: true });
    for (const memory of [
      aMemory({ stage }),
      aMemory({ doom: { reason: 'fail:error-rate', why: '', rollout: '' } }),
      aMemory({ cancelled: true }),
    ]) {
      for (const goal of [aDrive(), CLEAN_UP, RECONCILE, anOrder('rollback')]) {
        expect(decide(aSituation({ goal, service, memory })).do).toMatch(/^(stop|wait)$/);
      }
    }
  });

  test('a raise that was decided before a person’s rollback and arrives after it does nothing', async () => {
    const play = new Play(new World());
    const other = () => play.run({ goal: anOrder('rollback'), caller: STRANGER });
    const ending = await play.finish({ ports: beforeWrite(3, other) });
    expect(ending.outcome).toBe('rolled-back');
    expect(play.world.asked).toEqual({ [STABLE]: 100 });
  });

  test('a rollback that was decided before a promotion and arrives after it does nothing', async () => {
    const play = new Play(new World({ ...GOOD, errorRate: () => 0.3 }));
    const other = () => play.run({ goal: anOrder('promote'), caller: STRANGER });
    await play.finish({ ports: beforeWrite(3, other) });
    expect(play.world.asked).toEqual({ [CANARY]: 100 });
    expect(play.world.record).toMatchObject({ phase: 'promoted' });
  });

  test('in every history only a start follows an end', () => {
    for (const { name, deed } of everyDeed()) {
      const { record } = deed.from;
      if (typeof record === 'string' || !isFinal(record)) continue;
      expect([deed.creates, isMove(deed)], `in ${name}`).toEqual([true, false]);
    }
  });
});

describe('S9: a canary is created once, and its name is not used again', () => {
  test('in every history no name is given twice', () => {
    for (const { name, deeds } of histories) {
      const made = deeds.filter(({ creates }) => creates).map(({ next }) => next.canary);
      expect(new Set(made).size, `in ${name}`).toBe(made.length);
    }
  });

  test('a start whose answer is lost and whose record is erased is not made a second time', async () => {
    const play = new Play(new World());
    play.world.fault = (call) => {
      if (call === 'read' && play.deeds.length === 1) play.world.annotation = undefined;
      return call === 'write' ? 'lost' : null;
    };
    expect(await play.finish()).toMatchObject({ outcome: 'refused' });
    expect(play.deeds).toHaveLength(1);
  });

  test('nobody starts without having looked for a revision of that name, at this very version', () => {
    const service = aQuietService();
    const memory = aMemory({ drove: false, stage: null });
    const looks = decide(aSituation({ service, memory }));
    expect(looks).toEqual({ do: 'look-for', revision: CANARY });
    const exists = { ...memory, ownRevision: 'exists' } as const;
    expect(decide(aSituation({ service, memory: exists }))).toMatchObject({ outcome: 'refused' });
  });
});

describe('L5: a re-run starts afresh after a rollback and has nothing to do after a promotion', () => {
  test('after a rollback: another revision, and a rollout of its own', async () => {
    let isBad = true;
    const play = new Play(new World({ ...GOOD, errorRate: () => (isBad ? 0.3 : 0.001) }));
    expect(await play.finish()).toMatchObject({ outcome: 'rolled-back' });
    isBad = false;
    expect(await play.finish({ caller: RERUN })).toMatchObject({ outcome: 'promoted' });
    expect(play.world.asked).toEqual({ [RERUN.revision]: 100 });
  });

  test('after a promotion: a success without a write', async () => {
    const play = new Play(new World());
    await play.finish();
    const before = play.world.writes.length;
    const ending = await play.finish({ caller: RERUN });
    expect(isGoodEnding(ending, aDrive())).toBe(true);
    expect(play.world.writes).toHaveLength(before);
  });

  test('the attempt itself does not start a second canary', async () => {
    const play = new Play(new World({ ...GOOD, errorRate: () => 0.3 }));
    await play.finish();
    expect(await play.finish({ caller: aCaller() })).toMatchObject({ outcome: 'rolled-back' });
    expect(play.deeds.filter(({ creates }) => creates)).toHaveLength(1);
  });
});
