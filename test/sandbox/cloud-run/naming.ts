import { createHash } from 'node:crypto';
import { ApiError, revisionExists } from './errors.ts';
import { same } from './json.ts';
import type { Template } from './objects.ts';
import type { ServiceState } from './state.ts';

/**
 * The same template again makes nothing. Otherwise a name may be repeated only with the very
 * template it was made from.
 */
export function revisionFor(
  service: ServiceState,
  template: Template,
): { readonly name: string; readonly isNew: boolean } {
  if (service.latestCreated !== '' && same(template, service.spec.template)) {
    return { name: service.latestCreated, isNew: false };
  }
  const asked = template.metadata?.name;
  if (asked === undefined) return { name: generatedName(service), isNew: true };
  const existing = service.revisions.get(asked);
  if (existing !== undefined && !same(existing.template, template)) throw revisionExists(asked);
  return { name: asked, isNew: existing === undefined };
}

function generatedName(service: ServiceState): string {
  const next = service.generation + 1;
  const letters = [...createHash('sha256').update(`${service.uid}/${next}`).digest().subarray(0, 3)]
    .map((byte) => 'bcdfghjklmnpqrstvwxz'[byte % 20] ?? 'b')
    .join('');
  return `${service.name}-${String(next).padStart(5, '0')}-${letters}`;
}

/** Only a retired revision can be deleted (run.v2.Revisions.DeleteRevision). */
export function checkRetired(service: ServiceState, name: string): void {
  const routed = [...service.spec.traffic, ...service.served];
  const why = routed.some((target) => target.revisionName === name)
    ? 'has traffic or a traffic tag'
    : name === service.latestCreated || name === service.latestReady
      ? `is the latest revision of service '${service.name}'`
      : null;
  if (why !== null) {
    throw new ApiError('FAILED_PRECONDITION', `Revision '${name}' ${why} and cannot be deleted.`);
  }
}
