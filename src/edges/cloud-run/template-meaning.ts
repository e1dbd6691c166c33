/**
 * What the template of a service comes to, for comparing two of them; nothing of it is ever sent.
 * Cloud Run fills in what a client has left out, and clients write the same in several ways
 * (https://cloud.google.com/run/docs/reference/yaml/v1).
 */
import {
  asList,
  asObject,
  asText,
  asWhole,
  at,
  parseJson,
  stringifyJson,
  withAt,
} from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { Problem } from '../../core/problem.ts';
import { DEFAULT_PORT } from './template-container.ts';
import { cpuMillis, memoryBytes } from './quantities.ts';
import { INTERFACES } from './template-network.ts';
import { SECRETS, readAliases } from './secret-aliases.ts';
import { isNoted, servingIndex } from './template-parts.ts';

/** The same for two services if nothing that runs could tell their templates apart. */
export function meaningOf(service: JsonObject): string {
  const template = asObject(at(service, 'spec', 'template')) ?? {};
  return sorted(withAt(service, ['spec', 'template'], settled(template, projectOf(service))));
}

/** What counts in the namespace of a service: the project by its number. */
export function projectOf(service: JsonObject): string {
  return asText(at(service, 'metadata', 'namespace')) ?? '';
}

/** With what counts where nothing is written, everything in one way of writing it. */
export function settled(template: JsonObject, number: string): JsonObject {
  return settledTemplate(plain(template), number);
}

/** null and an empty list are the same as nothing. */
function plain(object: JsonObject): JsonObject {
  const entries = Object.entries(object).flatMap(([key, value]) => {
    if (value === null || asList(value)?.length === 0) return [];
    return [[key, plainValue(value)] as const];
  });
  return Object.fromEntries(entries);
}

function plainValue(value: JsonValue): JsonValue {
  const list = asList(value);
  if (list !== null) return list.map(plainValue);
  const object = asObject(value);
  return object === null ? value : plain(object);
}

/** The order of keys means nothing, that of lists may. */
function sorted(value: JsonValue): string {
  const list = asList(value);
  if (list !== null) return `[${list.map(sorted).join(',')}]`;
  const object = asObject(value);
  if (object === null) return stringifyJson(value);
  const keys = Object.keys(object).sort();
  return `{${keys.map((key) => `${stringifyJson(key)}:${sorted(object[key] ?? null)}`).join(',')}}`;
}

/** `number`: of the project, whose default account runs what names no other. */
function settledTemplate(template: JsonObject, number: string): JsonObject {
  const serving = servingIndex(template);
  const spec = asObject(at(template, 'spec')) ?? {};
  const containers = asList(at(spec, 'containers')) ?? [];
  const cpu = cpuMillis(asText(at(containers[serving], 'resources', 'limits', 'cpu')) ?? '1');
  const concurrency = asWhole(at(spec, 'containerConcurrency')) ?? 0;
  const annotations = asObject(at(template, 'metadata', 'annotations')) ?? {};
  const aliases = readAliases(template);
  const volumes = asList(at(spec, 'volumes')) ?? [];
  return {
    ...template,
    metadata: {
      ...asObject(at(template, 'metadata')),
      labels: withoutNotes(asObject(at(template, 'metadata', 'labels')) ?? {}),
      annotations: settledAnnotations(withoutNotes(annotations)),
    },
    spec: {
      timeoutSeconds: 300,
      ...(/^\d+$/.test(number)
        ? { serviceAccountName: `${number}-compute@developer.gserviceaccount.com` }
        : {}),
      ...spec,
      volumes: volumes.map((volume) => withSecretPath(volume, ['secret', 'secretName'], aliases)),
      // Below one CPU a container gets one request at a time.
      containerConcurrency: concurrency > 0 ? concurrency : cpu !== null && cpu < 1000 ? 1 : 80,
      containers: containers.map((container, index) =>
        settledContainer(asObject(container) ?? {}, { aliases, isServing: index === serving }),
      ),
    },
  };
}

function withoutNotes(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !isNoted(key)));
}

/** An alias says nothing but which secret it stands for. */
function withSecretPath(
  part: JsonValue,
  path: readonly [string, ...string[]],
  aliases: ReadonlyMap<string, string>,
): JsonValue {
  const secret = aliases.get(asText(at(part, ...path)) ?? '');
  return secret === undefined ? part : withAt(asObject(part) ?? {}, path, secret);
}

function settledContainer(
  container: JsonObject,
  {
    aliases,
    isServing,
  }: { readonly aliases: ReadonlyMap<string, string>; readonly isServing: boolean },
): JsonObject {
  const [first, ...others] = asList(at(container, 'ports')) ?? [];
  const port = { name: 'http1', containerPort: DEFAULT_PORT, ...asObject(first) };
  const served = isServing ? port.containerPort : null;
  const startup = asObject(at(container, 'startupProbe')) ?? (isServing ? usualStartup() : null);
  const liveness = asObject(at(container, 'livenessProbe'));
  return {
    ...container,
    ...(isServing ? { ports: [port, ...others] } : {}),
    ...(startup === null ? {} : { startupProbe: settledProbe(startup, served) }),
    ...(liveness === null ? {} : { livenessProbe: settledProbe(liveness, served) }),
    env: (asList(at(container, 'env')) ?? [])
      .map(settledVariable)
      .map((one) => withSecretPath(one, ['valueFrom', 'secretKeyRef', 'name'], aliases)),
    resources: settledResources(asObject(at(container, 'resources')) ?? {}),
  };
}

function usualStartup(): JsonObject {
  return { timeoutSeconds: 240, periodSeconds: 240, failureThreshold: 1, tcpSocket: {} };
}

/** https://cloud.google.com/run/docs/configuring/healthchecks */
const PROBE = {
  initialDelaySeconds: 0,
  timeoutSeconds: 1,
  periodSeconds: 10,
  failureThreshold: 3,
  successThreshold: 1,
} as const;
const WAYS = {
  httpGet: { path: '/' },
  tcpSocket: {},
  grpc: { service: '' },
} as const;

/** `served` null: of a container that gets no requests, and has to name its own port. */
function settledProbe(probe: JsonObject, served: JsonValue): JsonObject {
  const ways = Object.entries(WAYS).flatMap(([way, usual]) => {
    const how = asObject(at(probe, way));
    return how === null ? [] : [[way, { port: served, ...usual, ...how }] as const];
  });
  return { ...PROBE, ...probe, ...Object.fromEntries(ways) };
}

/** An empty value is left out on the wire. */
function settledVariable(variable: JsonValue): JsonValue {
  const isPlain = at(variable, 'valueFrom') === undefined;
  return isPlain ? { value: '', ...asObject(variable) } : variable;
}

function settledResources(resources: JsonObject): JsonObject {
  const limits = asObject(at(resources, 'limits')) ?? {};
  const cpu = asText(at(limits, 'cpu')) ?? '1';
  const memory = asText(at(limits, 'memory')) ?? '512Mi';
  return {
    ...resources,
    limits: {
      ...limits,
      cpu: cpuMillis(cpu) ?? cpu,
      memory: memoryBytes(memory) ?? memory,
    },
  };
}

/** What counts where an annotation is left out. */
const USUAL: Readonly<Record<string, string>> = {
  'autoscaling.knative.dev/minScale': '0',
  'autoscaling.knative.dev/maxScale': '100',
  'run.googleapis.com/sessionAffinity': 'false',
  'run.googleapis.com/cloudsql-instances': '',
};

function settledAnnotations(annotations: JsonObject): JsonObject {
  const { [SECRETS]: _, ...others } = annotations;
  return Object.fromEntries(
    Object.entries({ ...USUAL, ...others }).map(([name, value]) => [
      name,
      typeof value === 'string' ? settledAnnotation(name, value) : value,
    ]),
  );
}

function settledAnnotation(name: string, text: string): JsonValue {
  switch (name) {
    case 'run.googleapis.com/sessionAffinity':
    case 'run.googleapis.com/startup-cpu-boost':
    case 'run.googleapis.com/cpu-throttling':
      return text.toLowerCase();
    case 'run.googleapis.com/vpc-access-egress':
      // The old word for it (`gcloud run deploy --help`, --vpc-egress).
      return text === 'all' ? 'all-traffic' : text;
    case 'run.googleapis.com/cloudsql-instances':
      return text
        .split(',')
        .map((instance) => instance.trim())
        .sort();
    case INTERFACES:
      return parsed(text);
    default:
      return text;
  }
}

function parsed(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof Problem) return text;
    throw error;
  }
}
