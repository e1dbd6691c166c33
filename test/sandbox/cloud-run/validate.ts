import { badRequest, unknownName } from './errors.ts';
import { isObject, isTextMap, type Json } from './json.ts';
import type { ServiceSpec, Template, TrafficTarget } from './objects.ts';

/**
 * What a Service body must look like. Field lists: the v1 discovery document,
 * https://run.googleapis.com/$discovery/rest?version=v1 (Service, ServiceSpec, TrafficTarget).
 */
export type ServiceDraft = {
  readonly name: string;
  /** null: the client does not ask to be fenced. */
  readonly resourceVersion: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: ServiceSpec;
};

const metadataFields =
  'name namespace selfLink uid resourceVersion generation creationTimestamp labels annotations deletionTimestamp deletionGracePeriodSeconds finalizers generateName ownerReferences clusterName'.split(
    ' ',
  );

export function decodeService(body: unknown): ServiceDraft {
  const service = object(body, 'service');
  onlyFields(service, ['apiVersion', 'kind', 'metadata', 'spec', 'status'], 'service');
  if (service['apiVersion'] !== 'serving.knative.dev/v1' || service['kind'] !== 'Service') {
    throw badRequest(
      `Expected apiVersion 'serving.knative.dev/v1' and kind 'Service', got '${String(service['apiVersion'])}' and '${String(service['kind'])}'.`,
      'service.kind',
    );
  }
  const metadata = object(service['metadata'], 'service.metadata');
  onlyFields(metadata, metadataFields, 'service.metadata');
  const spec = object(service['spec'], 'service.spec');
  onlyFields(spec, ['template', 'traffic'], 'service.spec');
  const name = serviceName(metadata['name']);
  return {
    name,
    resourceVersion: version(metadata['resourceVersion']),
    labels: texts(metadata['labels'], 'service.metadata.labels'),
    annotations: annotations(metadata['annotations'], 'service.metadata.annotations'),
    spec: {
      template: decodeTemplate(name, spec['template']),
      traffic: decodeTraffic(name, spec['traffic']),
    },
  };
}

/** "May provide": without one the write is not fenced. */
function version(value: unknown): string | null {
  if (value === undefined || value === '') return null;
  if (typeof value !== 'string') {
    throw badRequest("Invalid value at 'service.metadata.resource_version' (TYPE_STRING).");
  }
  return value;
}

function serviceName(value: unknown): string {
  if (
    typeof value !== 'string' ||
    value.length > 49 ||
    !/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(value)
  ) {
    throw badRequest(
      `metadata.name: '${String(value)}' must use only lowercase alphanumeric characters and dashes, begin with a letter, not end with a dash and be shorter than 50 characters.`,
      'metadata.name',
    );
  }
  return value;
}

function decodeTemplate(service: string, value: unknown): Template {
  const template = object(value, 'service.spec.template');
  onlyFields(template, ['metadata', 'spec'], 'service.spec.template');
  const at = 'service.spec.template.metadata';
  const metadata = template['metadata'] === undefined ? {} : object(template['metadata'], at);
  texts(metadata['labels'], `${at}.labels`);
  annotations(metadata['annotations'], `${at}.annotations`);
  const name = metadata['name'];
  if (name !== undefined) revisionName(service, name);
  const spec = object(template['spec'], 'service.spec.template.spec');
  const containers = spec['containers'];
  if (!Array.isArray(containers) || containers.length === 0) {
    throw badRequest('spec.template.spec.containers: must have at least one element.');
  }
  for (const [index, container] of containers.entries()) {
    const image = object(container, `service.spec.template.spec.containers[${index}]`)['image'];
    if (typeof image !== 'string' || image === '') {
      throw badRequest(`spec.template.spec.containers[${index}].image: required field not set.`);
    }
  }
  // Checked as far as the sandbox relies on it; everything else is kept as the client sent it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return template as Template;
}

function revisionName(service: string, name: unknown): void {
  if (
    typeof name !== 'string' ||
    name.length > 63 ||
    !name.startsWith(`${service}-`) ||
    !/^[a-z][-a-z0-9]*[a-z0-9]$/.test(name)
  ) {
    throw badRequest(
      `spec.template.metadata.name: '${String(name)}' must start with '${service}-', use only lowercase alphanumeric characters and dashes and have at most 63 characters.`,
      'spec.template.metadata.name',
    );
  }
}

/** Default: everything to the latest ready revision (run.v2.Service.traffic, "empty"). */
function decodeTraffic(service: string, value: unknown): readonly TrafficTarget[] {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    return [{ latestRevision: true, percent: 100 }];
  }
  if (!Array.isArray(value)) throw badRequest('spec.traffic: must be a list.', 'spec.traffic');
  const targets = value.map((target, index) => decodeTarget(service, target, index));
  const sum = targets.reduce((total, target) => total + (target.percent ?? 0), 0);
  if (sum !== 100) {
    throw badRequest(`spec.traffic: Traffic targets sum to ${sum}, want 100.`, 'spec.traffic');
  }
  const tags = targets.flatMap((target) => target.tag ?? []);
  const twice = tags.find((tag, index) => tags.indexOf(tag) !== index);
  if (twice !== undefined) {
    throw badRequest(`spec.traffic: Tag '${twice}' is used more than once.`, 'spec.traffic');
  }
  return targets;
}

function decodeTarget(service: string, value: unknown, index: number): TrafficTarget {
  const at = `service.spec.traffic[${index}]`;
  const target = object(value, at);
  onlyFields(
    target,
    ['configurationName', 'latestRevision', 'percent', 'revisionName', 'tag', 'url'],
    at,
  );
  const { revisionName, latestRevision, percent, tag } = target as Json & TrafficTarget;
  if (target['configurationName'] !== undefined || target['url'] !== undefined) {
    throw badRequest(`${at}: configurationName and url must be empty.`, at);
  }
  if (revisionName !== undefined && latestRevision === true) {
    throw badRequest(`${at}: revisionName and latestRevision are mutually exclusive.`, at);
  }
  if (
    (revisionName !== undefined && (typeof revisionName !== 'string' || revisionName === '')) ||
    (revisionName === undefined && latestRevision === false)
  ) {
    throw badRequest(`${at}: one of revisionName and latestRevision is required.`, at);
  }
  if (percent !== undefined && !(Number.isInteger(percent) && percent >= 0 && percent <= 100)) {
    throw badRequest(
      `${at}.percent: '${JSON.stringify(percent)}' is not a whole number from 0 to 100.`,
      at,
    );
  }
  if (tag !== undefined) checkTag(service, tag, at);
  return {
    ...(revisionName === undefined ? { latestRevision: true } : { revisionName }),
    ...(percent === undefined || percent === 0 ? {} : { percent }),
    ...(tag === undefined ? {} : { tag }),
  };
}

/** The limit of 46 for tag and service together is reported by third-party scripts only. */
function checkTag(service: string, tag: unknown, at: string): void {
  if (typeof tag !== 'string' || !/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(tag)) {
    throw badRequest(
      `${at}.tag: '${String(tag)}' must use only lowercase alphanumeric characters and dashes, and begin with a letter.`,
      at,
    );
  }
  if (tag.length + service.length > 46) {
    throw badRequest(
      `${at}.tag: The tag '${tag}' and the service name '${service}' together have more than 46 characters.`,
      at,
    );
  }
}

function object(value: unknown, at: string): Json {
  if (!isObject(value)) throw badRequest(`Invalid value at '${at}': expected an object.`, at);
  return value;
}

function onlyFields(value: Json, known: readonly string[], at: string): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw unknownName(unknown, at);
}

function texts(value: unknown, at: string): Readonly<Record<string, string>> {
  const map = value === undefined || value === null ? {} : object(value, at);
  if (!isTextMap(map)) throw badRequest(`Invalid value at '${at}' (TYPE_STRING).`, at);
  return map;
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/ */
function annotations(value: unknown, at: string): Readonly<Record<string, string>> {
  const map = texts(value, at);
  let bytes = 0;
  for (const [key, text] of Object.entries(map)) {
    const [prefix, name, ...rest] = key.includes('/') ? key.split('/') : ['', key];
    const fine = rest.length === 0 && /^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(name ?? '');
    if (!fine || !/^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$/.test(prefix ?? '')) {
      throw badRequest(`${at}: '${key}' is not a valid annotation key.`, at);
    }
    bytes += Buffer.byteLength(key) + Buffer.byteLength(text);
  }
  if (bytes > 256 * 1024) throw badRequest(`${at}: must have at most 262144 bytes.`, at);
  return map;
}
