/** Builders: a correct value of each kind, with what a test cares about on top. */
import { rolloutKey } from '../../src/core/rollout/history.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import type {
  Caller,
  Goal,
  Memory,
  Situation,
  StageMemory,
} from '../../src/core/decision-types.ts';
import type { Judgement, MetricTiming } from '../../src/core/judging-types.ts';
import type { TemplateChange } from '../../src/core/template-types.ts';
import type { Smoke } from '../../src/core/smoke-types.ts';
import type { Plan, RolloutRecord, ServiceSnapshot } from '../../src/core/types.ts';

export const NOW = Date.parse('2026-11-20T15:04:05Z');
export const MINUTE = 60_000;
export const STABLE = 'web-00041-kib';
export const CANARY = 'web-c8y7innm-1';

export function aChange(with_: Partial<TemplateChange> = {}): TemplateChange {
  return { image: null, edits: [], originLabels: [], ...with_ };
}

export function aPlan(with_: Partial<Plan> = {}): Plan {
  return {
    change: aChange({ image: 'europe-docker.pkg.dev/p/app/web:v2' }),
    tag: 'c-8y7innm',
    stages: [
      { percent: 5, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false },
      { percent: 50, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false },
    ],
    judging: {
      criteria: [{ metric: 'error-rate', max: null, maxIncrease: 0.005 }],
      minRequests: 100,
      confidence: 'normal',
      onInconclusive: 'promote',
      warmUp: 3,
      maxMemory: 0.95,
    },
    smoke: aSmoke(),
    deployTimeout: 10 * MINUTE,
    noDataTimeout: 15 * MINUTE,
    holdFor: 24 * 60 * MINUTE,
    onNoData: 'hold',
    onCancel: 'rollback',
    baseline: 'stable',
    minInstances: null,
    allowUnfenced: false,
    hash: '5be0a1f7',
    ...with_,
  };
}

export function aSmoke(with_: Partial<Smoke> = {}): Smoke {
  return {
    lines: [{ method: 'GET', path: '/', statuses: null }],
    statuses: [{ from: 200, to: 399 }],
    body: null,
    revisionHeader: null,
    probes: 50,
    rate: 10,
    auth: 'auto',
    audience: null,
    warmUp: 0,
    ...with_,
  };
}

export const TIMING: MetricTiming = { samplePeriod: MINUTE, ingestDelay: 3 * MINUTE };

export function aDrive(
  with_: Partial<Extract<Goal, { kind: 'drive' }>> = {},
): Extract<Goal, { kind: 'drive' }> {
  return {
    kind: 'drive',
    plan: aPlan(),
    timing: TIMING,
    mayStart: true,
    until: 100,
    pace: 'wait',
    opensGates: false,
    ...with_,
  };
}

export function aCaller(with_: Partial<Caller> = {}): Caller {
  return {
    rolloutId: '683120945-19482736450',
    attempt: 1,
    revision: CANARY,
    commit: '0123456789abcdef0123456789abcdef01234567',
    runUrl: 'https://github.com/o/r/actions/runs/19482736450',
    dispatch: null,
    ...with_,
  };
}

export function aRecord(with_: Partial<RolloutRecord> = {}): RolloutRecord {
  return {
    version: 1,
    rolloutId: '683120945-19482736450',
    startedBy: 1,
    starterAttempt: 1,
    owner: '683120945-19482736450',
    attempt: 1,
    transition: 3,
    generation: 58,
    writeId: '9f1c64b20a7de853',
    phase: 'active',
    stage: 1,
    percents: [0, 5, 50, 100],
    planHash: '5be0a1f7',
    stable: STABLE,
    canary: CANARY,
    clone: null,
    tag: 'c-8y7innm',
    image: 'europe-docker.pkg.dev/p/app/web:v2',
    commit: '0123456789abcdef0123456789abcdef01234567',
    runUrl: 'https://github.com/o/r/actions/runs/19482736450',
    at: NOW,
    due: NOW + 40 * MINUTE,
    servedAt: null,
    changedAt: [NOW - MINUTE, NOW],
    reason: 'pass',
    followedLatest: true,
    minInstances: null,
    history: [],
    ...with_,
  };
}

export function aService(with_: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  const asked = with_.asked ?? { [STABLE]: 95, [CANARY]: 5 };
  return {
    readAt: NOW,
    version: 'AAZZJpwmJn4',
    generation: 58,
    observed: true,
    ready: 'yes',
    latestCreated: CANARY,
    latestReady: CANARY,
    followsLatest: false,
    asked,
    served: asked,
    tags: [{ tag: 'c-8y7innm', revision: CANARY, url: 'https://c-8y7innm---web-x.a.run.app' }],
    url: 'https://web-x.a.run.app',
    entrance: { ingress: 'all', hasProxy: false, hasAddresses: true },
    image: 'europe-docker.pkg.dev/p/app/web:v2',
    scaling: { minInstances: null, isManual: false },
    runsAs: 'web@p.iam.gserviceaccount.com',
    lastModifier: null,
    birth: null,
    first: null,
    record: aRecord(),
    plan: aPlan(),
    ...with_,
  };
}

/** A service with one revision at 100 % and no rollout. */
export function aQuietService(with_: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  return aService({
    asked: { [STABLE]: 100 },
    latestCreated: STABLE,
    latestReady: STABLE,
    followsLatest: true,
    tags: [],
    record: 'none',
    ...with_,
  });
}

export function aStage(with_: Partial<StageMemory> = {}): StageMemory {
  return {
    rollout: rolloutKey(aRecord()),
    index: 1,
    servedSince: NOW,
    unservedSince: null,
    probed: false,
    warmed: 0,
    lookedAt: null,
    judgement: null,
    closed: false,
    ...with_,
  };
}

/** Of an owner in the middle of stage 1, whose canary is ready. */
export function aMemory(with_: Partial<Memory> = {}): Memory {
  return {
    ...EMPTY_MEMORY,
    drove: true,
    fence: 'proved',
    canary: { health: 'ready', digest: null },
    stage: aStage(),
    ...with_,
  };
}

export function anOrder(
  order: 'promote' | 'rollback',
  with_: Partial<Extract<Goal, { kind: 'order' }>> = {},
): Extract<Goal, { kind: 'order' }> {
  return { kind: 'order', order, by: 'ada', seen: null, toPrevious: false, ...with_ };
}

export function aSituation(with_: Partial<Situation> = {}): Situation {
  return {
    goal: aDrive(),
    caller: aCaller(),
    service: aService(),
    memory: aMemory(),
    ...with_,
  };
}

export function aJudgement(with_: Partial<Judgement> = {}): Judgement {
  return {
    verdict: 'pass',
    reason: 'harm-ruled-out',
    checks: [],
    logEvidence: -1,
    canaryRequests: 1000,
    baselineRequests: 19_000,
    settled: true,
    why: 'No difference.',
    notices: [],
    observation: {
      from: NOW,
      to: NOW + 10 * MINUTE,
      minutes: [],
      history: [],
      log: null,
      complete: true,
    },
    ...with_,
  };
}
