/**
 * A service file → the service: its template in place of the one in force, its labels and annotations
 * over those that are there. What holds for every revision at once must be so already.
 */
import type { Finding } from '../../core/problem.ts';
import { asNumber, asObject, asText, at, parseJson, withAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { cannot } from './template-fault.ts';
import { INGRESS, without } from './template-parts.ts';

/** @throws Problem `bad-input` with everything in the file that this service cannot be given. */
export function withServiceFile(service: JsonObject, json: string): JsonObject {
  const file = asObject(parseJson(json)) ?? {};
  const findings = [
    ...homeFindings(service, file),
    ...settingFindings(service, annotationsOf(file)),
  ];
  if (findings.length > 0) throw cannot(...findings);
  const labelled = merged(service, file, 'labels');
  const annotated = merged(labelled, file, 'annotations');
  return withAt(annotated, ['spec', 'template'], templateOf(file));
}

/** The service with the settings of the file, where nobody is served yet whom they could hurt. */
export function withSettingsOf(service: JsonObject, json: string): JsonObject {
  const file = asObject(parseJson(json)) ?? {};
  const settings = Object.entries(annotationsOf(file)).filter(([key]) => isSetting(key));
  return settings.reduce(
    (before, [key, value]) => withAt(before, ['metadata', 'annotations', key], value),
    service,
  );
}

const OURS = 'cloud-run-canary.dev/';
/** Keys of Google's and Knative's own: settings of the service, or what they note there themselves. */
const SYSTEM = /^(?:[a-z0-9-]+\.)*(?:googleapis\.com|knative\.dev|cloud\.google\.com)\//;
/** Noted by whoever wrote last; a file that was made from the service has them. */
const NOTED = [
  'run.googleapis.com/client-name',
  'run.googleapis.com/client-version',
  'run.googleapis.com/ingress-status',
  'run.googleapis.com/operation-id',
  'run.googleapis.com/urls',
  'serving.knative.dev/creator',
  'serving.knative.dev/lastModifier',
];
/** Notes of whatever program wrote last. */
const CLIENT = 'client.knative.dev/';
const LOCATION = 'cloud.googleapis.com/location';

/** What counts where nothing is written. Their values are words, so they may be shown. */
const USUAL: ReadonlyMap<string, string | null> = new Map([
  [INGRESS, 'all'],
  ['run.googleapis.com/launch-stage', 'GA'],
  ['run.googleapis.com/invoker-iam-disabled', 'false'],
  ['run.googleapis.com/default-url-disabled', 'false'],
  ['run.googleapis.com/iap-enabled', 'false'],
  ['run.googleapis.com/health-check-disabled', 'false'],
  ['run.googleapis.com/scalingMode', 'automatic'],
  ['run.googleapis.com/minScale', '0'],
  ['run.googleapis.com/maxScale', null],
  ['run.googleapis.com/manualInstanceCount', null],
]);

function isSetting(key: string): boolean {
  return SYSTEM.test(key) && !NOTED.includes(key) && !key.startsWith(CLIENT);
}

/** The project of the file by number, as a text; null: it does not say one. */
export function projectNumberIn(json: string): string | null {
  return numberIn(asObject(parseJson(json)) ?? {});
}

function numberIn(file: JsonObject): string | null {
  const namespace = at(file, 'metadata', 'namespace');
  const text = asText(namespace) ?? asNumber(namespace)?.toString() ?? '';
  return /^\d+$/.test(text) ? text : null;
}

function annotationsOf(part: JsonObject): JsonObject {
  return asObject(at(part, 'metadata', 'annotations')) ?? {};
}

/** The name of the revision is ours, and so is what an earlier rollout has left in a copy. */
function templateOf(file: JsonObject): JsonObject {
  const template = asObject(at(file, 'spec', 'template')) ?? {};
  const metadata = asObject(at(template, 'metadata'));
  if (metadata === null) return template;
  const notes = Object.entries(annotationsOf(template));
  const kept = notes.filter(([key]) => !key.startsWith(OURS));
  const unmarked =
    kept.length === notes.length
      ? metadata
      : { ...metadata, annotations: Object.fromEntries(kept) };
  return { ...template, metadata: without(unmarked, 'name') };
}

/** What the file does not name stays: a rollback could not bring it back. */
function merged(service: JsonObject, file: JsonObject, part: 'labels' | 'annotations'): JsonObject {
  const added = Object.entries(asObject(at(file, 'metadata', part)) ?? {}).filter(
    ([key]) => !SYSTEM.test(key) && !key.startsWith(OURS),
  );
  const before = asObject(at(service, 'metadata', part)) ?? {};
  if (added.every(([key, value]) => Object.hasOwn(before, key) && before[key] === value)) {
    return service;
  }
  return withAt(service, ['metadata', part], { ...before, ...Object.fromEntries(added) });
}

/** A number is the project's, and only the service says which. */
function homeFindings(service: JsonObject, file: JsonObject): readonly Finding[] {
  const number = numberIn(file);
  const isOther = number !== null && at(service, 'metadata', 'namespace') !== number;
  return isOther
    ? [finding('has a metadata.namespace that is not the project of the service', 'Take it out.')]
    : [];
}

function settingFindings(service: JsonObject, wanted: JsonObject): readonly Finding[] {
  const found = annotationsOf(service);
  return Object.entries(wanted).flatMap(([key, value]) => {
    const text = asText(value) ?? '';
    const before = asText(at(found, key)) ?? USUAL.get(key) ?? null;
    if (!isSetting(key) || isSame(text, before)) return [];
    return [
      finding(
        `has another value for ${key} than the service`,
        'It holds for every revision at once, so no canary can try it: take it out, or change it ' +
          `beforehand: ${command(service, key, text)}`,
      ),
    ];
  });
}

/** gcloud writes True. */
function isSame(wanted: string, found: string | null): boolean {
  if (wanted === found) return true;
  return /^(?:true|false)$/i.test(wanted) && wanted.toLowerCase() === found?.toLowerCase();
}

function command(service: JsonObject, key: string, value: string): string {
  const shown = USUAL.has(key) && /^[A-Za-z0-9-]{1,50}$/.test(value) ? value : 'VALUE';
  const name = asText(at(service, 'metadata', 'name')) ?? 'SERVICE';
  const region = asText(at(service, 'metadata', 'labels', LOCATION)) ?? 'REGION';
  const change = key === INGRESS ? `--ingress=${shown}` : `--update-annotations=${key}=${shown}`;
  return `gcloud run services update ${name} --region=${region} ${change}`;
}

function finding(wrong: string, advice: string): Finding {
  return { subject: 'metadata', value: null, wrong, advice };
}
