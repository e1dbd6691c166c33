/** The Cloud Run service of the model: one register with a version, and a platform that lags behind. */
import type { CanaryHealth, RevisionState } from '../../src/core/decision-types.ts';
import { readPlan } from '../../src/core/rollout/plan.ts';
import { awaitsCanary } from '../../src/core/rollout/clone.ts';
import { isFinal } from '../../src/core/rollout/drafts.ts';
import { readRecord } from '../../src/core/rollout/record.ts';
import type { Plan, RolloutRecord, ServiceSnapshot, Split } from '../../src/core/types.ts';
import { CURRENT, timeOf } from './time.ts';
import type { Belief } from './time.ts';

/** Served everybody before the first rollout; a second one from earlier is there as well. */
export const STABLE = 'web-stable';
export const OTHER = 'web-other';
export const BY_HAND = 'web-by-hand';
/** Made by somebody else, without traffic. */
export const BROUGHT = 'web-brought';

export type Health = 'starting' | 'ready' | 'failed' | 'deleted';

/** A canary that was created. `again`: deleted, and its name used for another image since. */
type Made = { readonly health: Health; readonly again: boolean };

/** Its version is no number: whoever holds a read of it holds whether anybody has written since. */
export type Service = {
  /** The annotation, as the shipped codec writes it. */
  readonly text: string | null;
  /** The annotation beside it. */
  readonly plan: string | null;
  readonly asked: Split;
  readonly served: Split;
  /** The row that has everything says LATEST. */
  readonly latest: boolean;
  readonly made: Readonly<Record<string, Made>>;
  /** The row of an open rollout's tag. */
  readonly tagged: { readonly tag: string; readonly revision: string } | null;
};

export const QUIET: Service = {
  text: null,
  plan: null,
  asked: { [STABLE]: 100 },
  served: { [STABLE]: 100 },
  latest: false,
  made: {},
  tagged: null,
};

/** The same, and a revision that is there to be brought. */
export const WITH_BROUGHT: Service = {
  ...QUIET,
  made: { [BROUGHT]: { health: 'starting', again: false } },
};

type Read = RolloutRecord | 'none' | 'unreadable';

/** The codec is a pure function, and there are far fewer texts than reads of them. */
const READ = new Map<string | null, Read>();

export function recordOf({ text }: Service): Read {
  const known = READ.get(text);
  if (known !== undefined) return known;
  const record = readRecord(text ?? undefined);
  READ.set(text, record);
  return record;
}

const PLANS = new Map<string, Plan | null>();

/** Only the plan that the record vouches for. */
export function planOf(service: Service): Plan | null {
  const record = recordOf(service);
  if (typeof record === 'string' || service.plan === null) return null;
  const key = record.planHash + service.plan;
  const known = PLANS.get(key);
  if (known !== undefined) return known;
  const plan = readPlan(service.plan, record.planHash);
  PLANS.set(key, plan);
  return plan;
}

export function healthOf(service: Service, revision: string): Health {
  if (revision === STABLE || revision === OTHER) return 'ready';
  return service.made[revision]?.health ?? 'deleted';
}

export function digestOf(service: Service, revision: string): string {
  return imageDigest(service.made[revision]?.again === true ? 'b' : 'a');
}

export function imageDigest(digit: 'a' | 'b'): string {
  return `web@sha256:${digit.repeat(64)}`;
}

/** Same names in the same order, so that equal splits have equal texts. */
export function canonical(split: Split): Split {
  return Object.fromEntries(
    Object.entries(split)
      .filter(([, percent]) => percent > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

export function snapshotOf(service: Service, belief: Belief): ServiceSnapshot {
  return {
    readAt: timeOf(belief),
    version: CURRENT,
    generation: 1,
    observed: true,
    ready: 'yes',
    latestCreated: Object.keys(service.made).at(-1) ?? STABLE,
    latestReady: STABLE,
    followsLatest: service.latest,
    asked: service.asked,
    served: service.served,
    tags: service.tagged === null ? [] : [{ ...service.tagged, url: 'https://tag' }],
    url: 'https://web',
    entrance: { ingress: 'all', hasProxy: false, hasAddresses: true },
    image: imageDigest('a'),
    scaling: { minInstances: null, isManual: false },
    runsAs: '',
    lastModifier: null,
    birth: null,
    first: null,
    record: recordOf(service),
    plan: planOf(service),
  };
}

/** What happens by itself: the split is served, a new revision becomes ready or does not. */
export function platformSteps(service: Service): readonly (readonly [string, Service])[] {
  const { asked, served, made } = service;
  const steps: [string, Service][] = [];
  const servable = Object.keys(asked).every((name) => healthOf(service, name) === 'ready');
  if (servable && JSON.stringify(asked) !== JSON.stringify(served)) {
    steps.push(['the split is served', { ...service, served: asked }]);
  }
  for (const [name, revision] of Object.entries(made)) {
    if (revision.health !== 'starting') continue;
    for (const health of ['ready', 'failed'] as const) {
      const next = { ...made, [name]: { ...revision, health } };
      steps.push([`${name} is ${health}`, { ...service, made: next }]);
    }
  }
  return steps;
}

/** Whoever else writes the service. `bumps`: it is a new version, so every read before it is stale. */
export type Intrusion = {
  readonly what: string;
  readonly next: Service;
  readonly bumps: boolean;
};

export function intrusions(service: Service): readonly Intrusion[] {
  const record = recordOf(service);
  const canary = typeof record === 'string' ? Object.keys(service.made).at(-1) : record.canary;
  const stable = typeof record === 'string' ? STABLE : record.stable;
  const present = canary !== undefined && healthOf(service, canary) !== 'deleted';
  const other = stable === OTHER ? STABLE : OTHER;
  const splits: Split[] = [{ [other]: 100 }, { [stable]: 100 }, { [stable]: 60, [other]: 40 }];
  if (present) splits.push({ [canary]: 100 }, { [stable]: 95, [canary]: 5 });
  return [
    ...splits.map((split) => ({
      what: `an outsider sets ${JSON.stringify(split)}`,
      next: { ...service, asked: canonical(split), latest: false },
      bumps: true,
    })),
    {
      what: 'an outsider follows LATEST',
      next: { ...service, asked: { [STABLE]: 100 }, latest: true },
      bumps: true,
    },
    { what: 'an outsider edits something else', next: service, bumps: true },
    ...(service.text === null
      ? []
      : [
          {
            what: 'an outsider erases the record',
            next: { ...service, text: null, plan: null },
            bumps: true,
          },
          { what: 'an outsider damages the record', next: { ...service, text: '{' }, bumps: true },
        ]),
    ...(present ? deletions(service, canary) : []),
    ...meddlings(service),
  ];
}

/** While a rollout has its clone and not its canary, somebody puts a template of theirs in force. */
function meddlings(service: Service): readonly Intrusion[] {
  const record = recordOf(service);
  if (typeof record === 'string' || isFinal(record) || !awaitsCanary(record)) return [];
  const made = { ...service.made, [BY_HAND]: { health: 'ready', again: false } as const };
  return [{ what: 'an outsider deploys without traffic', next: { ...service, made }, bumps: true }];
}

/** Only what gets no traffic can be deleted. Nothing says that it is a new version of the service. */
function deletions(service: Service, canary: string): readonly Intrusion[] {
  const { asked, served, made } = service;
  if (asked[canary] !== undefined || served[canary] !== undefined) return [];
  const gone: Made = { health: 'deleted', again: false };
  const swapped: Made = { health: 'ready', again: true };
  return [
    { what: `an outsider deletes ${canary}`, revision: gone },
    { what: `an outsider puts another image behind ${canary}`, revision: swapped },
  ].map(({ what, revision }) => ({
    what,
    next: { ...service, made: { ...made, [canary]: revision } },
    bumps: false,
  }));
}

function shownHealth(service: Service, revision: string): CanaryHealth {
  const health = healthOf(service, revision);
  if (health === 'starting') return 'pending';
  if (health === 'deleted') return 'gone';
  return health === 'failed' ? { failed: '' } : 'ready';
}

export function stateOf(service: Service, revision: string): RevisionState {
  const health = shownHealth(service, revision);
  return { health, digest: health === 'ready' ? digestOf(service, revision) : null };
}
