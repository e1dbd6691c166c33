import { randomUUID } from 'node:crypto';
import type { Now, Runtime, SplitView, StartResult } from '../contract.ts';
import { ApiError, conflict, notFound } from './errors.ts';
import { copy, same } from './json.ts';
import { checkRetired } from './naming.ts';
import { checkWrite, type WriteFacts } from './write-checks.ts';
import type { RevisionObject, ServiceObject, Template } from './objects.ts';
import { type Links, renderRevision, renderService } from './render.ts';
import { conditionsOf, routeOf, routePart } from './routes.ts';
import { newRevision, newService, runnable } from './births.ts';
import { isDone, type Operation, operationOf } from './operations.ts';
import { type RevisionState, type Rules, type ServiceState, usualRules } from './state.ts';
import type { ServiceDraft } from './validate.ts';
import { decodeVersion } from './version.ts';

export type Schedule = (afterMs: number, run: () => void) => void;

export type ModelOptions = Links & {
  readonly project: string;
  readonly now: Now;
  readonly schedule: Schedule;
  readonly runtime: Runtime;
  readonly rules?: Partial<Rules>;
};

export type Write = { readonly dryRun: boolean; readonly by: string };

/**
 * Cloud Run as its documents describe it, without HTTP. A write changes what is asked for at once
 * and what is served some time later; every change makes a new version.
 */
export class ServiceModel implements SplitView {
  readonly rules: Rules; // may be changed while it runs
  readonly place: {
    readonly project: string;
    readonly projectNumber: string;
    readonly region: string;
  };
  readonly #options: ModelOptions;
  readonly #services = new Map<string, ServiceState>();
  readonly #operations = new Map<string, Operation>();
  readonly #doomed = new Map<string, string>();
  #waiting: (() => void)[] = [];

  constructor(options: ModelOptions) {
    this.#options = options;
    this.rules = { ...usualRules, ...options.rules };
    const { project, projectNumber, region } = options;
    this.place = { project, projectNumber, region };
  }

  get(name: string): ServiceObject {
    return copy(renderService(this.#find(name), this.#options));
  }

  /** Newest first. */
  list(): ServiceObject[] {
    return [...this.#services.keys()].reverse().map((name) => this.get(name));
  }

  /** Generation that last became ready: what v2 calls observedGeneration. */
  lastGood(name: string): number {
    return this.#find(name).lastGood;
  }

  create(draft: ServiceDraft, write: Write): ServiceObject {
    if (this.#services.has(draft.name)) {
      throw new ApiError('ALREADY_EXISTS', `Resource '${draft.name}' already exists.`);
    }
    const service = newService(draft, write.by, this.#options.now());
    return this.#write(service, draft, { ...write, kind: 'create' });
  }

  /** v1 replaceService: "May provide metadata.resourceVersion to enforce update from last read". */
  replace(draft: ServiceDraft, write: Write): ServiceObject {
    const service = this.#find(draft.name);
    if (this.rules.versionChecked === 'last') checkWrite(service, draft, this.#facts());
    if (this.rules.fenced && draft.resourceVersion !== null) {
      const specified = decodeVersion(draft.resourceVersion);
      if (specified !== service.version) throw conflict(draft.name, specified, service.version);
    }
    return this.#write(service, draft, { ...write, kind: 'replace' });
  }

  /** Deletes the service and all its revisions. */
  remove(name: string, write: Write): string {
    const service = this.#find(name);
    const id = randomUUID();
    if (write.dryRun) return id;
    this.#services.delete(name);
    for (const revision of service.revisions.keys()) void this.#options.runtime.stop(revision);
    this.#operations.set(id, operationOf(id, 'delete', service));
    this.#notify();
    return id;
  }

  revision(name: string): RevisionObject {
    const [revision, service] = this.#findRevision(name);
    return copy(renderRevision(revision, service, this.#options));
  }

  /** Newest first; null: of all services. */
  revisions(of: string | null): RevisionObject[] {
    const services = of === null ? [...this.#services.values()] : [this.#services.get(of)];
    return services
      .flatMap((service) => [...(service?.revisions.values() ?? [])].map((r) => r.name))
      .reverse()
      .map((name) => this.revision(name));
  }

  removeRevision(name: string, write: Write): void {
    const [revision, service] = this.#findRevision(name);
    checkRetired(service, name);
    if (!write.dryRun) this.#drop(revision, service);
  }

  /** Takes a revision away whoever uses it, as an outsider's clean-up might. */
  loseRevision(name: string): void {
    this.#drop(...this.#findRevision(name));
  }

  /** The next change of this service's traffic is accepted, then fails. */
  breakRoutes(name: string, message: string): void {
    this.#doomed.set(this.#find(name).name, message);
  }

  operation(id: string): Operation | null {
    return this.#operations.get(id) ?? null;
  }

  isDone(operation: Operation): boolean {
    return isDone(operation, this.#services.get(operation.service));
  }

  /** Resolves at the next change of anything. */
  nextChange(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  served(name: string): readonly { readonly revision: string; readonly percent: number }[] {
    return (this.#services.get(name)?.served ?? []).flatMap(({ revisionName, percent }) =>
      revisionName === undefined || percent === undefined
        ? []
        : [{ revision: revisionName, percent }],
    );
  }

  tagged(name: string, tag: string): string | null {
    const target = this.#services.get(name)?.served.find((target) => target.tag === tag);
    return target?.revisionName ?? null;
  }

  #find(name: string): ServiceState {
    const service = this.#services.get(name);
    if (service === undefined) throw notFound('SERVICE', name, this.place);
    return service;
  }

  #findRevision(name: string): [RevisionState, ServiceState] {
    for (const service of this.#services.values()) {
      const revision = service.revisions.get(name);
      if (revision !== undefined) return [revision, service];
    }
    throw notFound('REVISION', name, this.place);
  }

  #write(
    before: ServiceState,
    draft: ServiceDraft,
    write: Write & { readonly kind: 'create' | 'replace' },
  ): ServiceObject {
    const { template, revision } = checkWrite(before, draft, this.#facts());
    const spec = { template, traffic: draft.spec.traffic };
    const respecified = !same(spec, before.spec) || write.kind === 'create';
    const service = write.dryRun ? { ...before, revisions: new Map(before.revisions) } : before;
    const { labels, annotations } = draft;
    Object.assign(service, { labels, annotations, spec, lastModifier: write.by });
    if (respecified || this.rules.generationCounts === 'every-write') service.generation += 1;
    if (write.dryRun) return copy(renderService(service, this.#options));
    const operation = operationOf(randomUUID(), write.kind, service);
    service.annotations = { ...annotations, 'run.googleapis.com/operation-id': operation.id };
    this.#operations.set(operation.id, operation);
    this.#services.set(service.name, service);
    if (respecified) this.#reconcile(service, template, revision, write.by);
    else service.observed = service.generation;
    this.#touch(service, true);
    return this.get(service.name);
  }

  #facts(): WriteFacts {
    return { projectNumber: this.#options.projectNumber, rules: this.rules };
  }

  #reconcile(
    service: ServiceState,
    template: Template,
    revision: { readonly name: string; readonly isNew: boolean },
    by: string,
  ): void {
    service.settled = false;
    if (revision.isNew) this.#start(service, revision.name, template, by);
    service.latestCreated = revision.name;
    const pending = { status: 'Unknown', reason: 'RoutesPending' } as const;
    service.conditions = conditionsOf(service, pending, this.#options.now());
    const { generation } = service;
    const { settleMs } = this.rules;
    if (settleMs === null) return;
    const later = (afterMs: number, run: () => void) =>
      this.#options.schedule(afterMs, () => {
        if (service.generation === generation) run();
      });
    later(settleMs / 2, () => {
      service.observed = generation;
      this.#touch(service, false);
    });
    later(settleMs, () => {
      service.settled = true;
      this.#converge(service);
    });
  }

  /** Serves what is asked, as far as the revisions it names can. */
  #converge(service: ServiceState): void {
    if (!service.settled) return;
    const message = this.#doomed.get(service.name);
    this.#doomed.delete(service.name);
    const route =
      message === undefined
        ? routeOf(service)
        : ({ kind: 'failed', reason: 'Internal', message } as const);
    const before = [service.served, service.conditions, service.observed];
    if (route.kind === 'ready') service.served = route.targets;
    service.observed = service.generation;
    service.conditions = conditionsOf(service, routePart(route), this.#options.now());
    if (service.conditions[0]?.status === 'True') service.lastGood = service.generation;
    const after = [service.served, service.conditions, service.observed];
    if (!same(before, after)) this.#touch(service, false);
  }

  #start(service: ServiceState, name: string, template: Template, creator: string): void {
    const revision = newRevision(service, { name, template, creator, now: this.#options.now() });
    service.revisions.set(name, revision);
    const finish = (outcome: StartResult) =>
      this.#options.schedule(this.rules.readyDelayMs, () => {
        this.#finish(service, revision, outcome);
      });
    const message = 'The revision could not be started because of an internal error.';
    this.#options.runtime
      .start({ ...this.place, ...runnable(service, revision) })
      .then(finish, () => finish({ kind: 'failed', reason: 'Internal', message }));
  }

  #finish(service: ServiceState, revision: RevisionState, outcome: StartResult): void {
    if (service.revisions.get(revision.name) !== revision) return;
    const now = this.#options.now();
    Object.assign(revision, { outcome, changedAt: now, version: revision.version + 1n });
    const latest = service.revisions.get(service.latestReady ?? '');
    if (outcome.kind === 'ready' && (latest === undefined || latest.ordinal < revision.ordinal)) {
      service.latestReady = revision.name;
    }
    const routes = service.conditions.find((condition) => condition.type === 'RoutesReady');
    service.conditions = conditionsOf(service, routes ?? { status: 'Unknown' }, now);
    this.#touch(service, false);
    if (this.rules.settleMs !== null) {
      this.#options.schedule(this.rules.settleMs, () => this.#converge(service));
    }
  }

  #drop(revision: RevisionState, service: ServiceState): void {
    service.revisions.delete(revision.name);
    void this.#options.runtime.stop(revision.name);
    this.#converge(service);
  }

  #touch(service: ServiceState, written: boolean): void {
    if (written || this.rules.statusBumpsVersion) {
      const micros = BigInt(Math.floor(this.#options.now())) * 1000n;
      service.version = micros > service.version ? micros : service.version + 1n;
    }
    this.#notify();
  }

  #notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
