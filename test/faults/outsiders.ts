/** Everybody else who has a hand in the service, and the service's own bad days. */
import { ApiError } from '../sandbox/cloud-run/errors.ts';
import type { TrafficTarget } from '../sandbox/cloud-run/objects.ts';
import type { Cloud } from './cloud.ts';
import { askedOf, templateOf } from './cloud.ts';
import type { MomentKind } from './kinds.ts';
import { isCanary } from './requests.ts';
import { OLD, SECOND, SERVICE, STABLE } from './settings.ts';
import type { Timeline } from './timeline.ts';
import { ROLLOUT } from './written.ts';

type Draft = {
  metadata: { annotations: Record<string, string>; labels: Record<string, string> };
  spec: { template: object; traffic: TrafficTarget[] };
};

export type OutsiderKind = Exclude<
  MomentKind,
  | 'crashBefore'
  | 'cancelBefore'
  | `clock${string}`
  | `stall${string}`
  | 'nodata'
  | 'nan'
  | 'monDown'
  | `storm${string}`
  | 'outage'
  | 'noRaise'
  | 'zombie'
  | 'rival'
  | 'abort'
  | 'ramp'
  | 'rampNow'
  | 'promote'
>;

type Scene = { readonly cloud: Cloud; readonly timeline: Timeline; readonly canary: string };

export function isOutsiderKind(kind: MomentKind): kind is OutsiderKind {
  return Object.hasOwn(ACTS, kind);
}

/** `canary`: the name that the process would give to its revision. */
export function act(kind: OutsiderKind, scene: Scene): void {
  whileItIsThere(() => ACTS[kind](scene));
}

function whileItIsThere(run: () => void): void {
  try {
    run();
  } catch (error) {
    // There is no such service or revision any more: nobody can do anything to it.
    if (!(error instanceof ApiError && error.status === 'NOT_FOUND')) throw error;
  }
}

let edits = 0;

/** A service's next write finds the version gone. */
export function touch({ cloud }: Pick<Scene, 'cloud'>): void {
  edit(cloud, (draft) => {
    draft.metadata.labels['touched'] = String((edits += 1));
  });
}

const ACTS: Readonly<Record<OutsiderKind, (scene: Scene) => void>> = {
  touch,
  outRollback: ({ cloud }) => route(cloud, [{ revisionName: STABLE, percent: 100 }]),
  outOther: ({ cloud }) => route(cloud, [{ revisionName: OLD, percent: 100 }]),
  outSplit: ({ cloud }) => route(cloud, SPLIT),
  outErase: ({ cloud }) => {
    edit(cloud, ({ metadata }) => {
      delete metadata.annotations[ROLLOUT];
    });
  },
  outCorrupt: ({ cloud }) => {
    edit(cloud, ({ metadata }) => {
      const text = metadata.annotations[ROLLOUT] ?? '{"version":1}';
      metadata.annotations[ROLLOUT] = text.replace('"version":1', '"version":2');
    });
  },
  outCanary: ({ cloud }) => {
    const canary = canaryOf(cloud);
    if (canary !== null) route(cloud, [{ revisionName: canary, percent: 100 }]);
  },
  outBack: ({ cloud, timeline }) => thereAndBack(cloud, timeline, { after: 0, back: 20 * SECOND }),
  // Between two reads a minute apart: the split is asked for as it was, but not served yet.
  outBlink: ({ cloud, timeline }) =>
    thereAndBack(cloud, timeline, { after: 5 * SECOND, back: 57 * SECOND }),
  outDeploy: ({ cloud }) => deploy(cloud, `${SERVICE}-00009-out`, 'v9'),
  outLatest: ({ cloud }) => route(cloud, [{ latestRevision: true, percent: 100 }]),
  taken: ({ cloud, canary }) => {
    if (cloud.model.revisions(SERVICE).some(({ metadata }) => metadata.name === canary)) return;
    route(cloud, [{ revisionName: STABLE, percent: 100 }]);
    deploy(cloud, canary, 'v7');
  },
  gone: ({ cloud }) => {
    cloud.model.remove(SERVICE, { dryRun: false, by: 'outsider' });
    cloud.lost();
  },
  lose: ({ cloud }) => {
    const canary = idleCanaryOf(cloud);
    if (canary === null) return;
    untag(cloud, canary);
    cloud.model.loseRevision(canary);
    cloud.lost();
  },
  startFails: ({ cloud }) => {
    cloud.startsFail = true;
  },
  routesFail: ({ cloud }) =>
    cloud.model.breakRoutes(SERVICE, 'The routes could not be programmed.'),
  stuck: ({ cloud }) => {
    cloud.model.rules.settleMs = null;
  },
  swap: ({ cloud, timeline }) => {
    const canary = idleCanaryOf(cloud);
    if (canary === null) return;
    untag(cloud, canary);
    cloud.model.loseRevision(canary);
    cloud.lost();
    timeline.at(timeline.now + 2 * SECOND, () => deploy(cloud, canary, 'v8'));
  },
};

const SPLIT: readonly TrafficTarget[] = [
  { revisionName: STABLE, percent: 70 },
  { revisionName: OLD, percent: 30 },
];

function thereAndBack(
  cloud: Cloud,
  timeline: Timeline,
  times: { readonly after: number; readonly back: number },
): void {
  let before: readonly TrafficTarget[] = [];
  timeline.at(timeline.now + times.after, () =>
    whileItIsThere(() => {
      before = Object.entries(askedOf(cloud.service())).map(([revisionName, percent]) => {
        return { revisionName, percent };
      });
      route(cloud, SPLIT);
    }),
  );
  timeline.at(timeline.now + times.back, () => {
    if (before.length > 0) route(cloud, before);
  });
}

/** The percents are theirs, the tags stay. */
function route(cloud: Cloud, rows: readonly TrafficTarget[]): void {
  edit(cloud, ({ spec }) => {
    const tags = spec.traffic.flatMap(({ revisionName, tag }) =>
      tag === undefined || revisionName === undefined ? [] : [{ revisionName, tag }],
    );
    spec.traffic = [...rows, ...tags];
  });
}

function deploy(cloud: Cloud, name: string, tag: string): void {
  edit(cloud, ({ spec }) => {
    spec.template = templateOf(name, `europe-docker.pkg.dev/demo/app/web:${tag}`);
  });
}

/** The newest revision, if a rollout made it and it still exists. */
function canaryOf(cloud: Cloud): string | null {
  const name = cloud.service().status.latestCreatedRevisionName ?? '';
  return isCanary(name) && cloud.model.revisions(SERVICE).some((r) => r.metadata.name === name)
    ? name
    : null;
}

function untag(cloud: Cloud, revision: string): void {
  edit(cloud, ({ spec }) => {
    spec.traffic = spec.traffic.filter((row) => row.revisionName !== revision);
  });
}

/** Cloud Run deletes no revision that has traffic, nor one with a tag. */
function idleCanaryOf(cloud: Cloud): string | null {
  const canary = canaryOf(cloud);
  const splits = [cloud.served().split, askedOf(cloud.service())];
  return canary !== null && splits.every((split) => (split[canary] ?? 0) === 0) ? canary : null;
}

/** What the service refuses is not done. */
function edit(cloud: Cloud, change: (draft: Draft) => void): void {
  const draft = JSON.parse(cloud.get().text) as Draft;
  if (draft.spec === undefined) return;
  draft.metadata.labels ??= {};
  change(draft);
  cloud.put({ by: 'outsider', body: JSON.stringify(draft), dryRun: false, sentAt: 0 });
}
