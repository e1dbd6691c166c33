import { describe, expect, test } from 'vitest';
import {
  isFreshStart,
  isSameImage,
  stageNotices,
  startFindings,
} from '../../src/core/rollout/start-checks.ts';
import { defaultTag, revisionName } from '../../src/core/rollout/identity.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import {
  aChange,
  CANARY,
  MINUTE,
  NOW,
  STABLE,
  TIMING,
  aCaller,
  aPlan,
  aQuietService,
  aRecord,
  aService,
} from './build.ts';

describe('what must be true before a start', () => {
  test('a quiet service has nothing against it', () => {
    expect(startFindings(aQuietService(), aPlan())).toEqual([]);
  });

  test('everything that is wrong is said at once', () => {
    const service = aQuietService({
      asked: { [STABLE]: 60, old: 40 },
      tags: [{ tag: 'c-8y7innm', revision: 'old', url: 'https://x' }],
    });
    const findings = startFindings(service, aPlan());
    expect(findings.map(({ subject }) => subject)).toEqual(['traffic', 'tag']);
    expect(findings[1]?.advice).toContain('--remove-tags=c-8y7innm');
  });

  test('a tag may be left over from a rollout whose record was erased', () => {
    const tags = [{ tag: 'c-8y7innm', revision: 'web-c7-1', url: '' }];
    const advice = (record: RolloutRecord | 'none') =>
      startFindings(aQuietService({ tags, record }), aPlan())[0]?.advice;
    expect(advice('none')).toContain('whose record was erased');
    expect(advice(aRecord({ phase: 'rolled-back' }))).not.toContain('erased');
  });

  test('a tag that follows the latest revision is taken too', () => {
    const tags = [{ tag: 'c-8y7innm', revision: null, url: '' }];
    const [finding] = startFindings(aQuietService({ tags }), aPlan());
    expect(finding?.wrong).toContain('the latest revision');
  });

  test('a split that is not served yet has to settle first', () => {
    const [finding] = startFindings(aQuietService({ served: { old: 100 } }), aPlan());
    expect(finding).toMatchObject({ subject: 'service', value: 'old 100 %' });
    expect(finding?.advice).toContain('Wait');
  });

  test.each([{ ready: 'pending' }, { observed: false }] as const)(
    'a change that somebody else is making has to finish first: %j',
    (with_) => {
      const [finding] = startFindings(aQuietService(with_), aPlan());
      expect(finding).toMatchObject({ subject: 'service', value: STABLE });
      expect(finding?.advice).toContain('Wait');
    },
  );

  test('and where it cannot settle, Cloud Run’s own reason is passed on', () => {
    const service = aQuietService({ served: { old: 100 }, ready: { failed: 'No such image.' } });
    expect(startFindings(service, aPlan())[0]?.advice).toContain('No such image.');
  });

  test('a failed revision that serves nobody is no reason to refuse the next one', () => {
    const service = aQuietService({ ready: { failed: 'The last canary crashed.' } });
    expect(startFindings(service, aPlan())).toEqual([]);
  });

  test('the split of an abandoned rollout is not held against it: it is ended first', () => {
    expect(startFindings(aService({ tags: [] }), aPlan())).toEqual([]);
  });
});

describe('a fresh start', () => {
  const fresh = (service: Parameters<typeof isFreshStart>[0], attempt = 1) =>
    isFreshStart(service, aCaller({ attempt }));

  test('is one on a service without a rollout, or after somebody else’s', () => {
    expect(fresh(aQuietService())).toBe(true);
    const record = aRecord({ rolloutId: '1-2', owner: '1-2', phase: 'promoted', stage: 3 });
    expect(fresh(aQuietService({ record }))).toBe(true);
  });

  test('is not a resumption, a report of the own result, or a visit to a busy service', () => {
    expect(fresh(aService())).toBe(false);
    expect(fresh(aQuietService({ record: aRecord({ phase: 'promoted', stage: 3 }) }), 2)).toBe(
      false,
    );
    expect(fresh(aQuietService({ record: aRecord({ phase: 'rolled-back' }) }))).toBe(false);
    expect(fresh(aService({ record: aRecord({ rolloutId: '1-2', owner: '1-2' }) }))).toBe(false);
    expect(fresh(aService({ record: 'unreadable' }))).toBe(false);
  });

  test('is one after an own restore, and after an abandoned rollout is due', () => {
    expect(fresh(aQuietService({ record: aRecord({ phase: 'rolled-back' }) }), 2)).toBe(true);
    const record = aRecord({ rolloutId: '1-2', owner: '1-2' });
    expect(fresh(aService({ record, readAt: record.due + 1 }))).toBe(true);
  });
});

test('a fresh start after another run took the own rollout over is counted from the own attempts', () => {
  const record = aRecord({ owner: '1-2', attempt: 7, phase: 'rolled-back' });
  const fresh = (attempt: number) => isFreshStart(aQuietService({ record }), aCaller({ attempt }));
  expect([fresh(1), fresh(2)]).toEqual([false, true]);
});

test('the tag of an abandoned rollout goes with it, another one of that name does not', () => {
  expect(startFindings(aService(), aPlan())).toEqual([]);
  const subjects = (record: Partial<RolloutRecord>) =>
    startFindings(aService({ record: aRecord(record) }), aPlan()).map(({ subject }) => subject);
  expect(subjects({ tag: 'c-other' })).toEqual(['tag']);
  expect(subjects({ canary: 'web-c7-1' })).toEqual(['tag']);
});

test('a stage that ends before its data arrive is worth a notice', () => {
  const plan = aPlan({
    stages: [
      { percent: 5, bake: 20_000, least: 20_000, gate: false },
      { percent: 50, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false },
    ],
  });
  expect(stageNotices(plan, TIMING)).toEqual([
    'The stage at 5 % lasts 20 s. Monitoring samples every 60 s and shows data 180 s late; a stage of 300 s or more is judged on more than a few points.',
  ]);
  expect(stageNotices(plan, { samplePeriod: 1000, ingestDelay: 2000 })).toEqual([]);
});

test('only a digest can tell that the image already serves; without an image it stays', () => {
  const digest = `web@sha256:${'a'.repeat(64)}`;
  const isSame = (image: string | null, served: string | null) =>
    isSameImage(aChange({ image }), served);
  expect(isSame(null, null)).toBe(true);
  expect(isSame(`host/web@sha256:${'a'.repeat(64)}`, `host/${digest}`)).toBe(true);
  expect(isSame(`host/web@sha256:${'b'.repeat(64)}`, `host/${digest}`)).toBe(false);
  expect(isSame('host/web:v1', `host/${digest}`)).toBe(false);
  expect(isSame(`host/web@sha256:${'a'.repeat(64)}`, null)).toBe(false);
});

describe('names', () => {
  test('of a revision are the same for the same attempt, and differ between attempts', () => {
    expect(revisionName('web', 19482736450, 1)).toBe('web-c8y7innm-1');
    expect(revisionName('web', 19482736450, 2)).toBe('web-c8y7innm-2');
  });

  test('of a revision fit into 63 characters and begin with the whole service name', () => {
    const service = `s${'x'.repeat(48)}`;
    const names = [1, 2, 100].map((attempt) => revisionName(service, 9_007_199_254_740, attempt));
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(63);
      expect(name).toMatch(/^s[a-z0-9-]*[a-z0-9]$/);
      expect(name.startsWith(`${service}-`)).toBe(true);
    }
    expect(new Set(names).size).toBe(3);
  });

  test('of a tag leave room for the service', () => {
    expect(defaultTag('web', 19482736450)).toBe('c-8y7innm');
    expect(defaultTag('x'.repeat(44), 19482736450)).toBe('c');
    expect(defaultTag('x'.repeat(49), 19482736450)).toBe('c');
  });
});

test('a builder’s names are what the identity gives', () => {
  expect(revisionName('web', 19482736450, 1)).toBe(CANARY);
  expect(NOW % 1000).toBe(0);
});
