/**
 * What is sent in the one write: the JSON just read, in which only our annotation, spec.traffic and,
 * at the start, spec.template and labels differ. Everything else goes back as it came.
 */
import {
  BIRTH_ANNOTATION,
  PLAN_ANNOTATION,
  RECORD_ANNOTATION,
  writeBirth,
  writeRecord,
} from '../../core/rollout/record.ts';
import { isFinal, openRecord } from '../../core/rollout/drafts.ts';
import { MAX_TAG_AND_SERVICE, WAY_BACK } from '../../core/rollout/identity.ts';
import { readPlan, writePlan } from '../../core/rollout/plan.ts';
import { awaitsCanary } from '../../core/rollout/clone.ts';
import { splitOf } from '../../core/rollout/traffic.ts';
import type { TemplateChange, TemplateCopy } from '../../core/template-types.ts';
import type { Warmth } from '../../core/service-types.ts';
import type { Reason, RolloutRecord } from '../../core/types.ts';
import type { StartPlan } from '../../engine/ports.ts';
import { asList, asObject, asText, asWhole, at, withAt } from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { MIN_INSTANCES, followsLatest, recordIn } from './service-json.ts';
import { withAnnotation } from './template-parts.ts';
import { changeService } from './template.ts';

/** `start` only then. @throws Problem when its change cannot be made to this template. */
export function bodyFor(
  raw: JsonObject,
  record: RolloutRecord,
  start: StartPlan | null,
): JsonObject {
  const from = start === null ? raw : withOldMinimum(raw);
  const recorded = withAt(
    from,
    ['metadata', 'annotations', RECORD_ANNOTATION],
    writeRecord(record),
  );
  const routed = withTraffic(recorded, record, latestMeans(raw, record, start !== null));
  const made = start === null ? routed : withStart(routed, record, start);
  return withMinInstances(made, raw, record);
}

function withStart(routed: JsonObject, record: RolloutRecord, start: StartPlan): JsonObject {
  const { copy = null, ...plan } = start;
  const planned = withAt(routed, ['metadata', 'annotations', PLAN_ANNOTATION], writePlan(plan));
  if (awaitsCanary(record)) return withClone(planned, record, copy);
  const birth = writeBirth({ ...record, attempt: record.startedBy });
  // A revision that exists takes no certificate, and the template in force may be another one's.
  return plan.brings === undefined
    ? withTemplate(withTemplateBefore(planned, copy), record, { birth, change: plan.change })
    : withAt(planned, ['metadata', 'annotations', BIRTH_ANNOTATION], birth);
}

/** What our own write has put there is nothing that a change to the service is to be held against. */
export function withOldMinimum(raw: JsonObject): JsonObject {
  const warmth = ownWarmth(raw);
  return warmth === null ? raw : withAnnotation(raw, MIN_INSTANCES, warmth.before);
}

/** Set by the write that opens the rollout, put back by the one that ends it; somebody else's stays. */
function withMinInstances(body: JsonObject, raw: JsonObject, record: RolloutRecord): JsonObject {
  const own = ownWarmth(raw);
  if (isFinal(record)) return own === null ? body : withAnnotation(body, MIN_INSTANCES, own.before);
  const { minInstances } = record;
  const sets = minInstances !== null && (own !== null || openIn(raw) === null);
  return sets ? withAnnotation(body, MIN_INSTANCES, minInstances.during) : body;
}

/** null: the open rollout has set none, or somebody has set another since. */
function ownWarmth(raw: JsonObject): Warmth | null {
  const warmth = openIn(raw)?.minInstances ?? null;
  const isOurs = at(raw, 'metadata', 'annotations', MIN_INSTANCES) === warmth?.during;
  return isOurs ? warmth : null;
}

function openIn(raw: JsonObject): RolloutRecord | null {
  return openRecord({ record: recordIn(raw) });
}

/**
 * The same JSON from another read than it comes from. The version keeps its form, so that it is
 * refused for being wrong and not for being malformed; a character in the middle carries no padding.
 */
export function withWrongVersion(raw: JsonObject): JsonObject {
  const version = asText(at(raw, 'metadata', 'resourceVersion')) ?? '';
  const middle = Math.floor(version.length / 2);
  const wrong =
    version.slice(0, middle) + anotherCharacter(version[middle] ?? '') + version.slice(middle + 1);
  return withAt(raw, ['metadata', 'resourceVersion'], wrong);
}

/** Percents by name, our tag, and everybody else's tags by name and without a percent. */
function withTraffic(raw: JsonObject, record: RolloutRecord, latest: string): JsonObject {
  const split = splitOf(record);
  if (split === 'as-found') return raw;
  const rows = asList(at(raw, 'spec', 'traffic')) ?? [];
  const shares = Object.entries(split).map(([revisionName, percent]) => ({
    revisionName,
    percent,
  }));
  const back = wayBack(raw, record);
  const kept = rows
    .filter((row) => isTag(row) && !isOurTag(row, record))
    .filter((row) => !back.some(({ tag }) => tag === at(row, 'tag')))
    .map((row) => pinnedTag(row, latest));
  // A tag cannot name what is not made yet. Who has moved or removed ours meanwhile has taken it.
  const stays =
    (!isFinal(record) && !awaitsCanary(record)) ||
    (rows.some((row) => isOurTag(row, record)) && keepsTag(raw, record));
  const ours = stays ? [{ revisionName: record.canary, tag: record.tag }] : [];
  return withAt(raw, ['spec', 'traffic'], [...shares, ...kept, ...ours, ...back]);
}

/**
 * Where a tag that follows LATEST is pinned, for it would move to the canary as soon as that is
 * ready (S5). A start leaves it where it is; one found later may be on the canary already.
 */
function latestMeans(raw: JsonObject, record: RolloutRecord, isStart: boolean): string {
  if (record.phase === 'promoted') return record.canary;
  const latestReady = asText(at(raw, 'status', 'latestReadyRevisionName')) ?? '';
  return isStart && latestReady !== '' ? latestReady : record.stable;
}

/**
 * Above 1,000 revisions Cloud Run deletes those without traffic and tag, oldest first. After a
 * promotion this tag keeps the one that everything could go back to; there is never more than one.
 */
function wayBack(raw: JsonObject, record: RolloutRecord) {
  const service = asText(at(raw, 'metadata', 'name')) ?? '';
  const fits = service.length + WAY_BACK.length <= MAX_TAG_AND_SERVICE;
  return record.phase === 'promoted' && fits
    ? [{ revisionName: record.stable, tag: WAY_BACK }]
    : [];
}

/** After an end of these reasons the canary is not there or not ready, and a row for it would be refused. */
const BROKEN: readonly Reason[] = ['canary-gone', 'not-ready', 'not-served', 'write-refused'];

/**
 * After an end, if the plan says so. Nothing may keep a rollback from being
 * taken (S13): then the tag stays only where the service shows that it is well and serves it.
 */
export function keepsTag(raw: JsonObject, record: RolloutRecord): boolean {
  const text = asText(at(raw, 'metadata', 'annotations', PLAN_ANNOTATION)) ?? undefined;
  if (readPlan(text, record.planHash)?.keepTag !== true) return false;
  if (record.phase === 'promoted') return true;
  return (
    record.phase === 'rolled-back' && !BROKEN.includes(record.reason) && isTagServed(raw, record)
  );
}

/** The same without our tag: for when the service will not take it. */
export function withoutTag(body: JsonObject, record: RolloutRecord): JsonObject {
  const rows = asList(at(body, 'spec', 'traffic')) ?? [];
  const others = rows.filter((row) => !isOurTag(row, record));
  return withAt(body, ['spec', 'traffic'], others);
}

function isTagServed(raw: JsonObject, { tag, canary }: RolloutRecord): boolean {
  const conditions = asList(at(raw, 'status', 'conditions')) ?? [];
  const ready = conditions.find((condition) => at(condition, 'type') === 'Ready');
  const isObserved =
    asWhole(at(raw, 'status', 'observedGeneration')) === asWhole(at(raw, 'metadata', 'generation'));
  const rows = asList(at(raw, 'status', 'traffic')) ?? [];
  const isServed = rows.some((row) => at(row, 'tag') === tag && at(row, 'revisionName') === canary);
  return at(ready, 'status') === 'True' && isObserved && isServed;
}

function isTag(row: JsonValue): boolean {
  return (asText(at(row, 'tag')) ?? '') !== '';
}

/** While the rollout is open the tag is ours wherever it points; afterwards only on our canary. */
function isOurTag(row: JsonValue, record: RolloutRecord): boolean {
  if (at(row, 'tag') !== record.tag) return false;
  return !isFinal(record) || (!followsLatest(row) && at(row, 'revisionName') === record.canary);
}

function pinnedTag(row: JsonValue, latest: string): JsonValue {
  const { percent: _, ...tag } = asObject(row) ?? {};
  if (!followsLatest(row)) return tag;
  const { latestRevision: _l, ...rest } = tag;
  return { ...rest, revisionName: latest };
}

/** The stable revision once more, under a name of its own. */
function withClone(raw: JsonObject, record: RolloutRecord, copy: TemplateCopy | null): JsonObject {
  if (copy === null || !isOurs(copy.clone)) throw new Error('a clone is made from a copy');
  const copied = withAt(raw, ['spec', 'template'], copy.clone);
  const named = withAt(copied, ['spec', 'template', 'metadata', 'name'], record.clone);
  // What is deleted in the end is what says of itself that a rollout has made it.
  const own = { ...record, attempt: record.startedBy, canary: record.clone ?? '', clone: null };
  return withAt(
    named,
    ['spec', 'template', 'metadata', 'annotations', BIRTH_ANNOTATION],
    writeBirth(own),
  );
}

/** With a clone the template in force is the clone's by now. */
function withTemplateBefore(raw: JsonObject, copy: TemplateCopy | null): JsonObject {
  return copy !== null && isOurs(copy.before)
    ? withAt(raw, ['spec', 'template'], copy.before)
    : raw;
}

/** Nobody else makes such a copy. */
function isOurs(template: object): template is JsonObject {
  return !Array.isArray(template);
}

function withTemplate(
  raw: JsonObject,
  record: RolloutRecord,
  { birth, change }: { readonly birth: string; readonly change: TemplateChange },
): JsonObject {
  const changed = changeService(raw, change);
  const named = withAt(changed, ['spec', 'template', 'metadata', 'name'], record.canary);
  return withAt(named, ['spec', 'template', 'metadata', 'annotations', BIRTH_ANNOTATION], birth);
}

/** The character before it of the same kind: an older version rather than one to come. */
function anotherCharacter(character: string): string {
  if (/[1-9b-zB-Z]/.test(character)) return String.fromCharCode(character.charCodeAt(0) - 1);
  return character === '0' ? '9' : character === 'a' ? 'z' : character === 'A' ? 'Z' : '0';
}
