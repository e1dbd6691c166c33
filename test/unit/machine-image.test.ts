/** S12 at the machine: which image is recorded, by whom it is compared, and what the template has. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/rollout/machine.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import type { Memory } from '../../src/core/decision-types.ts';
import type { RolloutRecord, ServiceSnapshot } from '../../src/core/types.ts';
import {
  aChange,
  CANARY,
  NOW,
  STABLE,
  aCaller,
  aDrive,
  aMemory,
  aPlan,
  aQuietService,
  aRecord,
  aService,
  aSituation,
  aStage,
  anOrder,
} from './build.ts';

const NAME = 'europe-docker.pkg.dev/p/app/web';
const digest = (digit: string) => `${NAME}@sha256:${digit.repeat(64)}`;
const OTHER = aCaller({ rolloutId: '683120945-19482736457', revision: 'web-c7-1' });

const deploy = aDrive({ until: 0, plan: aPlan({ onCancel: 'hold' }) });
const ramp = aDrive({ plan: null, mayStart: false, opensGates: true });
const resume = aDrive({ plan: null, mayStart: false, pace: 'look' });

const started = aRecord({ stage: 0, reason: 'started', changedAt: [NOW] });
/** As a deploy leaves it. */
const held = { ...started, phase: 'held', reason: 'reached', image: digest('a') } as const;

function atZero(record: RolloutRecord, with_: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  return aService({ record, asked: { [STABLE]: 100 }, ...with_ });
}

function found(image: string | null, with_: Partial<Memory> = {}): Memory {
  const stage = aStage({ index: 0, probed: true });
  return aMemory({ canary: { health: 'ready', digest: image }, stage, ...with_ });
}

describe('the image in the record', () => {
  test.each([
    [`${NAME}:v2`, `${NAME}:v2`],
    [digest('f'), NAME],
  ])('begins as it was asked for, without its digest: %s', (image, recorded) => {
    const goal = aDrive({ plan: aPlan({ change: aChange({ image }) }) });
    const memory = { ...EMPTY_MEMORY, fence: 'proved', ownRevision: 'absent' } as const;
    expect(decide(aSituation({ goal, memory, service: aQuietService() }))).toMatchObject({
      do: 'start',
      record: { image: recorded },
    });
  });

  test.each([
    ['reached', deploy, {}],
    ['cancelled', deploy, { cancelled: true }],
    ['watched', resume, { stage: aStage({ index: 0 }) }],
  ] as const)('is that of the canary from a hold on, %s', (reason, goal, with_) => {
    const record = { ...started, image: NAME };
    const health = reason === 'watched' ? 'pending' : 'ready';
    const memory = {
      ...found(digest('a'), with_),
      canary: { health, digest: digest('a') },
    } as const;
    const decision = decide(aSituation({ goal, memory, service: atZero(record) }));
    expect(decision).toMatchObject({ record: { phase: 'held', reason, image: digest('a') } });
  });

  test('is not lost when Cloud Run does not say it again, nor replaced', () => {
    const record = { ...started, image: digest('a') };
    for (const [goal, phase] of [
      [deploy, 'held'],
      [aDrive(), 'active'],
    ] as const) {
      const decision = decide(aSituation({ goal, memory: found(null), service: atZero(record) }));
      expect(decision).toMatchObject({ record: { phase, image: digest('a') } });
    }
    const memory = found(digest('b'), { cancelled: true });
    expect(decide(aSituation({ goal: deploy, memory, service: atZero(record) }))).toMatchObject({
      record: { phase: 'held', reason: 'cancelled', image: digest('a') },
    });
  });
});

describe('another image behind a canary that is held at 0 %', () => {
  const swapped = found(digest('b'), { drove: false });

  test.each([
    ['a ramp', ramp, OTHER],
    ['a resume', resume, OTHER],
    ['a re-run', aDrive(), aCaller({ attempt: 2 })],
  ])('is undone by %s, which takes the rollout over for that', (_, goal, caller) => {
    const before = aSituation({ goal, caller, memory: swapped, service: atZero(held) });
    const taken = decide(before);
    expect(taken).toMatchObject({ record: { reason: 'taken', image: digest('a') } });
    const { rolloutId: owner, attempt } = caller;
    const record = { ...held, phase: 'active', reason: 'taken', owner, attempt } as const;
    const after = { ...before, memory: found(digest('b')), service: atZero(record) };
    expect(decide(after)).toMatchObject({
      record: { phase: 'rolled-back', reason: 'canary-gone' },
    });
  });

  test('is promoted by no person', () => {
    const goal = anOrder('promote');
    const decided = (record: RolloutRecord, memory: Memory) =>
      decide(aSituation({ goal, caller: OTHER, memory, service: atZero(record) }));
    expect(decided(held, swapped)).toMatchObject({ do: 'stop', outcome: 'refused' });
    expect(decided(held, found(digest('a')))).toMatchObject({ record: { phase: 'promoted' } });
    // Nothing was found out about it before.
    expect(decided({ ...held, image: NAME }, swapped)).toMatchObject({
      record: { phase: 'promoted' },
    });
  });
});

describe('the template of the service', () => {
  const promoted = aRecord({ phase: 'promoted', stage: 3 });
  const why = (with_: Partial<ServiceSnapshot>) => {
    const service = aService({ record: promoted, asked: { [CANARY]: 100 }, ...with_ });
    const decision = decide(aSituation({ service }));
    return decision.do === 'stop' ? decision.why : '';
  };
  const theirs = { latestCreated: 'web-00042-new', image: `${NAME}:v3` };

  test('that somebody else has changed meanwhile is named at the end', () => {
    expect(why(theirs)).toBe(
      `${CANARY} has all traffic. Somebody else has changed the template of the service since: web-00042-new has the image ${NAME}:v3.`,
    );
  });

  test.each([
    ['of the canary itself', {}],
    ['of a later revision with the same image', { latestCreated: 'web-00042-new' }],
    ['that reads differently, of the canary', { image: `${NAME}:v3` }],
    ['without the plan to compare it with', { ...theirs, plan: null }],
  ])('is not mentioned: one %s', (_, with_) => {
    expect(why(with_)).toBe(`${CANARY} has all traffic.`);
  });
});
