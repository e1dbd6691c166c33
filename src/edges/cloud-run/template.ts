/** The revision template inside a raw v1 service: what the canary's differs in, and nothing else. */
import type { TemplateChange } from '../../core/types.ts';
import { asList, asObject, asText, at, withAt } from '../json.ts';
import type { JsonObject } from '../json.ts';

/** A copy of `template` with the change applied; null when it has no container to apply it to. */
export function changeTemplate(template: JsonObject, change: TemplateChange): JsonObject | null {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  const index = servingIndex(template);
  const serving = asObject(containers[index]);
  if (serving === null) return null;
  const changed = containers.with(index, withAt(serving, ['image'], change.image));
  return withAt(template, ['spec', 'containers'], changed);
}

/** Image of the container that gets the requests, as written; "" when there is none. */
export function servingImage(template: JsonObject): string {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  return asText(at(containers[servingIndex(template)], 'image')) ?? '';
}

/** Of several containers the ingress container is the one with ports; a lone one needs none. */
function servingIndex(template: JsonObject): number {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  const withPorts = containers.findIndex((container) => asList(at(container, 'ports'))?.length);
  return Math.max(0, withPorts);
}
