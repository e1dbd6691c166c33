import { badRequest } from './errors.ts';
import { isObject, isTextMap, type Json } from './json.ts';
import type { Template } from './objects.ts';
import { type EnumWriter, readEnum } from './v2-enums.ts';

/**
 * google/cloud/run/v2/revision_template.proto and k8s.min.proto ⇄ the v1 template. What v2 cannot
 * say stays in the v1 object, since both APIs show the same resource.
 */
export const reservedKey =
  /^([^/]*\.)?(run\.googleapis\.com|cloud\.googleapis\.com|knative\.dev)\//;

const minScale = 'autoscaling.knative.dev/minScale';
const maxScale = 'autoscaling.knative.dev/maxScale';
const throttling = 'run.googleapis.com/cpu-throttling';
const boost = 'run.googleapis.com/startup-cpu-boost';
const environment = 'run.googleapis.com/execution-environment';
const shown = [minScale, maxScale, throttling, boost, environment];

export function writeTemplate(
  template: Template,
  write: EnumWriter,
): Json & { readonly containers: readonly Json[] } {
  const { name, labels, annotations = {} } = template.metadata ?? {};
  const { containers, serviceAccountName, timeoutSeconds, containerConcurrency, volumes } =
    template.spec;
  const generation = annotations[environment];
  return {
    ...(name === undefined ? {} : { revision: name }),
    ...(labels === undefined ? {} : { labels }),
    annotations: free(annotations),
    scaling: {
      ...count('minInstanceCount', annotations[minScale]),
      ...count('maxInstanceCount', annotations[maxScale]),
    },
    ...(typeof timeoutSeconds === 'number' ? { timeout: `${timeoutSeconds}s` } : {}),
    ...(serviceAccountName === undefined ? {} : { serviceAccount: serviceAccountName }),
    containers: containers.map((container) => writeContainer(container, annotations)),
    ...(volumes === undefined ? {} : { volumes }),
    ...(containerConcurrency === undefined
      ? {}
      : { maxInstanceRequestConcurrency: containerConcurrency }),
    ...(generation === undefined
      ? {}
      : { executionEnvironment: write(`EXECUTION_ENVIRONMENT_${generation.toUpperCase()}`) }),
  };
}

function writeContainer(container: Json, annotations: Readonly<Record<string, string>>): Json {
  const { env, resources, ...rest } = container;
  const limits = isObject(resources) ? resources['limits'] : undefined;
  return {
    ...rest,
    ...(Array.isArray(env) ? { env: env.filter(isObject).map(writeEnv) } : {}),
    resources: {
      ...(limits === undefined ? {} : { limits }),
      // proto3 JSON leaves false out
      ...(annotations[throttling] === 'false' ? {} : { cpuIdle: true }),
      ...(annotations[boost] === 'true' ? { startupCpuBoost: true } : {}),
    },
  };
}

function writeEnv({ name, value, valueFrom }: Json): Json {
  const ref = isObject(valueFrom) ? valueFrom['secretKeyRef'] : undefined;
  return isObject(ref)
    ? { name, valueSource: { secretKeyRef: { secret: ref['name'], version: ref['key'] } } }
    : { name, ...(value === undefined || value === '' ? {} : { value }) };
}

/** `before`: the v1 template that v2 shows only a part of; null for a new service. */
export function readTemplate(body: Json, before: Template | null): Template {
  const { revision, labels, scaling, timeout, serviceAccount, containers, volumes } = body;
  if (!Array.isArray(containers) || !containers.every(isObject) || containers.length === 0) {
    throw badRequest('template.containers: must have at least one element.', 'template.containers');
  }
  const hidden = Object.entries(before?.metadata?.annotations ?? {}).filter(
    ([key]) => reservedKey.test(key) && !shown.includes(key),
  );
  const execution = readEnum(body['executionEnvironment'], 'EXECUTION_ENVIRONMENT_');
  const seconds = typeof timeout === 'string' ? /^(\d+)s$/.exec(timeout)?.[1] : undefined;
  const concurrency = body['maxInstanceRequestConcurrency'];
  return {
    metadata: {
      ...(typeof revision === 'string' && revision !== '' ? { name: revision } : {}),
      ...(isTextMap(labels) ? { labels } : {}),
      annotations: {
        ...Object.fromEntries(hidden),
        ...(isTextMap(body['annotations']) ? body['annotations'] : {}),
        ...scale(minScale, scaling, 'minInstanceCount'),
        ...scale(maxScale, scaling, 'maxInstanceCount'),
        ...billing(containers[0]),
        ...(execution === null ? {} : { [environment]: execution.slice(-4).toLowerCase() }),
      },
    },
    spec: {
      ...before?.spec,
      // Each is checked, as every v1 body is, before the model sees it.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      containers: containers.map(readContainer) as unknown as Template['spec']['containers'],
      ...(seconds === undefined ? {} : { timeoutSeconds: Number(seconds) }),
      ...(serviceAccount === undefined ? {} : { serviceAccountName: serviceAccount }),
      ...(volumes === undefined ? {} : { volumes }),
      ...(typeof concurrency === 'number' && concurrency > 0
        ? { containerConcurrency: concurrency }
        : {}),
    },
  };
}

function readContainer(container: Json): Json {
  const { env, resources, ...rest } = container;
  const limits = isObject(resources) ? resources['limits'] : undefined;
  return {
    ...rest,
    ...(Array.isArray(env) ? { env: env.filter(isObject).map(readEnv) } : {}),
    ...(limits === undefined ? {} : { resources: { limits } }),
  };
}

function readEnv({ name, value, valueSource }: Json): Json {
  const ref = isObject(valueSource) ? valueSource['secretKeyRef'] : undefined;
  return isObject(ref)
    ? { name, valueFrom: { secretKeyRef: { name: ref['secret'], key: ref['version'] } } }
    : { name, value: value ?? '' };
}

/** The trap of k8s.min.proto: with `resources` set, a missing cpuIdle means "always allocated". */
function billing(container: Json | undefined): Record<string, string> {
  const resources = container?.['resources'];
  if (!isObject(resources)) return {};
  return {
    ...(resources['cpuIdle'] === true ? {} : { [throttling]: 'false' }),
    ...(resources['startupCpuBoost'] === true ? { [boost]: 'true' } : {}),
  };
}

function scale(key: string, scaling: unknown, field: string): Record<string, string> {
  const value = isObject(scaling) ? scaling[field] : undefined;
  return typeof value === 'number' ? { [key]: String(value) } : {};
}

function count(field: string, text: string | undefined): Record<string, number> {
  const value = Number(text ?? 0);
  return value > 0 ? { [field]: value } : {};
}

export function free(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !reservedKey.test(key)));
}
