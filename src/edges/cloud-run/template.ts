/**
 * The revision template inside a raw v1 service: what the canary's differs in, and nothing else.
 * Names of fields and annotations: https://cloud.google.com/run/docs/reference/yaml/v1.
 */
import { ORIGIN_LABELS } from '../../core/inputs/label-inputs.ts';
import type { Edit, TemplateChange } from '../../core/template-types.ts';
import { asList, asObject, asText, at, withAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { withServiceFile } from './service-file-change.ts';
import { noContainerProblem } from './service-problem.ts';
import { DEFAULT_PORT, editContainer } from './template-container.ts';
import { cannot } from './template-fault.ts';
import { meaningOf } from './template-meaning.ts';
import { editNetwork } from './template-network.ts';
import { editSecrets, withoutSecrets } from './template-secrets.ts';
import { INGRESS, servingIndex, withAnnotation, without } from './template-parts.ts';

/**
 * A copy of `service` with the change applied.
 * @throws Problem `bad-answer` without a container, `bad-input` for what cannot be done to this one.
 */
export function changeService(service: JsonObject, change: TemplateChange): JsonObject {
  const template = asObject(at(service, 'spec', 'template')) ?? {};
  const imaged = editServing(template, (container) =>
    change.image === null ? container : withAt(container, ['image'], change.image),
  );
  const room = change.edits.reduce((before, edit) => makeRoom(before, edit, change.edits), imaged);
  let changed = withAt(service, ['spec', 'template'], room);
  for (const edit of change.edits) changed = edited(changed, edit);
  return change.originLabels.length === 0
    ? changed
    : withLabels(changed, { clears: false, removes: [], values: change.originLabels });
}

/** Whether anything but image and origin labels of the template in force would be another one. */
export function differs(service: JsonObject, change: TemplateChange): boolean {
  // The labels of origin are put on both, for what `{}` takes away.
  const same = changeService(service, { ...change, image: null, edits: [] });
  const changed = changeService(service, { ...change, image: null });
  if (!change.edits.some(({ kind }) => kind === 'service-file')) {
    return meaningOf(changed) !== meaningOf(same);
  }
  const template = asObject(at(changed, 'spec', 'template')) ?? {};
  // The same tag may be another image by now.
  if (otherImages(template).some((image) => !image.includes('@sha256:'))) return true;
  const image = servingImage(asObject(at(service, 'spec', 'template')) ?? {});
  const written = editServing(template, (container) => withAt(container, ['image'], image));
  const origin = ORIGIN_LABELS.filter(
    (label) => at(template, 'metadata', 'labels', label) === undefined,
  );
  const [one, other] = [withAt(changed, ['spec', 'template'], written), same].map((each) =>
    meaningOf(unnamed(each, origin)),
  );
  return one !== other;
}

/** A service file leaves the name of the revision, and these labels, to whoever deploys it. */
function unnamed(service: JsonObject, names: readonly string[]): JsonObject {
  const path = ['spec', 'template', 'metadata'] as const;
  const metadata = without(asObject(at(service, ...path)) ?? {}, 'name');
  const labels = Object.entries(asObject(at(metadata, 'labels')) ?? {});
  const kept = Object.fromEntries(labels.filter(([key]) => !names.includes(key)));
  return withAt(service, path, { ...metadata, labels: kept });
}

function otherImages(template: JsonObject): readonly string[] {
  const serving = servingIndex(template);
  return (asList(at(template, 'spec', 'containers')) ?? [])
    .filter((_, index) => index !== serving)
    .map((container) => asText(at(container, 'image')) ?? '');
}

/** Image of the container that gets the requests, as written; "" when there is none. */
export function servingImage(template: JsonObject): string {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  return asText(at(containers[servingIndex(template)], 'image')) ?? '';
}

function edited(service: JsonObject, edit: Edit): JsonObject {
  if (edit.kind === 'labels') return withLabels(service, edit);
  if (edit.kind === 'ingress') return withSameIngress(service, edit.is);
  if (edit.kind === 'service-file') return withServiceFile(service, edit.json);
  const template = asObject(at(service, 'spec', 'template')) ?? {};
  return withAt(service, ['spec', 'template'], editTemplate(template, edit));
}

/** A secret that goes is out of the way before a variable of its name comes, not after it. */
function makeRoom(template: JsonObject, edit: Edit, all: readonly Edit[]): JsonObject {
  if (edit.kind !== 'secrets' || !edit.clears) return template;
  const names = all.flatMap((one) =>
    one.kind === 'env' ? one.values.map(({ name }) => name) : [],
  );
  return withoutSecrets(template, names, servingIndex(template));
}

type TemplateEdit = Exclude<Edit, { kind: 'labels' | 'ingress' | 'service-file' }>;

function editTemplate(template: JsonObject, edit: TemplateEdit): JsonObject {
  switch (edit.kind) {
    case 'secrets':
      return editSecrets(template, edit, servingIndex(template));
    case 'number':
      return withNumber(template, edit);
    case 'text':
      return edit.of === 'service-account'
        ? withAt(template, ['spec', 'serviceAccountName'], edit.to)
        : withAnnotation(template, ANNOTATIONS[edit.of], edit.to);
    case 'switch':
      return withSwitch(template, edit);
    case 'cloudsql':
    case 'network':
    case 'network-tags':
    case 'no-network':
      return editNetwork(template, edit);
    case 'port':
      return editServing(template, (container) =>
        // Of several containers the port tells which one gets the requests.
        editContainer(
          container,
          isLone(template) ? edit : { ...edit, to: edit.to ?? DEFAULT_PORT },
        ),
      );
    case 'env':
    case 'limit':
    case 'words':
    case 'http2':
    case 'probe':
      return editServing(template, (container) => editContainer(container, edit));
  }
}

const ANNOTATIONS = {
  'execution-environment': 'run.googleapis.com/execution-environment',
  'vpc-connector': 'run.googleapis.com/vpc-access-connector',
  'vpc-egress': 'run.googleapis.com/vpc-access-egress',
  'min-instances': 'autoscaling.knative.dev/minScale',
  'max-instances': 'autoscaling.knative.dev/maxScale',
  'session-affinity': 'run.googleapis.com/sessionAffinity',
  'cpu-boost': 'run.googleapis.com/startup-cpu-boost',
  'cpu-throttling': 'run.googleapis.com/cpu-throttling',
} as const;

function withNumber(
  template: JsonObject,
  { of, to }: Extract<Edit, { kind: 'number' }>,
): JsonObject {
  if (of === 'min-instances' || of === 'max-instances') {
    return withAnnotation(template, ANNOTATIONS[of], to === null ? null : String(to));
  }
  const field = of === 'timeout' ? 'timeoutSeconds' : 'containerConcurrency';
  const spec = asObject(at(template, 'spec')) ?? {};
  const next = to === null ? without(spec, field) : { ...spec, [field]: to };
  return withAt(template, ['spec'], next);
}

/** Without the annotation there is no affinity; the others have a default that may be either. */
function withSwitch(
  template: JsonObject,
  { of, to }: Extract<Edit, { kind: 'switch' }>,
): JsonObject {
  const name = ANNOTATIONS[of];
  const before = asText(at(template, 'metadata', 'annotations', name));
  const text = String(to);
  // gcloud writes True.
  if (before?.toLowerCase() === text) return template;
  return withAnnotation(template, name, of === 'session-affinity' && !to ? null : text);
}

type LabelChange = Pick<Extract<Edit, { kind: 'labels' }>, 'clears' | 'removes' | 'values'>;

/** On the service and on the revision, as gcloud does. */
function withLabels(service: JsonObject, change: LabelChange): JsonObject {
  const labelled = relabelled(service, ['metadata', 'labels'], change);
  return relabelled(labelled, ['spec', 'template', 'metadata', 'labels'], change);
}

/** Those with a prefix are Cloud Run's and Knative's own. */
function relabelled(
  service: JsonObject,
  path: readonly [string, ...string[]],
  { clears, removes, values }: LabelChange,
): JsonObject {
  const before = asObject(at(service, ...path)) ?? {};
  const kept = Object.entries(before).filter(
    ([name]) => name.includes('/') || !(clears || removes.includes(name)),
  );
  const added = values.map(({ name, value }) => [name, value] as const);
  const after: JsonObject = Object.fromEntries([...kept, ...added]);
  const isNothing = added.length === 0 && kept.length === Object.keys(before).length;
  return isNothing ? service : withAt(service, path, after);
}

/** It is in force for the stable revision, too, so a rollout does not touch it. */
function withSameIngress(service: JsonObject, wanted: string): JsonObject {
  const found = asText(at(service, 'metadata', 'annotations', INGRESS)) ?? 'all';
  if (found === wanted) return service;
  throw cannot({
    subject: 'flags',
    value: `--ingress=${wanted}`,
    wrong: `is not what the service has, ${found}`,
    advice:
      'Ingress holds for every revision at once, so no canary can try it: change it beforehand, or ' +
      'remove the flag.',
  });
}

function isLone(template: JsonObject): boolean {
  return (asList(at(template, 'spec', 'containers')) ?? []).length <= 1;
}

function editServing(
  template: JsonObject,
  edit: (container: JsonObject) => JsonObject,
): JsonObject {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  const index = servingIndex(template);
  const serving = asObject(containers[index]);
  if (serving === null) throw noContainerProblem();
  return withAt(template, ['spec', 'containers'], containers.with(index, edit(serving)));
}
