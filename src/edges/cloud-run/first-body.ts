/**
 * The service that a first deployment asks for: a new one as gcloud makes it, or the one that is there
 * with the template changed and its traffic as it is.
 */
import { FIRST_ANNOTATION, writeFirst } from '../../core/rollout/first-note.ts';
import type { TemplateChange } from '../../core/template-types.ts';
import type { FirstDeployment, ServiceRef } from '../../core/types.ts';
import { withAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { INGRESS, changeService } from './template.ts';

/** `raw` null: there is no service. @throws Problem when the change cannot be made to it. */
export function firstBody(
  raw: JsonObject | null,
  ref: ServiceRef,
  { first, change }: { readonly first: FirstDeployment; readonly change: TemplateChange },
): JsonObject {
  // Nobody is served yet whom another ingress could shut out.
  const open = withIngress(raw ?? newService(ref), change);
  const changed = changeService(open, change);
  const named = withAt(changed, ['spec', 'template', 'metadata', 'name'], first.revision);
  return withAt(named, ['metadata', 'annotations', FIRST_ANNOTATION], writeFirst(first));
}

function newService({ project, service }: ServiceRef): JsonObject {
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name: service, namespace: project },
    spec: {
      template: { spec: { containers: [{}] } },
      traffic: [{ latestRevision: true, percent: 100 }],
    },
  };
}

function withIngress(raw: JsonObject, { edits }: TemplateChange): JsonObject {
  const wanted = edits.findLast((edit) => edit.kind === 'ingress');
  return wanted === undefined ? raw : withAt(raw, ['metadata', 'annotations', INGRESS], wanted.is);
}
