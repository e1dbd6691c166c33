/** A canary that somebody else has made: what must be true of it, and what a start writes for it. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/rollout/machine.ts';
import { EMPTY_MEMORY, notice } from '../../src/core/rollout/memory.ts';
import { planHash, readPlan, writePlan } from '../../src/core/rollout/plan.ts';
import { readRecord, writeRecord } from '../../src/core/rollout/record.ts';
import { startFindings } from '../../src/core/rollout/start-checks.ts';
import type { Decision, Memory, RevisionState } from '../../src/core/decision-types.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import {
  NOW,
  STABLE,
  aCaller,
  aChange,
  aDrive,
  aPlan,
  aQuietService,
  aRecord,
  aService,
  aSituation,
} from './build.ts';

const THEIRS = 'web-00042-abc';
const DIGEST = `us-docker.pkg.dev/p/web/web@sha256:${'a'.repeat(64)}`;
const READY: RevisionState = { health: 'ready', digest: DIGEST };
const plan = aPlan({ brings: THEIRS, change: aChange() });

/** Made without traffic: it is the latest, and the traffic is pinned. */
const there = aQuietService({ latestCreated: THEIRS, latestReady: THEIRS, followsLatest: false });

function decided(
  service: ServiceSnapshot = there,
  with_: Partial<Memory> = {},
  attempt = 1,
): Decision {
  const looked = { ownRevision: 'exists', ownState: READY, fence: 'proved' } as const;
  const memory = { ...EMPTY_MEMORY, ...looked, ...with_ };
  return decide(
    aSituation({ goal: aDrive({ plan }), caller: aCaller({ attempt }), service, memory }),
  );
}

describe('a start that brings its canary', () => {
  test('looks whether that is there, not whether its own name is free', () => {
    const memory = { ownRevision: 'unknown', ownState: null } as const;
    expect(decided(there, memory)).toEqual({ do: 'look-for', revision: THEIRS });
  });

  test('begins with it at 0 %, with the image that Cloud Run reports, and notes whose it is', () => {
    expect(decided()).toMatchObject({
      do: 'start',
      record: { canary: THEIRS, brought: true, stable: STABLE, image: DIGEST, phase: 'active' },
    });
  });

  test('has no image to compare with until Cloud Run reports one: never that of the template', () => {
    const ownState: RevisionState = { health: 'pending', digest: null };
    expect(decided(there, { ownState })).toMatchObject({ do: 'start', record: { image: '' } });
  });

  test('may bring it again after it has failed, in a re-run too; no earlier look counts', () => {
    const over = { phase: 'rolled-back', stage: 1, at: NOW - 600_000 } as const;
    const record = aRecord({ ...over, canary: THEIRS, brought: true, planHash: plan.hash });
    const again = decided(aQuietService({ ...there, record }), {}, 2);
    expect(again).toMatchObject({ do: 'start', record: { canary: THEIRS, startedBy: 2 } });
  });

  test.each<readonly [string, RevisionState, RegExp]>([
    ['is not there', { health: 'gone', digest: null }, /does not exist in this service/],
    ['failed', { health: { failed: 'No port.' }, digest: null }, /failed to start\. .* No port\./],
  ])('is refused where it %s', (_, ownState, why) => {
    expect(decided(there, { ownState })).toMatchObject({
      do: 'stop',
      outcome: 'refused',
      why: expect.stringMatching(why),
    });
  });

  test('is refused where it has all traffic', () => {
    const asked = { [THEIRS]: 100 };
    const pinned = aQuietService({ ...there, asked, served: asked });
    const latest = { ...pinned, followsLatest: true };
    const why = (one: ServiceSnapshot) => {
      const decision = decided(one);
      return decision.do === 'stop' ? decision.why : decision.do;
    };
    expect(why(pinned)).toMatch(/has all traffic already, so there is nothing to compare/);
    expect(why(latest)).toMatch(/follows LATEST\. Deploy it without traffic: `--no-traffic`/);
    expect(startFindings(latest, plan, READY)).toEqual([
      expect.objectContaining({ subject: 'revision', value: THEIRS }),
    ]);
  });

  test('does not wait for it to become ready, for the rollout does; but for any other', () => {
    const starting = { ...there, latestReady: STABLE, ready: 'pending' } as const;
    const ownState: RevisionState = { health: 'pending', digest: null };
    expect(decided(starting, { ownState }).do).toBe('start');
    expect(startFindings(starting, plan, ownState)).toEqual([]);
    const other = { ...starting, latestCreated: 'web-00043-xyz' };
    expect(decided(other, { ownState }).do).toBe('wait');
    expect(startFindings(other, plan, ownState)).toHaveLength(1);
  });

  test('does not take all traffic away from it while that is on its way', () => {
    const coming = {
      ...there,
      latestReady: STABLE,
      ready: 'pending',
      followsLatest: true,
    } as const;
    expect(decided(coming, { ownState: { health: 'pending', digest: null } }).do).toBe('wait');
    const [finding] = startFindings(coming, plan, { health: 'pending', digest: null }).slice(-1);
    expect(finding).toMatchObject({ wrong: expect.stringContaining('as soon as it is ready') });
  });

  test('leaves a tag that somebody has put on it; ours may not be theirs', () => {
    const url = 'https://x';
    const theirs = [{ tag: 'preview', revision: THEIRS, url }];
    expect(decided({ ...there, tags: theirs }).do).toBe('start');
    const same = [{ tag: plan.tag, revision: THEIRS, url }];
    expect(decided({ ...there, tags: same })).toMatchObject({ do: 'stop', outcome: 'refused' });
  });

  test('of another image than was found at the start is undone before it has traffic', () => {
    const record = aRecord({ stage: 0, canary: THEIRS, brought: true, image: DIGEST });
    const asked = { [STABLE]: 100 };
    const service = aService({ record: { ...record, planHash: plan.hash }, asked, plan });
    const other = { health: 'ready', digest: DIGEST.replaceAll('aaaa', 'bbbb') } as const;
    const before = notice({ ...EMPTY_MEMORY, drove: true }, aCaller(), service);
    const memory = { ...before, canary: other };
    expect(decide(aSituation({ goal: aDrive({ plan }), service, memory }))).toMatchObject({
      do: 'write',
      record: { phase: 'rolled-back', reason: 'canary-gone' },
    });
  });
});

describe('what is written of it', () => {
  test('a record that was made before, or of a canary of our own, has no word of it', () => {
    expect(writeRecord(aRecord())).not.toContain('brought');
    const record = aRecord({ brought: true });
    expect(writeRecord(record)).toContain(`"canary":"${record.canary}","brought":true,"tag"`);
    expect(readRecord(writeRecord(record))).toEqual(record);
    const odd = writeRecord(record).replace('"brought":true', '"brought":false');
    expect(readRecord(odd)).toBe('unreadable');
  });

  test('a plan without one has the text that it always had; with one it is another plan', () => {
    const { brings: _, ...without } = plan;
    expect(writePlan(without)).not.toContain('brings');
    expect(planHash(plan)).not.toBe(planHash(without));
    expect(planHash(plan)).not.toBe(planHash({ ...plan, brings: 'web-00043-xyz' }));
    const hash = planHash(plan);
    expect(readPlan(writePlan(plan), hash)).toEqual({ ...plan, hash });
  });
});
