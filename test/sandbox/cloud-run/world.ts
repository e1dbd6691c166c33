import type { RevisionSpec, StartResult } from '../contract.ts';
import { ServiceModel } from './model.ts';
import type { ServiceObject, TrafficTarget } from './objects.ts';
import type { Rules } from './state.ts';
import { decodeService } from './validate.ts';

/** The model in virtual time, with a runtime that does as its script says. */
export type World = {
  readonly model: ServiceModel;
  /** By image; an image without a line is ready at once. "never" does not end. */
  readonly script: Map<string, StartResult | 'never'>;
  readonly stopped: string[];
  readonly now: () => number;
  readonly advance: (ms: number) => Promise<void>;
  /** A service of that name with one ready revision, `<name>-00001-aaa`, following LATEST. */
  readonly create: (name: string) => Promise<ServiceObject>;
  /** Reads, edits and puts back, fenced unless the edit takes the version away. */
  readonly edit: (
    name: string,
    change: (service: Draft) => void,
    dryRun?: boolean,
  ) => ServiceObject;
};

type Loose<T> = { -readonly [K in keyof T]: T[K] extends object ? Loose<T[K]> : T[K] };
/** The object as a client holds it: anything may be changed in it. */
export type Draft = Loose<Omit<ServiceObject, 'spec'>> & {
  spec: { template: Record<string, unknown>; traffic: TrafficTarget[] };
};

export const by = { dryRun: false, by: 'tester@sandbox.example' };

export function createWorld(rules: Partial<Rules> = {}): World {
  const clock = virtualClock(Date.UTC(2026, 10, 20, 15));
  const script: World['script'] = new Map();
  const stopped: string[] = [];
  const model = new ServiceModel({
    project: 'demo',
    projectNumber: '123456789012',
    region: 'us-central1',
    now: clock.now,
    schedule: clock.schedule,
    runtime: {
      start: (spec) => outcomeOf(spec, script),
      stop: async (revision) => {
        stopped.push(revision);
      },
    },
    url: (service, tag) => `http://${tag === null ? '' : `${tag}---`}${service}.test`,
    rules,
  });
  const create = async (name: string) => {
    model.create(decodeService(bodyOf(name)), by);
    await clock.advance(1_000);
    return model.get(name);
  };
  const edit: World['edit'] = (name, change, dryRun = false) => {
    // What `get` answers is a copy, so the change stays with the one who makes it.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const draft = model.get(name) as unknown as Draft;
    change(draft);
    return model.replace(decodeService(JSON.parse(JSON.stringify(draft))), { ...by, dryRun });
  };
  return { model, script, stopped, now: clock.now, advance: clock.advance, create, edit };
}

export type Body = {
  apiVersion: string;
  kind: string;
  metadata: Record<string, unknown>;
  spec: Record<string, unknown>;
};

export function bodyOf(name: string, image = 'app:healthy'): Body {
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name },
    spec: templateSpec(`${name}-00001-aaa`, image),
  };
}

export function templateSpec(
  revision: string,
  image: string,
): { template: Draft['spec']['template'] } {
  return { template: { metadata: { name: revision }, spec: { containers: [{ image }] } } };
}

export const canary = 'web-c1';
export const stable = 'web-00001-aaa';
export const broken = {
  kind: 'failed',
  reason: 'HealthCheckContainerError',
  message: 'The user-provided container failed to start.',
} as const;

/** The Ready condition of service web. */
export function ready({ model }: World) {
  return model.get('web').status.conditions[0];
}

/** As `gcloud deploy --no-traffic --tag canary` does it: one write. */
export function startCanary(world: World, image = 'app:next') {
  return world.edit('web', ({ spec }) => {
    spec.template = templateSpec(canary, image).template;
    spec.traffic = [
      { revisionName: stable, percent: 100 },
      { revisionName: canary, tag: 'canary' },
    ];
  });
}

function outcomeOf(spec: RevisionSpec, script: World['script']): Promise<StartResult> {
  const outcome = script.get(spec.image) ?? { kind: 'ready', digest: `${spec.image}@sha256:1` };
  return outcome === 'never' ? new Promise(() => undefined) : Promise.resolve(outcome);
}

function virtualClock(start: number) {
  let time = start;
  let queue: { readonly at: number; readonly run: () => void }[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => time,
    schedule: (afterMs: number, run: () => void) => {
      queue.push({ at: time + afterMs, run });
    },
    advance: async (ms: number) => {
      const end = time + ms;
      for (;;) {
        await settle();
        const next = queue.toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > end) break;
        queue = queue.filter((item) => item !== next);
        time = next.at;
        next.run();
      }
      time = end;
    },
  };
}
