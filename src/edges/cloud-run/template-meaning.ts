/**
 * Whether two templates stand for the same revision. A template that was written by hand leaves out
 * what Cloud Run fills in, so what is filled in is no difference. Only documented defaults are known
 * here; any other difference is one, and a rollout too many does no harm.
 */
import { asList, asObject, asText, at, stringifyJson, withAt } from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { milli } from './template-container.ts';
import { servingIndex } from './template-parts.ts';

type Home = {
  /** Number of the project; "" when it is not known. */
  readonly project: string;
};

/** `written`: by the user, `found`: in force. The image that gets the requests is the caller's. */
export function isSameTemplate(written: JsonObject, found: JsonObject, home: Home): boolean {
  // The same tag may be another image by now.
  if (otherImages(written).some((image) => !image.includes('@sha256:'))) return false;
  const origin = ORIGIN.filter((label) => at(written, 'metadata', 'labels', label) === undefined);
  return meaning(written, origin, home) === meaning(found, origin, home);
}

/** Labels that say where a revision comes from, not what it is. */
const ORIGIN = ['managed-by', 'commit-sha'];
/** gcloud copies those of the service over, its place with them. */
const NOTED_LABELS = [
  'client.knative.dev/nonce',
  'cloud.googleapis.com/location',
  'run.googleapis.com/startupProbeType',
];
const NOTED = [
  'cloud-run-canary.dev/birth',
  'run.googleapis.com/client-name',
  'run.googleapis.com/client-version',
  'run.googleapis.com/operation-id',
];

/** https://cloud.google.com/run/docs/reference/yaml/v1, and the pages about each setting. */
const MAX_SCALE = { 'autoscaling.knative.dev/maxScale': '100' };
const SPEC = { containerConcurrency: 80, timeoutSeconds: 300 };
const LIMITS = { cpu: '1000m', memory: '512Mi' };
const PORT = { name: 'http1', containerPort: 8080 };
const PROBE = { timeoutSeconds: 240, periodSeconds: 240, failureThreshold: 1 };

function meaning(template: JsonObject, origin: readonly string[], { project }: Home): string {
  const labels = partOf(template, ['metadata', 'labels'], [...NOTED_LABELS, ...origin]);
  const annotations = { ...MAX_SCALE, ...partOf(template, ['metadata', 'annotations'], NOTED) };
  const spec = plain(asObject(at(template, 'spec')) ?? {});
  const runsAs =
    project === ''
      ? {}
      : { serviceAccountName: `${project}-compute@developer.gserviceaccount.com` };
  const serving = servingIndex(template);
  const containers = (asList(at(spec, 'containers')) ?? []).map((container, index) =>
    completed(asObject(container) ?? {}, index === serving),
  );
  const { metadata: _, ...rest } = template;
  return canonical({
    ...rest,
    labels,
    annotations,
    spec: { ...SPEC, ...runsAs, ...spec, containers },
  });
}

function partOf(
  template: JsonObject,
  path: readonly string[],
  noted: readonly string[],
): JsonObject {
  const entries = Object.entries(plain(asObject(at(template, ...path)) ?? {}));
  return Object.fromEntries(entries.filter(([key]) => !noted.includes(key)));
}

function completed(container: JsonObject, isServing: boolean): JsonObject {
  const cpu = asText(at(container, 'resources', 'limits', 'cpu'));
  const limits = {
    ...LIMITS,
    ...asObject(at(container, 'resources', 'limits')),
    ...(cpu === null ? {} : { cpu: `${milli(cpu)}m` }),
  };
  const limited = withAt(container, ['resources', 'limits'], limits);
  if (!isServing) return limited;
  const [given] = asList(at(container, 'ports')) ?? [];
  const port = { ...PORT, ...asObject(given) };
  const probe = { ...PROBE, tcpSocket: { port: port.containerPort } };
  return { startupProbe: probe, ...limited, ports: [port] };
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
function canonical(value: JsonValue): string {
  const list = asList(value);
  if (list !== null) return `[${list.map(canonical).join(',')}]`;
  const object = asObject(value);
  if (object === null) return stringifyJson(value);
  const keys = Object.keys(object).sort();
  return `{${keys.map((key) => `${stringifyJson(key)}:${canonical(object[key] ?? null)}`).join(',')}}`;
}

function otherImages(template: JsonObject): readonly string[] {
  const serving = servingIndex(template);
  return (asList(at(template, 'spec', 'containers')) ?? [])
    .filter((_, index) => index !== serving)
    .map((container) => asText(at(container, 'image')) ?? '');
}
