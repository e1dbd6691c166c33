/**
 * The template of a revision that is a copy of the stable one. The service has it only where nobody has
 * changed the template since; otherwise it is read from the revision itself (v1, namespaces.revisions).
 */
import type { TemplateCopy } from '../../core/template-types.ts';
import { BIRTH_ANNOTATION } from '../../core/rollout/record.ts';
import { asList, asObject, asText, at, withAt } from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { cannot } from './template-fault.ts';

/** Written by Cloud Run on every revision, and by nobody else. */
const OF_THE_PLATFORM = [
  /^serving\.knative\.dev\//,
  /^cloud\.googleapis\.com\//,
  /^run\.googleapis\.com\/operation-id$/,
];
const BY_DIGEST = /@sha256:[0-9a-f]{64}$/;

/** @throws Problem `bad-input` when no image can be told by its digest. */
export function copyTemplates(service: JsonObject, revision: JsonObject): TemplateCopy {
  const before = asObject(at(service, 'spec', 'template')) ?? {};
  const stable = asText(at(revision, 'metadata', 'name')) ?? '';
  const isInForce = asText(at(service, 'status', 'latestCreatedRevisionName')) === stable;
  return { before, clone: pinned(isInForce ? before : templateOf(revision), revision) };
}

function templateOf(revision: JsonObject): JsonObject {
  const labels = ownOf(at(revision, 'metadata', 'labels'));
  const annotations = ownOf(at(revision, 'metadata', 'annotations'));
  return { metadata: { labels, annotations }, spec: asObject(at(revision, 'spec')) ?? {} };
}

function ownOf(texts: JsonValue | undefined): JsonObject {
  const own = Object.entries(asObject(texts) ?? {}).filter(
    ([name]) => !OF_THE_PLATFORM.some((pattern) => pattern.test(name)),
  );
  return Object.fromEntries(own);
}

/** A tag may lead to another image by now, and the clone is to be what serves. */
function pinned(template: JsonObject, revision: JsonObject): JsonObject {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  const images = containers.map((container, index) =>
    withAt(asObject(container) ?? {}, ['image'], digestFor(container, index, revision)),
  );
  const { [BIRTH_ANNOTATION]: _, ...annotations } =
    asObject(at(template, 'metadata', 'annotations')) ?? {};
  const nameless = withAt(template, ['metadata', 'annotations'], annotations);
  return withAt(nameless, ['spec', 'containers'], images);
}

function digestFor(container: JsonValue, index: number, revision: JsonObject): string {
  const image = asText(at(container, 'image')) ?? '';
  if (BY_DIGEST.test(image)) return image;
  const name = asText(at(container, 'name'));
  const all = asList(at(revision, 'status', 'containerStatuses')) ?? [];
  const own = all.find((one) => name !== null && at(one, 'name') === name) ?? all[index];
  const isLone = (asList(at(revision, 'spec', 'containers')) ?? []).length <= 1;
  const resolved =
    asText(at(own, 'imageDigest')) ??
    (isLone ? asText(at(revision, 'status', 'imageDigest')) : null);
  if (resolved !== null && BY_DIGEST.test(resolved)) return resolved;
  throw cannot({
    subject: 'baseline',
    value: 'fresh',
    wrong: `needs the digest of ${image}, and Cloud Run does not tell it for ${asText(at(revision, 'metadata', 'name')) ?? 'the stable revision'}`,
    advice: 'Write `baseline: stable`, or deploy the stable revision by digest first.',
  });
}
