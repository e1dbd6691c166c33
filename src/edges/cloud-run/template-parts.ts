/** Small steps that several parts of the template need. */
import { asObject, at, withAt } from '../json.ts';
import type { JsonObject } from '../json.ts';

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
