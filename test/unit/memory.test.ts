import { describe, expect, test } from 'vitest';
import { rolloutKey } from '../../src/core/rollout/history.ts';
import {
  EMPTY_MEMORY,
  doomed,
  notice,
  rememberLook,
  rememberProbe,
  rememberWarmUp,
  rememberWait,
  rememberWrite,
} from '../../src/core/rollout/memory.ts';
import type { Memory } from '../../src/core/decision-types.ts';
import type { Check } from '../../src/core/judging-types.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import {
  MINUTE,
  NOW,
  STABLE,
  aCaller,
  aJudgement,
  aMemory,
  aQuietService,
  aRecord,
  aService,
  aStage,
} from './build.ts';

const check: Check = {
  metric: 'error-rate',
  verdict: 'fail',
  canary: 0.1,
  baseline: 0,
  limit: null,
  logEvidence: 9,
  why: '10 % against 0 %.',
};

test('what its last write has left held is remembered until it writes something else', () => {
  const held = rememberWrite(aMemory(), aRecord({ phase: 'held', reason: 'reached' }));
  expect(held.left).toEqual({ rollout: rolloutKey(aRecord()), reason: 'reached' });
  expect(rememberWrite(held, aRecord()).left).toBeNull();
});

describe('noticing a read', () => {
  test('the first record that was read stays the one an order is for', () => {
    const first = notice(EMPTY_MEMORY, aCaller(), aService());
    expect(first.met).toBe(rolloutKey(aRecord()));
    const second = aService({ record: aRecord({ canary: 'web-c5-1' }) });
    expect(notice(first, aCaller(), second).met).toBe(rolloutKey(aRecord()));
    expect(notice(notice(EMPTY_MEMORY, aCaller(), aQuietService()), aCaller(), second).met).toBe(
      '',
    );
  });

  const held = (with_: Partial<RolloutRecord>) =>
    notice(EMPTY_MEMORY, aCaller(), aService({ record: aRecord({ phase: 'held', ...with_ }) }))
      .found;

  test.each([
    ['at 0 % after a deploy', { stage: 0, reason: 'reached' }, 5],
    ['at the first stage', { stage: 1, reason: 'reached' }, 50],
    ['at the last stage', { stage: 2, reason: 'reached' }, 100],
    ['where nobody waited', { stage: 1, reason: 'watched' }, 50],
    ['for want of data', { stage: 1, reason: 'unknown-at-deadline' }, 5],
    ['by a cancel', { stage: 1, reason: 'cancelled' }, 5],
  ] as const)('what was held %s goes one stage further to %i %%', (_, record, next) => {
    expect(held({ ...record, due: NOW + MINUTE })).toEqual({ next, due: NOW + MINUTE });
  });

  test('the hold that was found is known until its rollout is held again, and no active one has one', () => {
    const record = aRecord({ phase: 'held', reason: 'reached' });
    const came = notice(EMPTY_MEMORY, aCaller(), aService({ record }));
    const taken = aService({ record: aRecord({ reason: 'taken' }) });
    expect(notice(came, aCaller(), taken).found).toEqual({ next: 50, due: record.due });
    expect(notice(came, aCaller({ attempt: 2 }), taken).found).toBeNull();
    expect(notice(EMPTY_MEMORY, aCaller(), taken).found).toBeNull();
  });
  test('the window of a stage starts with the first read that shows its split served', () => {
    const settling = notice(EMPTY_MEMORY, aCaller(), aService({ served: { [STABLE]: 100 } }));
    expect(settling.stage).toMatchObject({ index: 1, servedSince: null });
    const served = notice(settling, aCaller(), aService({ readAt: NOW + 4_000 }));
    expect(served.stage?.servedSince).toBe(NOW + 4_000);
    const later = notice(served, aCaller(), aService({ readAt: NOW + MINUTE }));
    expect(later.stage?.servedSince).toBe(NOW + 4_000);
  });

  test('a status of an older generation does not start it', () => {
    const noticed = notice(EMPTY_MEMORY, aCaller(), aService({ observed: false }));
    expect(noticed.stage?.servedSince).toBeNull();
  });

  test('a split that is lost starts the stage over: nothing measured before it counts', () => {
    const memory = aMemory({ stage: aStage({ judgement: aJudgement(), closed: true }) });
    const lost = notice(memory, aCaller(), aService({ served: { [STABLE]: 100 } }));
    expect(lost.stage).toMatchObject({ servedSince: null, judgement: null, closed: false });
  });

  test('the first read in a row that does not show it is kept, until one does', () => {
    const lost = { served: { [STABLE]: 100 } };
    const at = (memory: Memory, minutes: number, service: Parameters<typeof aService>[0]) =>
      notice(memory, aCaller(), aService({ readAt: NOW + minutes * MINUTE, ...service }));
    const settling = at(at(EMPTY_MEMORY, 10, lost), 11, { observed: false });
    expect(settling.stage?.unservedSince).toBe(NOW + 10 * MINUTE);
    const served = at(settling, 12, {});
    expect(served.stage?.unservedSince).toBeNull();
    expect(at(served, 20, lost).stage?.unservedSince).toBe(NOW + 20 * MINUTE);
  });

  test('a status that has yet to speak of the last write does not end it', () => {
    const memory = aMemory({ stage: aStage({ judgement: aJudgement(), closed: true }) });
    const noticed = notice(memory, aCaller(), aService({ observed: false, readAt: NOW + MINUTE }));
    expect(noticed.stage).toEqual(memory.stage);
  });

  test('the window of a later process starts where an earlier one saw the split served', () => {
    const record = aRecord({ servedAt: NOW - 5 * MINUTE });
    const since = (service: Parameters<typeof aService>[0]) =>
      notice(EMPTY_MEMORY, aCaller(), aService({ record, ...service })).stage?.servedSince;
    expect(since({})).toBe(NOW - 5 * MINUTE);
    expect(since({ observed: false })).toBe(NOW - 5 * MINUTE);
    expect(since({ served: { [STABLE]: 100 } })).toBeNull();
  });

  test('another stage forgets everything of the last one', () => {
    const stage = aStage({ index: 0, probed: true, judgement: aJudgement(), closed: true });
    const noticed = notice(aMemory({ stage }), aCaller(), aService());
    expect(noticed.stage).toEqual(aStage({ servedSince: NOW }));
    expect(noticed.canary).toBeNull();
  });

  test('the same stage of another canary forgets everything, too', () => {
    const stage = aStage({
      rollout: rolloutKey(aRecord({ canary: 'web-c2-1' })),
      probed: true,
      judgement: aJudgement(),
      closed: true,
    });
    const noticed = notice(aMemory({ stage }), aCaller(), aService());
    expect(noticed.stage).toEqual(aStage({ servedSince: NOW }));
    expect(noticed.canary).toBeNull();
  });

  test('that its own revision is absent holds only while nobody has written', () => {
    const asked = notice(EMPTY_MEMORY, aCaller(), aQuietService({ version: 'a' }));
    const absent = { ...asked, ownRevision: 'absent' } as const;
    const at = (version: string) => notice(absent, aCaller(), aQuietService({ version }));
    expect(at('a').ownRevision).toBe('absent');
    expect(at('b').ownRevision).toBe('unknown');
    const exists = { ...asked, ownRevision: 'exists' } as const;
    expect(notice(exists, aCaller(), aQuietService({ version: 'b' })).ownRevision).toBe('exists');
  });

  test('an active rollout of this very attempt is one it drives', () => {
    expect(notice(EMPTY_MEMORY, aCaller(), aService()).drove).toBe(true);
    expect(notice(EMPTY_MEMORY, aCaller({ attempt: 2 }), aService()).drove).toBe(false);
    expect(notice(EMPTY_MEMORY, aCaller({ rolloutId: '1-2' }), aService()).drove).toBe(false);
    const held = aService({ record: aRecord({ phase: 'held' }) });
    expect(notice(EMPTY_MEMORY, aCaller(), held).drove).toBe(false);
  });

  test('who started it but does not drive it any more does not drive it', () => {
    const taken = aService({ record: aRecord({ owner: '1-2' }) });
    expect(notice(EMPTY_MEMORY, aCaller(), taken).drove).toBe(false);
    expect(notice(EMPTY_MEMORY, aCaller({ rolloutId: '1-2' }), taken).drove).toBe(true);
  });

  test('having driven is not forgotten when the record is gone', () => {
    expect(notice(aMemory(), aCaller(), aQuietService())).toMatchObject({
      drove: true,
      stage: null,
    });
  });
});

describe('remembering', () => {
  const OURS = rolloutKey(aRecord());

  test('a failed probe is doom, a good one belongs to its stage', () => {
    expect(rememberProbe(aMemory(), '503').doom).toEqual({
      reason: 'probe-failed',
      why: '503',
      rollout: OURS,
    });
    expect(rememberProbe(aMemory(), null).stage?.probed).toBe(true);
    expect(rememberProbe(EMPTY_MEMORY, null)).toEqual(EMPTY_MEMORY);
  });

  test('a warm-up is counted by the time that it was given, for its stage alone', () => {
    const memory = aMemory({ stage: aStage({ index: 0 }) });
    const twice = rememberWarmUp(rememberWarmUp(memory, 60_000), 30_000);
    expect(twice.stage?.warmed).toBe(90_000);
    expect(rememberWarmUp(aMemory({ stage: null }), 1).stage).toBeNull();
    const ready = { health: 'ready', digest: null } as const;
    expect(rememberWarmUp(aMemory({ canary: ready, clone: ready }), 1)).toMatchObject({
      canary: null,
      clone: null,
    });
  });

  test('a fail is doom, and the first doom stays', () => {
    const failing = aJudgement({ verdict: 'fail', checks: [check] });
    const look = { at: NOW, closed: false };
    const first = rememberLook(aMemory(), failing, look);
    expect(first.doom).toEqual({
      reason: 'fail:error-rate',
      why: '10 % against 0 %.',
      rollout: OURS,
    });
    const later = rememberLook(first, aJudgement(), { at: NOW + MINUTE, closed: true });
    expect(later.doom).toEqual(first.doom);
    expect(doomed(later, { reason: 'not-ready', why: '' }).doom).toEqual(first.doom);
  });

  test('a fail that no metric is the reason of is the one of on_inconclusive', () => {
    const why = 'It is undone because on_inconclusive is rollback.';
    const failing = aJudgement({ verdict: 'fail', reason: 'inconclusive', why });
    const { doom } = rememberLook(aMemory(), failing, { at: NOW, closed: true });
    expect(doom).toEqual({ reason: 'inconclusive', why, rollout: OURS });
  });

  test('a check that fails in a judgement that does not is no doom', () => {
    const odd = aJudgement({ verdict: 'unknown', checks: [check] });
    expect(rememberLook(aMemory(), odd, { at: NOW, closed: true }).doom).toBeNull();
  });

  test('a look that was not answered closes nothing', () => {
    const before = aMemory({ stage: aStage({ judgement: aJudgement(), closed: true }) });
    const after = rememberLook(before, null, { at: NOW, closed: true });
    expect(after.stage).toMatchObject({ lookedAt: NOW, closed: false });
  });

  test('after a look the canary is asked after again', () => {
    expect(rememberLook(aMemory(), aJudgement(), { at: NOW, closed: true }).canary).toBeNull();
    expect(rememberLook(EMPTY_MEMORY, aJudgement(), { at: NOW, closed: true })).toEqual(
      EMPTY_MEMORY,
    );
  });

  test('after a wait only a ready canary is still known', () => {
    const ready = aMemory();
    expect(rememberWait(ready)).toEqual(ready);
    const pending = aMemory({ canary: { health: 'pending', digest: null } });
    expect(rememberWait(pending).canary).toBeNull();
  });
});
