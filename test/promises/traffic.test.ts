/** What a write may ask for. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/rollout/machine.ts';
import { sameSplit, splitOf } from '../../src/core/rollout/traffic.ts';
import type { Phase } from '../../src/core/types.ts';
import { bodyFor } from '../../src/edges/cloud-run/service-body.ts';
import { readService } from '../../src/edges/cloud-run/service-json.ts';
import { asList, at } from '../../src/edges/json.ts';
import type { JsonObject } from '../../src/edges/json.ts';
import { PLAN, draft, service } from '../edges/service-fixture.ts';
import { World } from '../engine/world.ts';
import {
  CANARY,
  MINUTE,
  NOW,
  STABLE,
  aCaller,
  aDrive,
  aMemory,
  aQuietService,
  aRecord,
  aService,
  aSituation,
  anOrder,
} from '../unit/build.ts';
import { OUTSIDE, everyDeed, histories, isMove, splitAfter } from './histories.ts';
import { CLEAN_UP, Play, RECONCILE, STRANGER } from './play.ts';

const PHASES: readonly Phase[] = ['active', 'held', 'promoted', 'rolled-back', 'start-failed'];
const STAMP = { transition: 2, generation: 42, writeId: '9f1c64b20a7de853' };

const records = fc
  .record({
    phase: fc.constantFrom(...PHASES),
    stages: fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 8 }),
    stage: fc.nat({ max: 8 }),
  })
  .map(({ phase, stages, stage }) => {
    const percents = [0, ...stages.sort((a, b) => a - b), 100];
    const last = percents.length - 1;
    return aRecord({ phase, percents, stage: phase === 'promoted' ? last : stage % last });
  });

function rows(body: JsonObject) {
  return asList(at(body, 'spec', 'traffic')) ?? [];
}

describe('S1: what is asked for is whole, by name, and ready', () => {
  test('every record stands for whole percents that sum to 100, of its own two revisions', () => {
    fc.assert(
      fc.property(records, (record) => {
        const split = splitOf(record) as Record<string, number>;
        const percents = Object.values(split);
        expect(percents.reduce((sum, percent) => sum + percent, 0)).toBe(100);
        expect(percents.every((percent) => Number.isInteger(percent) && percent > 0)).toBe(true);
        expect([STABLE, CANARY]).toEqual(expect.arrayContaining(Object.keys(split)));
      }),
    );
  });

  test('no row of a body follows LATEST, whatever was found, and the percents sum to 100', () => {
    const found = [
      { percent: 60, latestRevision: true, tag: 'live' },
      { percent: 40, revisionName: 'web-00040-old', tag: 'old' },
    ];
    const raw = service({ 'spec.traffic': found });
    fc.assert(
      fc.property(records, fc.boolean(), (record, isStart) => {
        const sent = rows(bodyFor(raw, record, isStart ? PLAN : null));
        expect(sent.filter((row) => at(row, 'latestRevision') !== undefined)).toEqual([]);
        const percents = sent.map((row) => Number(at(row, 'percent') ?? 0));
        expect(percents.reduce((sum, percent) => sum + percent, 0)).toBe(100);
      }),
    );
  });

  test('a write that moves traffic names only revisions that are ready at that moment', () => {
    let moves = 0;
    for (const { name, deed } of everyDeed()) {
      if (!isMove(deed)) continue;
      moves += 1;
      expect(deed.ready, `in ${name}`).toEqual(
        expect.arrayContaining(Object.keys(splitAfter(deed))),
      );
    }
    expect(moves).toBeGreaterThan(500);
  });
});

describe('S2: what somebody else has set is not overwritten', () => {
  test('with an outsider at any call, a rollout moves nothing but its own split', () => {
    for (const { name, deed, earlier } of everyDeed()) {
      const last = earlier.at(-1);
      if (deed.creates || last === undefined || !isMove(deed)) continue;
      expect(sameSplit(deed.from.asked, splitAfter(last)), `in ${name}`).toBe(true);
    }
  });

  test('and whoever comes after it leaves the outsider’s split, or starts anew from it', () => {
    const met = histories.filter(({ trouble }) => trouble === 'outsider');
    expect(met.length).toBeGreaterThan(100);
    for (const { name, world, deeds } of met) {
      const anew = deeds.find(({ creates, next }) => creates && next.stable === 'web-00040-old');
      const whole = anew === undefined ? ['web-00040-old'] : ['web-00040-old', anew.next.canary];
      expect([100], `in ${name}`).toEqual(Object.values(world.asked));
      expect(whole, `in ${name}`).toEqual(expect.arrayContaining(Object.keys(world.asked)));
    }
  });

  test.each([
    ['its owner', aDrive(), NOW],
    ['a rollback', anOrder('rollback'), NOW],
    ['a promote', anOrder('promote'), NOW],
    ['the post step', CLEAN_UP, NOW],
    ['a reconcile that comes late', RECONCILE, NOW + 60 * MINUTE],
  ] as const)('%s writes the record alone, as released', (_, goal, readAt) => {
    const seen = aService({ asked: { [STABLE]: 60, [CANARY]: 40 }, readAt });
    for (const memory of [
      aMemory(),
      aMemory({ doom: { reason: 'fail:error-rate', why: '', rollout: '' } }),
    ]) {
      const decision = decide(aSituation({ goal, service: seen, memory }));
      expect(decision).toMatchObject({ do: 'write', record: { phase: 'released' } });
    }
  });

  test('nor is LATEST, while it still means the revision that the record names', async () => {
    const world = new World();
    const play = new Play(world);
    const isProved = () => world.calls.includes('probe') && !world.followsLatest;
    world.meanwhile = () => {
      if (isProved() && world.asked[CANARY] === undefined) world.followLatest();
    };
    expect(await play.run()).toMatchObject({ outcome: 'released' });
    expect(world.followsLatest).toBe(true);
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });
});

describe('S3: a rollback is the recorded stable revision at 100, and that is written once', () => {
  test('in every history', () => {
    let undone = 0;
    for (const { name, deed, earlier } of everyDeed()) {
      const start = [...earlier, deed].findLast(({ creates }) => creates)!;
      expect(deed.next.stable, `in ${name}`).toBe(start.next.stable);
      expect(deed.next.canary, `in ${name}`).toBe(start.next.canary);
      if (deed.next.phase !== 'rolled-back' && deed.next.phase !== 'start-failed') continue;
      undone += 1;
      expect(splitAfter(deed), `in ${name}`).toEqual({ [start.next.stable]: 100 });
    }
    expect(undone).toBeGreaterThan(100);
  });

  test('whatever else the service shows: a newer revision, a LATEST, another share before', () => {
    const seen = aService({ latestCreated: 'web-00099-new', latestReady: 'web-00099-new' });
    const decision = decide(aSituation({ goal: anOrder('rollback'), service: seen }));
    const undone = decision.do === 'write' ? splitOf(decision.record) : null;
    expect(undone).toEqual({ [STABLE]: 100 });
  });
});

describe('S5: a start moves nobody', () => {
  test('in every history the split is the same before and after it', () => {
    const starts = [...everyDeed()].filter(({ deed }) => deed.creates);
    expect(starts.length).toBeGreaterThan(histories.length);
    expect(starts.filter(({ deed }) => isMove(deed)).map(({ name }) => name)).toEqual([]);
  });

  test('on a service that follows LATEST, with tags that follow it, all of them stay where they are', () => {
    const found = [
      { percent: 100, latestRevision: true },
      { latestRevision: true, tag: 'live' },
    ];
    const raw = service({ 'spec.traffic': found });
    const body = bodyFor(raw, { ...draft(), ...STAMP }, PLAN);
    const before = readService(raw, 'web', NOW);
    const after = readService(body, 'web', NOW);
    expect(after.asked).toEqual(before.asked);
    expect(after.followsLatest).toBe(false);
    expect(rows(body)).toContainEqual({ revisionName: STABLE, tag: 'live' });
    expect(rows(body)).toContainEqual({ revisionName: CANARY, tag: 'canary' });
  });
});

describe('S8: no more than one revision that is not proved has traffic', () => {
  test('in every history: what a split names is the canary of this rollout, or served all before', () => {
    for (const { name, deed, earlier } of everyDeed()) {
      const proved = earlier.filter(({ next }) => next.phase === 'promoted').map(canaryOf);
      const stables = [deed, ...earlier].filter(({ creates }) => creates).map(soleOf);
      const unproved = Object.keys(splitAfter(deed)).filter(
        (revision) => ![...proved, ...stables, ...Object.keys(OUTSIDE)].includes(revision),
      );
      expect(unproved.length, `in ${name}`).toBeLessThanOrEqual(1);
    }
  });

  test('a second rollout does not begin beside an open one, nor on a split', async () => {
    const play = new Play(new World());
    play.world.fault = () => (play.world.writes.length === 2 ? 'before' : null);
    await play.run();
    play.world.fault = () => null;
    expect(await play.run({ caller: STRANGER })).toMatchObject({ outcome: 'busy' });
    const split = aQuietService({ asked: { [STABLE]: 50, 'web-00040-old': 50 } });
    const caller = aCaller();
    expect(decide(aSituation({ caller, service: split, memory: aMemory({ drove: false }) })))
      // One of the two may be anything: neither is taken for stable.
      .toMatchObject({ do: 'stop', outcome: 'refused' });
  });

  function canaryOf({ next }: { readonly next: { readonly canary: string } }): string {
    return next.canary;
  }

  function soleOf({ from }: { readonly from: { readonly asked: object } }): string {
    return Object.keys(from.asked)[0]!;
  }
});
