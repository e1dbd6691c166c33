import type { Condition, TrafficTarget } from './objects.ts';
import type { RevisionState, ServiceState } from './state.ts';

/**
 * From what is asked to what can be served.
 * https://github.com/knative/specs/blob/main/specs/serving/knative-api-specification-1.0.md
 */
export type Route =
  | { readonly kind: 'ready'; readonly targets: readonly TrafficTarget[] }
  | { readonly kind: 'pending' }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

export function routeOf(service: ServiceState): Route {
  const targets: TrafficTarget[] = [];
  let pending = false;
  for (const target of service.spec.traffic) {
    const name = target.revisionName ?? service.latestReady ?? service.latestCreated;
    const revision = service.revisions.get(name);
    if (revision === undefined) {
      return { kind: 'failed', reason: 'RevisionMissing', message: missingText(name) };
    }
    if (revision.outcome.kind === 'failed') {
      const { reason } = revision.outcome;
      return { kind: 'failed', reason, message: failureText(revision) };
    }
    pending ||= revision.outcome.kind === 'pending';
    targets.push({ ...target, revisionName: name });
  }
  return pending ? { kind: 'pending' } : { kind: 'ready', targets };
}

/** Reported in terraform-docs-samples#269. */
export function missingText(revision: string): string {
  return `Revision '${revision}' does not exist or is deleted. Update all traffic to route to currently available revisions.`;
}

function failureText(revision: RevisionState): string {
  const text = revision.outcome.kind === 'failed' ? revision.outcome.message : '';
  return text.startsWith(`Revision '${revision.name}'`)
    ? text
    : `Revision '${revision.name}' is not ready and cannot serve traffic. ${text}`;
}

type Part = Pick<Condition, 'status' | 'reason' | 'message'>;

/** Ready is True when both parts are, False as soon as one of them is. */
export function conditionsOf(service: ServiceState, routes: Part, now: number): Condition[] {
  const configurations = configurationPart(service);
  const parts = [configurations, routes];
  const ready = parts.find((part) => part.status === 'False') ??
    parts.find((part) => part.status === 'Unknown') ?? { status: 'True' };
  return [
    at(service, { ...ready, type: 'Ready' }, now),
    at(service, { ...configurations, type: 'ConfigurationsReady' }, now),
    at(service, { ...routes, type: 'RoutesReady' }, now),
  ];
}

function configurationPart(service: ServiceState): Part {
  const created = service.revisions.get(service.latestCreated);
  if (created === undefined || created.outcome.kind === 'ready') return { status: 'True' };
  return created.outcome.kind === 'failed'
    ? { status: 'False', reason: created.outcome.reason, message: failureText(created) }
    : { status: 'Unknown', reason: 'Deploying', message: 'Deploying revision.' };
}

export function routePart(route: Route): Part {
  if (route.kind === 'ready') return { status: 'True' };
  return route.kind === 'failed'
    ? { status: 'False', reason: route.reason, message: route.message }
    : { status: 'Unknown', reason: 'RoutesPending', message: 'Waiting for a revision.' };
}

function at(service: ServiceState, next: Omit<Condition, 'lastTransitionTime'>, now: number) {
  const before = service.conditions.find((condition) => condition.type === next.type);
  const unchanged = before !== undefined && before.status === next.status;
  return {
    ...next,
    lastTransitionTime: unchanged ? before.lastTransitionTime : new Date(now).toISOString(),
  };
}
