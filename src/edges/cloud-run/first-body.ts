/**
 * The service that a first deployment asks for: a new one as gcloud makes it, or the one that is there
 * with the template changed and its traffic as it is.
 */
import { FIRST_ANNOTATION, writeFirst } from '../../core/rollout/first-note.ts';
import type { TemplateChange } from '../../core/template-types.ts';
import type { FirstDeployment } from '../../core/service-types.ts';
import type { ServiceRef } from '../../core/types.ts';
import { withAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { projectNumberIn, withSettingsOf } from './service-file-change.ts';
import { INGRESS } from './template-parts.ts';
import { changeService } from './template.ts';

/** `raw` null: there is no service. @throws Problem when the change cannot be made to it. */
export function firstBody(
  raw: JsonObject | null,
  ref: ServiceRef,
  { first, change }: { readonly first: FirstDeployment; readonly change: TemplateChange },
): JsonObject {
  const changed = firstService(raw, ref, change);
  const named = withAt(changed, ['spec', 'template', 'metadata', 'name'], first.revision);
  return withAt(named, ['metadata', 'annotations', FIRST_ANNOTATION], writeFirst(first));
}

/** The same without the name of its revision and our note. */
export function firstService(
  raw: JsonObject | null,
  ref: ServiceRef,
  change: TemplateChange,
): JsonObject {
  return changeService(withSettings(raw ?? newService(ref, change), change), change);
}

/** A file may name the project by its number; only Cloud Run knows whether it is that of the path. */
function newService({ project, service }: ServiceRef, { edits }: TemplateChange): JsonObject {
  const [file] = edits.filter((edit) => edit.kind === 'service-file');
  const namespace = (file === undefined ? null : projectNumberIn(file.json)) ?? project;
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name: service, namespace },
    spec: {
      template: { spec: { containers: [{}] } },
      traffic: [{ latestRevision: true, percent: 100 }],
    },
  };
}

/** Nobody is served yet whom another ingress, or another setting of the service, could hurt. */
function withSettings(raw: JsonObject, { edits }: TemplateChange): JsonObject {
  return edits.reduce((service, edit) => {
    if (edit.kind === 'service-file') return withSettingsOf(service, edit.json);
    if (edit.kind !== 'ingress') return service;
    return withAt(service, ['metadata', 'annotations', INGRESS], edit.is);
  }, raw);
}
