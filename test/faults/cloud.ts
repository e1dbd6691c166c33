/**
 * The sandbox's model of Cloud Run in virtual time, and the split that was really served at every
 * moment. Nothing is copied twice: what does not change is read from memory.
 */
import type { StartResult } from '../sandbox/contract.ts';
import { ApiError, errorAnswer } from '../sandbox/cloud-run/errors.ts';
import { ServiceModel } from '../sandbox/cloud-run/model.ts';
import type { RevisionObject, ServiceObject } from '../sandbox/cloud-run/objects.ts';
import type { Rules } from '../sandbox/cloud-run/state.ts';
import { decodeService } from '../sandbox/cloud-run/validate.ts';
import { digestOf, draftOf, named } from './bodies.ts';
import type { Process } from './process.ts';
import {
  BEGIN,
  BROUGHT,
  HOUR,
  NEXT_IMAGE,
  OLD,
  READY,
  REF,
  SERVICE,
  SETTLE,
  STABLE,
} from './settings.ts';
import type { Timeline } from './timeline.ts';

export type Split = Readonly<Record<string, number>>;

/** The split served from `at` until the next one begins. */
export type Span = { readonly at: number; readonly split: Split };

type Writer = Process | 'outsider';

/** A write that the service took. */
export type Accepted = {
  readonly by: Writer;
  readonly sentAt: number;
  readonly before: ServiceObject;
  readonly after: ServiceObject;
};

/** What is put on the wire; the caller knows when. */
export type Answer = { readonly status: number; readonly text: string };

export type Put = {
  readonly by: Writer;
  readonly body: string;
  readonly dryRun: boolean;
  readonly sentAt: number;
};

const IMAGE = 'europe-docker.pkg.dev/demo/app/web';
const STATES = {
  True: 'CONDITION_SUCCEEDED',
  False: 'CONDITION_FAILED',
  Unknown: 'CONDITION_RECONCILING',
} as const;

export class Cloud {
  readonly model: ServiceModel;
  readonly spans: Span[] = [];
  /** Revisions that start from now on do not come up. */
  startsFail = false;
  /** Told of every write that the service took. */
  onWrite: (write: Accepted) => void = () => undefined;
  readonly #timeline: Timeline;
  #service: ServiceObject | null = null;
  #text: string | null = null;
  #older: string | null = null;
  readonly #revisions = new Map<string, RevisionObject>();

  constructor(timeline: Timeline, rules: Partial<Rules>) {
    this.#timeline = timeline;
    this.model = new ServiceModel({
      project: REF.project,
      projectNumber: '123456789012',
      region: REF.region,
      now: () => timeline.now,
      schedule: (afterMs, run) => {
        timeline.at(timeline.now + afterMs, () => {
          run();
          this.changed();
        });
      },
      runtime: { start: (spec) => this.#start(spec.image), stop: async () => undefined },
      url: (service, tag) => `https://${tag === null ? '' : `${tag}---`}${service}.test`,
      rules: { settleMs: SETTLE, readyDelayMs: READY, ...rules },
    });
  }

  /**
   * An old revision, and the stable one that follows LATEST with all traffic; or that is pinned, beside
   * a newer one without traffic.
   */
  async setUp(isBrought = false): Promise<void> {
    this.#timeline.now = BEGIN - HOUR;
    const body = {
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Service',
      metadata: { name: SERVICE },
      spec: { template: templateOf(OLD, `${IMAGE}:v0`) },
    };
    this.model.create(decodeService(body), { dryRun: false, by: 'outsider' });
    await this.#timeline.run(BEGIN);
    const spec = { template: templateOf(STABLE, `${IMAGE}:v1`) };
    this.model.replace(decodeService({ ...body, spec }), { dryRun: false, by: 'outsider' });
    await this.#timeline.run(BEGIN);
    if (isBrought) {
      const template = templateOf(BROUGHT, NEXT_IMAGE);
      const traffic = [{ revisionName: STABLE, percent: 100 }];
      const pinned = decodeService({ ...body, spec: { template, traffic } });
      this.model.replace(pinned, { dryRun: false, by: 'outsider' });
      await this.#timeline.run(BEGIN);
    }
    this.#timeline.now = BEGIN;
    this.spans.length = 0;
    this.changed();
  }

  /** @throws ApiError when there is no such service any more. */
  service(): ServiceObject {
    this.#service ??= named(this.model.get(SERVICE));
    return this.#service;
  }

  /**
   * A revision that is ready stays so until somebody takes it away.
   * @throws ApiError when there is no such revision.
   */
  revision(name: string): RevisionObject {
    const known = this.#revisions.get(name);
    if (known !== undefined) return known;
    const revision = this.model.revision(name);
    if (revision.status.conditions[0]?.status === 'True') this.#revisions.set(name, revision);
    return revision;
  }

  isReady(name: string): boolean {
    try {
      return this.revision(name).status.conditions[0]?.status === 'True';
    } catch (error) {
      if (error instanceof ApiError) return false;
      throw error;
    }
  }

  get(): Answer {
    return answering(() => {
      this.#text ??= JSON.stringify(this.service());
      return this.#text;
    });
  }

  /** What a replica says that has not heard of the last write. */
  getStale(): Answer {
    return this.#older === null ? this.get() : { status: 200, text: this.#older };
  }

  /** The parts of the v2 view that src reads. */
  getRevision(name: string): Answer {
    return answering(() => {
      const { status } = this.revision(name);
      const conditions = status.conditions.map(({ type, status, message }) => {
        return { type, state: STATES[status], message };
      });
      const image = status.imageDigest ?? '';
      return JSON.stringify({ conditions, containers: [{ image }] });
    });
  }

  /** The v1 view of it. */
  getRevisionObject(name: string): Answer {
    return answering(() => JSON.stringify(this.revision(name)));
  }

  put({ by, body, dryRun, sentAt }: Put): Answer {
    return answering(() => {
      const draft = draftOf(body);
      const before = this.service();
      const name = by === 'outsider' ? by : `${by.role}-${by.id}`;
      const older = this.get().text;
      const after = named(this.model.replace(draft, { dryRun, by: name }));
      if (!dryRun) {
        this.#older = older;
        // Only this one write's change never comes to be served.
        if (after.metadata.generation > before.metadata.generation) {
          this.model.rules.settleMs ??= SETTLE;
        }
        this.changed();
        this.#service = after;
        this.#text = JSON.stringify(after);
        this.onWrite({ by, sentAt, before, after });
        return this.#text;
      }
      return JSON.stringify(after);
    });
  }

  /** To be called after everything that may have changed something. */
  changed(): void {
    this.#service = null;
    this.#text = null;
    const split: Record<string, number> = {};
    for (const { revision, percent } of this.model.served(SERVICE)) {
      split[revision] = (split[revision] ?? 0) + percent;
    }
    const last = this.spans.at(-1);
    if (last === undefined || !isSame(last.split, split)) {
      this.spans.push({ at: this.#timeline.now, split });
    }
  }

  /** To be called when a revision may be gone. */
  lost(): void {
    this.#revisions.clear();
    this.changed();
  }

  served(): Span {
    return this.spans.at(-1)!;
  }

  async #start(image: string): Promise<StartResult> {
    return this.startsFail
      ? { kind: 'failed', reason: 'HealthCheckContainerError', message: 'It did not start.' }
      : { kind: 'ready', digest: digestOf(image) };
  }
}

export function templateOf(name: string, image: string) {
  return { metadata: { name }, spec: { containers: [{ image }] } };
}

/** Percents by revision, LATEST resolved as the service resolves it. */
export function askedOf(service: ServiceObject): Split {
  const latest = service.status.latestReadyRevisionName ?? '';
  const split: Record<string, number> = {};
  for (const { revisionName, percent } of service.spec.traffic) {
    const name = revisionName ?? latest;
    if (percent !== undefined && percent > 0) split[name] = (split[name] ?? 0) + percent;
  }
  return split;
}

export function isSame(a: Split, b: Split): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function answering(work: () => string): Answer {
  try {
    return { status: 200, text: work() };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, body } = errorAnswer(error);
    return { status, text: JSON.stringify(body) };
  }
}
