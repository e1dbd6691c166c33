import type { Place } from './errors.ts';
import type { Json } from './json.ts';
import type { Condition, RevisionObject, ServiceObject, TrafficTarget } from './objects.ts';
import { type EnumWriter, reasonOf } from './v2-enums.ts';
import { free, writeTemplate } from './v2-template.ts';

/** What v2 shows of a service and a revision: google/cloud/run/v2/{service,revision}.proto. */
export type View = Place & { readonly write: EnumWriter };

export function viewService(service: ServiceObject, lastGood: number, view: View): Json {
  const { metadata, spec, status } = service;
  const { annotations } = metadata;
  const full = `projects/${view.project}/locations/${view.region}/services/${metadata.name}`;
  const [ready, ...others] = status.conditions;
  const failed = ready?.status === 'False';
  return {
    name: full,
    uid: metadata.uid,
    generation: String(metadata.generation),
    labels: withoutLocation(metadata.labels),
    annotations: free(annotations),
    createTime: metadata.creationTimestamp,
    updateTime: latest(status.conditions) ?? metadata.creationTimestamp,
    ...fromAnnotations(annotations, view.write),
    template: writeTemplate(spec.template, view.write),
    traffic: spec.traffic.map((target) => viewTarget(target, view.write)),
    urls: [status.url],
    observedGeneration: String(failed ? lastGood : status.observedGeneration),
    ...(ready === undefined ? {} : { terminalCondition: viewCondition(ready, view.write) }),
    conditions: others.map((condition) => viewCondition(condition, view.write)),
    ...revisionLink('latestReadyRevision', full, status.latestReadyRevisionName),
    ...revisionLink('latestCreatedRevision', full, status.latestCreatedRevisionName),
    trafficStatuses: status.traffic.map((target) => ({
      ...viewTarget(target, view.write),
      ...optional('revision', target.revisionName),
      ...optional('uri', target.url),
    })),
    uri: status.url,
    ...(isReconciling(service) ? { reconciling: true } : {}),
    etag: etagOf(service),
  };
}

/** What v1 keeps in annotations and v2 in fields of its own. */
function fromAnnotations(annotations: Readonly<Record<string, string>>, write: EnumWriter): object {
  const minimum = Number(annotations['run.googleapis.com/minScale'] ?? 0);
  return {
    ...optional('description', annotations['run.googleapis.com/description']),
    ...optional('creator', annotations['serving.knative.dev/creator']),
    ...optional('lastModifier', annotations['serving.knative.dev/lastModifier']),
    ...optional('client', annotations['run.googleapis.com/client-name']),
    ...optional('clientVersion', annotations['run.googleapis.com/client-version']),
    ingress: write(ingress[annotations['run.googleapis.com/ingress'] ?? 'all'] ?? ''),
    launchStage: write(annotations['run.googleapis.com/launch-stage'] ?? 'GA'),
    scaling: minimum > 0 ? { minInstanceCount: minimum } : {},
  };
}

export function etagOf({ metadata }: ServiceObject | RevisionObject): string {
  return `"${metadata.resourceVersion}"`;
}

function isReconciling({ metadata, status }: ServiceObject): boolean {
  return (
    status.observedGeneration !== metadata.generation || status.conditions[0]?.status === 'Unknown'
  );
}

const ingress: Readonly<Record<string, string>> = {
  all: 'INGRESS_TRAFFIC_ALL',
  internal: 'INGRESS_TRAFFIC_INTERNAL_ONLY',
  'internal-and-cloud-load-balancing': 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
};

/** proto3 JSON leaves zero out: a tag target has no percent, a LATEST target no revision. */
function viewTarget(target: TrafficTarget, write: EnumWriter): Json {
  const { latestRevision, revisionName, percent, tag } = target;
  return {
    type: write(
      latestRevision === true
        ? 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST'
        : 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION',
    ),
    ...(latestRevision === true ? {} : optional('revision', revisionName)),
    ...(percent === undefined ? {} : { percent }),
    ...optional('tag', tag),
  };
}

const states = {
  True: 'CONDITION_SUCCEEDED',
  False: 'CONDITION_FAILED',
  Unknown: 'CONDITION_RECONCILING',
} as const;

function viewCondition(condition: Condition, write: EnumWriter): Json {
  return {
    type: condition.type,
    state: write(states[condition.status]),
    ...optional('message', condition.message),
    lastTransitionTime: condition.lastTransitionTime,
    ...(condition.severity === 'Info' ? { severity: write('INFO') } : {}),
    ...(condition.status === 'Unknown' ? {} : reasonOf(condition.reason, write)),
  };
}

export function viewRevision(revision: RevisionObject, view: View): Json {
  const { metadata, spec, status } = revision;
  const service = metadata.labels['serving.knative.dev/service'] ?? '';
  const parent = `projects/${view.project}/locations/${view.region}/services/${service}`;
  const template = writeTemplate(
    { metadata: { annotations: metadata.annotations }, spec },
    view.write,
  );
  const { containers } = template;
  return {
    ...template,
    // The resolved digest, instead of what the template said.
    containers: containers.map((container, index) =>
      index === 0 && status.imageDigest !== undefined
        ? { ...container, image: status.imageDigest }
        : container,
    ),
    name: `${parent}/revisions/${metadata.name}`,
    uid: metadata.uid,
    generation: String(metadata.generation),
    labels: withoutLocation(metadata.labels),
    annotations: free(metadata.annotations),
    createTime: metadata.creationTimestamp,
    updateTime: latest(status.conditions) ?? metadata.creationTimestamp,
    service: parent,
    conditions: status.conditions.map((condition) => viewCondition(condition, view.write)),
    observedGeneration: String(status.observedGeneration),
    logUri: status.logUrl,
    ...optional('creator', metadata.annotations['serving.knative.dev/creator']),
    ...(status.conditions[0]?.status === 'Unknown' ? { reconciling: true } : {}),
    etag: etagOf(revision),
  };
}

/** Labels of the system are not shown; `cloud.googleapis.com/location` is one. */
function withoutLocation(labels: Readonly<Record<string, string>>): Record<string, string> {
  return free(labels);
}

function revisionLink(key: string, service: string, name: string | undefined): object {
  return name === undefined || name === '' ? {} : { [key]: `${service}/revisions/${name}` };
}

function latest(conditions: readonly Condition[]): string | undefined {
  return conditions
    .map((condition) => condition.lastTransitionTime)
    .sort()
    .at(-1);
}

function optional(key: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [key]: value };
}
