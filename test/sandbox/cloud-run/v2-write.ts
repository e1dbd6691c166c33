import { badRequest, unknownName } from './errors.ts';
import { isObject, type Json } from './json.ts';
import type { ServiceObject, Template } from './objects.ts';
import { readEnum } from './v2-enums.ts';
import { readTemplate, reservedKey } from './v2-template.ts';

/**
 * A v2 body → the v1 body that says the same, for UpdateService (update_mask) and CreateService.
 * google/cloud/run/v2/service.proto; field masks: google/protobuf/field_mask.proto.
 */
const outputOnly =
  'name uid generation createTime updateTime deleteTime expireTime creator lastModifier urls observedGeneration terminalCondition conditions latestReadyRevision latestCreatedRevision trafficStatuses uri satisfiesPzs threatDetectionEnabled reconciling etag'.split(
    ' ',
  );

type Draft = { metadata: Json; spec: { template?: Template; traffic?: unknown } };
type Writer = (draft: Draft, value: unknown) => void;

const annotate =
  (key: string): Writer =>
  (draft, value) => {
    const { [key]: _before, ...others } = annotationsOf(draft);
    const text = typeof value === 'number' ? String(value) : value;
    const annotations = text === undefined || text === '' ? others : { ...others, [key]: text };
    draft.metadata = { ...draft.metadata, annotations };
  };

function annotationsOf({ metadata }: Draft): Json {
  return isObject(metadata['annotations']) ? metadata['annotations'] : {};
}

const ingresses: Readonly<Record<string, string>> = {
  INGRESS_TRAFFIC_ALL: 'all',
  INGRESS_TRAFFIC_INTERNAL_ONLY: 'internal',
  INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER: 'internal-and-cloud-load-balancing',
};

const writers: Readonly<Record<string, Writer>> = {
  description: annotate('run.googleapis.com/description'),
  client: annotate('run.googleapis.com/client-name'),
  clientVersion: annotate('run.googleapis.com/client-version'),
  launchStage: (draft, value) =>
    annotate('run.googleapis.com/launch-stage')(
      draft,
      readEnum(value, 'LAUNCH_STAGE_') ?? undefined,
    ),
  ingress: (draft, value) => {
    const name = readEnum(value, 'INGRESS_TRAFFIC_');
    annotate('run.googleapis.com/ingress')(draft, name === null ? undefined : ingresses[name]);
  },
  scaling: (draft, value) =>
    annotate('run.googleapis.com/minScale')(
      draft,
      isObject(value) ? value['minInstanceCount'] : undefined,
    ),
  labels: (draft, value) => {
    draft.metadata = { ...draft.metadata, labels: value ?? {} };
  },
  annotations: (draft, value) => {
    const kept = Object.entries(annotationsOf(draft));
    const reserved = Object.keys(isObject(value) ? value : {}).find((key) => reservedKey.test(key));
    if (reserved !== undefined) {
      throw badRequest(`annotations: '${reserved}' is in a reserved namespace.`, 'annotations');
    }
    const annotations = {
      ...Object.fromEntries(kept.filter(([key]) => reservedKey.test(key))),
      ...(isObject(value) ? value : {}),
    };
    draft.metadata = { ...draft.metadata, annotations };
  },
  template: (draft, value) => {
    draft.spec.template = readTemplate(isObject(value) ? value : {}, draft.spec.template ?? null);
  },
  traffic: (draft, value) => {
    draft.spec.traffic = readTraffic(value);
  },
};

/** `mask` null: every field of the body, as an absent update_mask means. */
export function applyUpdate(
  current: ServiceObject,
  shown: Json,
  body: Json,
  mask: readonly string[] | null,
): object {
  const draft: Draft = {
    metadata: { ...current.metadata, resourceVersion: undefined },
    spec: { ...current.spec },
  };
  checkNames(body);
  const paths = mask ?? Object.keys(body).filter((key) => !outputOnly.includes(key));
  const next = paths.reduce((value, path) => withPath(value, body, path.split('.')), shown);
  for (const field of new Set(paths.map((path) => path.split('.')[0] ?? ''))) {
    const writer = writers[field];
    if (writer === undefined) {
      throw badRequest(`update_mask: '${field}' cannot be updated.`, 'update_mask');
    }
    writer(draft, next[field]);
  }
  return bodyOfDraft(draft);
}

export function applyCreate(name: string, body: Json): object {
  checkNames(body);
  const draft: Draft = { metadata: { name, labels: {}, annotations: {} }, spec: {} };
  for (const [field, value] of Object.entries(body)) writers[field]?.(draft, value);
  if (draft.spec.template === undefined) throw badRequest('template: required field not set.');
  return bodyOfDraft(draft);
}

function bodyOfDraft({ metadata, spec }: Draft): object {
  const { resourceVersion, ...rest } = metadata;
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: resourceVersion === undefined ? rest : metadata,
    spec,
  };
}

function checkNames(body: Json): void {
  const unknown = Object.keys(body).find(
    (key) => writers[key] === undefined && !outputOnly.includes(key),
  );
  if (unknown !== undefined) throw unknownName(unknown, 'service');
}

/** JSON clients may write a mask in lowerCamel or snake_case. */
export function readMask(text: string | null): readonly string[] | null {
  if (text === null || text === '' || text === '*') return null;
  return text
    .split(',')
    .map((path) =>
      path.trim().replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()),
    );
}

function withPath(to: Json, from: Json, [key = '', ...rest]: readonly string[]): Json {
  const value = from[key];
  if (rest.length === 0) return { ...to, [key]: value };
  const inner = isObject(to[key]) ? to[key] : {};
  return { ...to, [key]: withPath(inner, isObject(value) ? value : {}, rest) };
}

function readTraffic(value: unknown): unknown {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badRequest('traffic: must be a list.', 'traffic');
  return value.map((target: unknown, index) => {
    const at = `service.traffic[${index}]`;
    if (!isObject(target)) throw badRequest(`${at}: must be an object.`, at);
    const { type, revision, percent, tag, ...rest } = target;
    const unknown = Object.keys(rest)[0];
    if (unknown !== undefined) throw unknownName(unknown, at);
    const kind = readEnum(type, 'TRAFFIC_TARGET_ALLOCATION_TYPE_');
    const isLatest = kind === 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';
    if (isLatest === (revision !== undefined && revision !== '')) {
      throw badRequest(`${at}: a revision is named exactly when the type is REVISION.`, at);
    }
    return {
      ...(isLatest ? { latestRevision: true } : { revisionName: revision }),
      ...(percent === undefined ? {} : { percent }),
      ...(tag === undefined || tag === '' ? {} : { tag }),
    };
  });
}
