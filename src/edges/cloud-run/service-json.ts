/**
 * Raw v1 Service JSON → snapshot. Unknown fields are left alone, a missing field that matters is a
 * Problem with its path. Zero percents are left out on the
 * wire, and no traffic at all means everything to the latest revision.
 */
import { Problem } from '../../core/problem.ts';
import {
  BIRTH_ANNOTATION,
  PLAN_ANNOTATION,
  RECORD_ANNOTATION,
  readBirth,
  readRecord,
} from '../../core/rollout/record.ts';
import { FIRST_ANNOTATION, readFirst } from '../../core/rollout/first-note.ts';
import { readPlan } from '../../core/rollout/plan.ts';
import { explains } from '../../core/rollout/traffic.ts';
import type { BirthCertificate, FirstDeployment } from '../../core/service-types.ts';
import type {
  Entrance,
  Instant,
  Percent,
  Plan,
  RolloutRecord,
  ServiceSnapshot,
  Split,
  Tag,
} from '../../core/types.ts';
import { asList, asObject, asText, asWhole, at } from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { INGRESS } from './template-parts.ts';
import { servingImage } from './template.ts';

/** What Cloud Run writes is foreign text; nobody needs more of it than this. */
const MESSAGE_LENGTH = 500;
/** Cloud Run sets it beside `serving.knative.dev/creator`. */
const LAST_MODIFIER = 'serving.knative.dev/lastModifier';
/** Of the service: divided among its revisions by their traffic, and in force without a new one. */
export const MIN_INSTANCES = 'run.googleapis.com/minScale';
const SCALING_MODE = 'run.googleapis.com/scalingMode';

/** One row of spec.traffic or status.traffic. */
type Target = {
  /** null: follows the latest ready revision. */
  readonly named: string | null;
  readonly percent: Percent;
  readonly tag: string | null;
  readonly url: string;
};

/** @throws Problem `bad-answer` with the path of what is wrong. */
export function readService(raw: JsonObject, name: string, readAt: Instant): ServiceSnapshot {
  if (at(raw, 'kind') !== 'Service' || at(raw, 'metadata', 'name') !== name) {
    throw badField('metadata.name', `of a Service named ${name}`);
  }
  const record = recordIn(raw);
  const generation = needWhole(raw, 'metadata', 'generation');
  const latestReady = asText(at(raw, 'status', 'latestReadyRevisionName')) ?? '';
  const spec = readTargets(raw, 'spec') ?? [EVERYTHING_TO_LATEST];
  const status = readTargets(raw, 'status') ?? [];
  const template = asObject(at(raw, 'spec', 'template'));
  const asked = splitFrom(spec, latestReady);
  if (template === null) throw badField('spec.template', 'an object');
  return {
    readAt,
    version: needText(raw, 'metadata', 'resourceVersion'),
    generation,
    observed: asWhole(at(raw, 'status', 'observedGeneration')) === generation,
    ready: readReady(raw),
    latestCreated: asText(at(raw, 'status', 'latestCreatedRevisionName')) ?? '',
    latestReady,
    followsLatest: spec.some((target) => target.named === null && target.percent > 0),
    asked,
    served: splitFrom(status, latestReady),
    tags: readTags(spec, status),
    url: asText(at(raw, 'status', 'url')) ?? '',
    entrance: readEntrance(raw),
    image: servingImage(template),
    scaling: {
      minInstances: asText(at(raw, 'metadata', 'annotations', MIN_INSTANCES)),
      isManual:
        asText(at(raw, 'metadata', 'annotations', SCALING_MODE))?.toLowerCase() === 'manual',
    },
    runsAs: asText(at(template, 'spec', 'serviceAccountName')) ?? '',
    lastModifier: lastModifierIn(raw),
    birth: birthIn(raw, asked),
    first: firstIn(raw),
    record,
    plan: planIn(raw, record),
  };
}

export function firstIn(raw: JsonValue | undefined): FirstDeployment | null {
  return readFirst(asText(at(raw, 'metadata', 'annotations', FIRST_ANNOTATION)) ?? undefined);
}

/** An older one may stand on the service; then it explains nothing, and the template's counts. */
function birthIn(raw: JsonObject, asked: Split): BirthCertificate | null {
  const [own, made] = [raw, at(raw, 'spec', 'template')].map((part) =>
    readBirth(asText(at(part, 'metadata', 'annotations', BIRTH_ANNOTATION)) ?? undefined),
  );
  return own && explains(own, asked) ? { ...own, brought: true } : (made ?? null);
}

/** Only the plan that the record vouches for. */
function planIn(raw: JsonObject, record: ServiceSnapshot['record']): Plan | null {
  if (typeof record === 'string') return null;
  const text = asText(at(raw, 'metadata', 'annotations', PLAN_ANNOTATION));
  return readPlan(text ?? undefined, record.planHash);
}

export function recordIn(raw: JsonObject): RolloutRecord | 'none' | 'unreadable' {
  const annotation = at(raw, 'metadata', 'annotations', RECORD_ANNOTATION);
  if (annotation === undefined) return 'none';
  const text = asText(annotation);
  return text === null ? 'unreadable' : readRecord(text);
}

/** Whether a row of spec.traffic follows the latest ready revision. */
export function followsLatest(row: JsonValue): boolean {
  return at(row, 'latestRevision') === true || (asText(at(row, 'revisionName')) ?? '') === '';
}

/** As gcloud writes them (api_lib/run/service.py, container_resource.py of the Cloud SDK). */
function readEntrance(raw: JsonObject): Entrance {
  const text = (name: string) =>
    asText(at(raw, 'metadata', 'annotations', `run.googleapis.com/${name}`)) ?? '';
  return {
    // What is in force, where Cloud Run says so.
    ingress: [text('ingress-status'), text('ingress'), 'all'].find((name) => name !== '') ?? 'all',
    hasProxy: text('iap-enabled').toLowerCase() === 'true',
    hasAddresses: text('default-url-disabled').toLowerCase() !== 'true',
  };
}

/** What is in force is that of before the write. */
export function askedEntrance(raw: JsonObject): Entrance {
  const asked = asText(at(raw, 'metadata', 'annotations', INGRESS)) ?? '';
  return { ...readEntrance(raw), ingress: asked === '' ? 'all' : asked };
}

/** The e-mail address of whoever made the last write, ours included. */
function lastModifierIn(raw: JsonObject): string | null {
  const text = asText(at(raw, 'metadata', 'annotations', LAST_MODIFIER)) ?? '';
  return text === '' ? null : text.slice(0, MESSAGE_LENGTH);
}

const EVERYTHING_TO_LATEST: Target = { named: null, percent: 100, tag: null, url: '' };

/** null: no rows. */
function readTargets(raw: JsonObject, part: 'spec' | 'status'): readonly Target[] | null {
  const value = at(raw, part, 'traffic');
  if (value === undefined || value === null) return null;
  const rows = asList(value);
  if (rows === null) throw badField(`${part}.traffic`, 'a list');
  if (rows.length === 0) return null;
  return rows.map((row, index) => {
    const percent = at(row, 'percent') === undefined ? 0 : asWhole(at(row, 'percent'));
    if (asObject(row) === null || percent === null || percent < 0 || percent > 100) {
      throw badField(`${part}.traffic[${index}]`, 'a row with a whole percent');
    }
    // In status a row that follows LATEST also names the revision it means at the moment.
    const named = asText(at(row, 'revisionName')) ?? '';
    const latest = part === 'spec' ? followsLatest(row) : named === '';
    return {
      named: latest ? null : named,
      percent,
      tag: asText(at(row, 'tag')),
      url: asText(at(row, 'url')) ?? '',
    };
  });
}

/** LATEST is resolved to what it means now; while no revision is ready it means nobody. */
function splitFrom(targets: readonly Target[], latestReady: string): Split {
  const split = new Map<string, Percent>();
  for (const { named, percent } of targets) {
    const revision = named ?? latestReady;
    if (percent > 0 && revision !== '') split.set(revision, (split.get(revision) ?? 0) + percent);
  }
  return Object.fromEntries(split);
}

/** A tag's address is taken from the status row that gives it to the same revision. */
function readTags(spec: readonly Target[], status: readonly Target[]): readonly Tag[] {
  return spec.flatMap(({ tag, named }) => {
    if (tag === null || tag === '') return [];
    const served = status.find((row) => row.tag === tag && (named === null || row.named === named));
    return [{ tag, revision: named, url: served?.url ?? '' }];
  });
}

function readReady(raw: JsonObject): ServiceSnapshot['ready'] {
  const conditions = asList(at(raw, 'status', 'conditions')) ?? [];
  const ready = conditions.find((condition) => at(condition, 'type') === 'Ready');
  const state = at(ready, 'status');
  if (state === 'True') return 'yes';
  if (state !== 'False') return 'pending';
  const said = asText(at(ready, 'message')) ?? asText(at(ready, 'reason')) ?? '';
  return { failed: (said === '' ? 'Cloud Run gives no reason.' : said).slice(0, MESSAGE_LENGTH) };
}

function needText(raw: JsonObject, ...path: readonly string[]): string {
  const text = asText(at(raw, ...path)) ?? '';
  if (text === '') throw badField(path.join('.'), 'a text');
  return text;
}

function needWhole(raw: JsonObject, ...path: readonly string[]): number {
  const number = asWhole(at(raw, ...path));
  if (number === null) throw badField(path.join('.'), 'a whole number');
  return number;
}

function badField(path: string, expected: string): Problem {
  return new Problem('bad-answer', {
    summary: `Cloud Run's answer has at ${path} something other than ${expected}.`,
    advice: 'If this happens again, the service may use a feature that this version does not know.',
  });
}
