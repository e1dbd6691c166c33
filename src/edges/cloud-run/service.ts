/** Cloud Run v1: the GET that everything is decided from, and the one fenced PUT. */
import { COMMIT_LABEL } from '../../core/inputs/label-inputs.ts';
import { Problem } from '../../core/problem.ts';
import { isFinal } from '../../core/rollout/drafts.ts';
import type { RecordDraft, RolloutRecord, ServiceRef, ServiceSnapshot } from '../../core/types.ts';
import type { ConfigDiff } from '../../core/forecast/forecast-types.ts';
import type { CloudRun, FirstDeploys, Foresight, WriteAnswer } from '../../engine/ports.ts';
import type { GoogleTokens } from '../google-auth.ts';
import type { Http, HttpAnswer } from '../http.ts';
import { asObject, asText, at, objectIn, parseJson } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { copyTemplates } from './clone.ts';
import { get, revisionsUrl, servicesUrl } from './get.ts';
import type { Answered } from './get.ts';
import { createFirstDeploys } from './first-write.ts';
import { createNewest } from './newest.ts';
import type { Newest } from './newest.ts';
import { hidesValues } from './hidden-values.ts';
import { proveFence } from './fence.ts';
import { rehearse } from './rehearsal.ts';
import { createSend } from './send.ts';
import { createServerClock } from './server-clock.ts';
import type { ServerClockOptions } from './server-clock.ts';
import { bodyFor, keepsTag, withOldMinimum, withoutTag } from './service-body.ts';
import { readService, recordIn } from './service-json.ts';
import {
  errorIn,
  oddRevisionProblem,
  readProblem,
  recordProblem,
  refusal,
  staleProblem,
} from './service-problem.ts';
import { changeService, differs, servingImage } from './template.ts';
import { templateChanges } from './template-diff.ts';
import { projectOf } from './template-meaning.ts';

export type CloudRunOptions = ServerClockOptions & {
  readonly http: Http;
  readonly tokens: Pick<GoogleTokens, 'header' | 'invalidate'>;
  /** Base URL without a slash at the end. */
  readonly endpoint: string;
  readonly ref: ServiceRef;
  /** 64 random bits in hex. */
  readonly newWriteId: () => string;
};

const READ = 'run.services.get';
const REVISION_READ = 'run.revisions.get';

export function createCloudRun(
  o: CloudRunOptions,
): CloudRun & FirstDeploys & Pick<Foresight, 'rehearse' | 'changes'> {
  const url = `${servicesUrl(o.endpoint, o.ref)}/${encodeURIComponent(o.ref.service)}`;
  const put = createSend(o, 'put', url);
  const post = createSend(o, 'post', servicesUrl(o.endpoint, o.ref));
  const timeOf = createServerClock(o);
  const newest = createNewest();
  /** The JSON of each snapshot handed out; a write is made from it and from nothing else. */
  const raws = new WeakMap<ServiceSnapshot, JsonObject>();
  /** Once the service would not take a rollback that leaves the tag on the canary (S13). */
  let isTagDropped = false;
  const rawOf = (from: ServiceSnapshot): JsonObject => {
    const raw = raws.get(from);
    if (raw === undefined) throw new Error('a write needs a snapshot that was read here');
    return raw;
  };
  return {
    async read() {
      const answer = await get(o, { url, permission: READ });
      const raw = readBody(answer, o.ref);
      const snapshot = readService(raw, o.ref.service, timeOf(answer));
      if (!newest.accept(raw, snapshot.record)) throw staleProblem();
      raws.set(snapshot, raw);
      return snapshot;
    },
    async write(from, next, plan) {
      const record = stamp(from, next, o.newWriteId());
      const made = attempted(() => {
        const body = bodyFor(rawOf(from), record, plan);
        return isTagDropped && isFinal(record) ? withoutTag(body, record) : body;
      });
      if (made instanceof Problem) return { kind: 'refused', problem: made };
      // Sent, it would lock everybody out of the rollout, us included.
      if (recordIn(made) === 'unreadable') return { kind: 'refused', problem: recordProblem() };
      try {
        const answer = await put(made, '');
        if (holdsWrite(answer, record, newest)) return { kind: 'applied' };
        // A start that brings its canary makes no revision, which alone runs as somebody.
        const starts = plan !== null && plan.brings === undefined;
        const refused = notApplied(answer, { ref: o.ref, sent: made, starts });
        const mayBeTag = record.phase === 'rolled-back' && keepsTag(rawOf(from), record);
        if (refused.kind !== 'refused' || isTagDropped || !mayBeTag) return refused;
        isTagDropped = true;
        return { kind: 'read-again', why: `${refused.problem.summary} Once more without the tag.` };
      } catch (error) {
        // No token, so nothing was sent; the next read says what is the matter.
        if (error instanceof Problem) return { kind: 'read-again', why: error.summary };
        throw error;
      }
    },
    async copy(from, stable) {
      const raw = rawOf(from);
      return copyTemplates(raw, await revisionJson(o, stable));
    },
    differs: async (from, change) => differs(withOldMinimum(rawOf(from)), change),
    proveFence: (from) => proveFence(put, rawOf(from), o),
    async rehearse(from, next, plan) {
      const raw = rawOf(from);
      const record = stamp(from, next, o.newWriteId());
      const starts = plan.brings === undefined;
      const body = bodyFor(raw, record, plan);
      const image = servingImage(templateIn(body));
      return rehearse(put, { raw, body, starts, image, ref: o.ref });
    },
    async changes(from, stable, { change, brings }) {
      const raw = withOldMinimum(rawOf(from));
      const templateOf = async (revision: string) =>
        from.latestCreated === revision ? templateIn(raw) : revisionJson(o, revision);
      const before = await templateOf(stable);
      const number = projectOf(raw);
      if (brings === undefined) {
        return diffOf(before, templateIn(changeService(raw, change)), number);
      }
      const after = await templateOf(brings);
      return { ...diffOf(before, after, number), head: commitOf(after) };
    },
    ...createFirstDeploys({ ref: o.ref, put, post, rawOf }),
  };
}

function templateIn(raw: JsonObject): JsonObject {
  return asObject(at(raw, 'spec', 'template')) ?? {};
}

/** A revision shows its template as it was made. @throws Problem `bad-answer` for any other. */
async function revisionJson(o: CloudRunOptions, name: string): Promise<JsonObject> {
  const url = `${revisionsUrl(o.endpoint, o.ref)}/${encodeURIComponent(name)}`;
  const revision = objectIn((await get(o, { url, permission: REVISION_READ })).text);
  if (revision !== null && at(revision, 'metadata', 'name') === name) return revision;
  throw oddRevisionProblem(name);
}

/** What it will be labelled with is the run's to say. */
function diffOf(before: JsonObject, after: JsonObject, number: string): ConfigDiff {
  return { changes: templateChanges(before, after, number), base: commitOf(before), head: null };
}

function commitOf(template: JsonObject): string | null {
  return asText(at(template, 'metadata', 'labels', COMMIT_LABEL));
}

function attempted<T>(work: () => T): T | Problem {
  try {
    return work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function readBody(answer: Answered, ref: ServiceRef): JsonObject {
  const raw = asObject(parseJson(answer.text));
  if (raw === null) throw readProblem(answer, { ref, permission: READ });
  return raw;
}

function stamp(from: ServiceSnapshot, next: RecordDraft, writeId: string): RolloutRecord {
  const before = from.record;
  const goesOn = typeof before !== 'string' && before.rolloutId === next.rolloutId;
  return {
    ...next,
    transition: goesOn ? before.transition + 1 : 1,
    generation: from.generation + 1,
    writeId,
  };
}

/** A well-formed 200 whose annotation holds our write id. Nothing less counts as applied. */
function holdsWrite(answer: HttpAnswer, record: RolloutRecord, newest: Newest): boolean {
  if (answer.kind !== 'answer' || answer.status !== 200) return false;
  const raw = objectIn(answer.text);
  if (raw === null) return false;
  const written = recordIn(raw);
  if (typeof written === 'string' || written.writeId !== record.writeId) return false;
  newest.learn(raw, written);
  return true;
}

function notApplied(
  answer: HttpAnswer,
  context: { readonly ref: ServiceRef; readonly sent: JsonObject; readonly starts: boolean },
): WriteAnswer {
  if (answer.kind === 'no-answer') return { kind: 'read-again', why: answer.why, isUnderWay: true };
  const { ref, sent, starts } = context;
  const hide = hidesValues(sent);
  const image = servingImage(asObject(at(sent, 'spec', 'template')) ?? {});
  const problem = refusal(answer, { ref, starts, image, hide });
  if (problem !== null) return { kind: 'refused', problem };
  const error = errorIn(answer, hide);
  const words =
    error === null ? '' : ` ${error.status}${error.message === '' ? '' : `: ${error.message}`}`;
  const again = { kind: 'read-again', why: `Cloud Run answered ${answer.status}${words}` } as const;
  // A gateway that gives up has passed it on.
  if (answer.status >= 500) return { ...again, isUnderWay: true };
  return error?.status === 'RESOURCE_EXHAUSTED' ? { ...again, isOverQuota: true } : again;
}
