/** Small steps that several parts of the template need. */
import { asList, asObject, at, withAt } from '../json.ts';
import type { JsonObject } from '../json.ts';

/** An annotation of the service. */
export const INGRESS = 'run.googleapis.com/ingress';

/** null takes it away. */
export function withAnnotation(
  template: JsonObject,
  name: string,
  value: string | null,
): JsonObject {
  if (value !== null) return withAt(template, ['metadata', 'annotations', name], value);
  const annotations = asObject(at(template, 'metadata', 'annotations'));
  if (annotations === null || !Object.hasOwn(annotations, name)) return template;
  return withAt(template, ['metadata', 'annotations'], without(annotations, name));
}

export function without(object: JsonObject, name: string): JsonObject {
  const { [name]: _, ...rest } = object;
  return rest;
}

/** Of several containers the ingress container is the one with ports; a lone one needs none. */
export function servingIndex(template: JsonObject): number {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  const withPorts = containers.findIndex((container) => asList(at(container, 'ports'))?.length);
  return Math.max(0, withPorts);
}

/** By Cloud Run, its clients, which copy labels of the service over, or ourselves: nothing runs by it. */
export function isNoted(key: string): boolean {
  return NOTED.test(key);
}

const NOTED =
  /^(?:serving\.knative\.dev|client\.knative\.dev|cloud\.googleapis\.com|cloud-run-canary\.dev)\/|^run\.googleapis\.com\/(?:client-name|client-version|operation-id|startupProbeType)$/;
