/** What comes about once the trouble is over. */
import { describe, expect, test } from 'vitest';
import { isFinal } from '../../src/core/rollout/drafts.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import { GOOD, World } from '../engine/world.ts';
import { CANARY, MINUTE, STABLE, aDrive } from '../unit/build.ts';
import { histories } from './histories.ts';
import { Play, RECONCILE, STRANGER } from './play.ts';

const after = (who: 're-run' | 'reconcile') => histories.filter((one) => one.after === who);

describe('L1: one reconcile after the deadline ends what is open, with one write', () => {
  test('after trouble at any call', () => {
    expect(after('reconcile').length).toBeGreaterThan(200);
    let written = 0;
    for (const { name, world, deeds, first, ending } of after('reconcile')) {
      const { record } = world;
      expect(ending, `in ${name}`).not.toBeNull();
      expect(record === 'none' || (record !== 'unreadable' && isFinal(record)), `in ${name}`).toBe(
        true,
      );
      expect(deeds.length - first, `in ${name}`).toBeLessThanOrEqual(1);
      expect(Object.values(world.asked), `in ${name}`).toEqual([100]);
      written += deeds.length - first;
    }
    expect(written).toBeGreaterThan(50);
  });

  test('what is held as well, and what has lost its plan', async () => {
    for (const goal of [aDrive({ until: 0 }), aDrive({ until: 5 })]) {
      const play = new Play(new World());
      await play.finish({ goal });
      play.world.planText = undefined;
      play.world.now += 25 * 60 * MINUTE;
      await play.finish({ goal: RECONCILE, caller: STRANGER });
      expect(play.deeds.at(-1)!.next).toMatchObject({ phase: 'rolled-back', reason: 'expired' });
    }
  });
});

describe('L2: a re-run goes on at the recorded stage, or says in one line why not', () => {
  test('after trouble at any call', () => {
    let taken = 0;
    for (const { name, deeds, first, ending } of after('re-run')) {
      expect(ending?.why, `in ${name}`).toMatch(/^[^\n]+$/);
      const [next] = deeds.slice(first);
      if (next === undefined || next.creates || next.next.phase === 'released') continue;
      const { record } = next.from;
      taken += 1;
      expect(next.next, `in ${name}`).toMatchObject({
        reason: 'taken',
        attempt: 2,
        stage: (record as RolloutRecord).stage,
      });
    }
    expect(taken).toBeGreaterThan(50);
  });

  test('and it sees the rollout through', () => {
    for (const { name, world, trouble } of after('re-run')) {
      if (trouble === 'outsider') continue;
      expect(world.record, `in ${name}`).toMatchObject({
        phase: /good/.test(name) ? 'promoted' : 'rolled-back',
      });
    }
  });
});

describe('L3: a conflict by itself neither ends a rollout nor hangs it', () => {
  /** From the nth write on, so many are refused, each after so long. */
  function storm(world: World, nth: number, many: number, lasts = 0): () => number {
    let tries = 0;
    world.fault = (call) => {
      if (call !== 'write' || world.writes.length < nth) return null;
      tries += 1;
      world.now += lasts;
      return tries <= many ? 'conflict' : null;
    };
    return () => tries;
  }

  test.each([0, 1, 2, 3])('twenty in a row at write %i do not matter', async (nth) => {
    const play = new Play(new World());
    storm(play.world, nth, 20);
    expect(await play.finish()).toMatchObject({ outcome: 'promoted' });
    expect(play.deeds).toHaveLength(4);
  });

  test('a raise is given up after 20 rereads, with the record intact', async () => {
    const play = new Play(new World());
    const tries = storm(play.world, 2, Infinity);
    await expect(play.finish()).rejects.toMatchObject({ code: 'conflicts' });
    expect(tries()).toBe(21);
    expect(play.world.record).toMatchObject({ phase: 'active', stage: 1 });
    expect(play.world.asked).toEqual({ [STABLE]: 95, [CANARY]: 5 });
  });

  test('or after 60 s, where each takes long', async () => {
    const play = new Play(new World());
    const tries = storm(play.world, 2, Infinity, 10_000);
    await expect(play.finish()).rejects.toMatchObject({ code: 'conflicts' });
    expect(tries()).toBeLessThan(10);
  });

  test('a write that undoes goes on until the rollout is due, and for 240 s at least', async () => {
    const play = new Play(new World({ ...GOOD, errorRate: () => 0.3 }));
    const tries = storm(play.world, 2, Infinity);
    await expect(play.finish()).rejects.toMatchObject({ code: 'conflicts' });
    expect(tries()).toBeGreaterThan(20);
    const { due } = play.world.record as RolloutRecord;
    expect(play.world.now).toBeGreaterThanOrEqual(due);

    // Past due already: somebody else's clean-up still tries for four minutes.
    const begun = play.world.now;
    await expect(play.finish({ goal: RECONCILE, caller: STRANGER })).rejects.toMatchObject({
      code: 'conflicts',
    });
    expect(play.world.now - begun).toBeGreaterThan(240_000);
    expect(play.world.now - begun).toBeLessThan(300_000);
  });
});
