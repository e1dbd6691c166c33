/** Cloud Run v1: the GET that everything is decided from, and the one fenced PUT. */
import { Problem } from '../../core/problem.ts';
import { isFinal } from '../../core/rollout/drafts.ts';
import type {
  Instant,
  Millis,
  RecordDraft,
  RolloutRecord,
  ServiceRef,
  ServiceSnapshot,
} from '../../core/types.ts';
import type { Clock, CloudRun, FirstDeploys, WriteAnswer } from '../../engine/ports.ts';
import type { GoogleTokens } from '../google-auth.ts';
import type { Http, HttpAnswer } from '../http.ts';
import { asObject, at, parseJson } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { get, isUnauthorized, servicesUrl } from './get.ts';
import type { Answered } from './get.ts';
import { createFirstDeploys } from './first-write.ts';
import { createNewest } from './newest.ts';
import type { Newest } from './newest.ts';
import { hidesValues } from './hidden-values.ts';
import { bodyFor, keepsTag, withWrongVersion, withoutTag } from './service-body.ts';
import { createSend } from './send.ts';
import type { Send } from './send.ts';
import { readService, recordIn } from './service-json.ts';
import {
  errorIn,
  fenceProblem,
  noTimeProblem,
  readProblem,
  recordProblem,
  refusal,
  staleProblem,
} from './service-problem.ts';
import { differs, servingImage } from './template.ts';

export type CloudRunOptions = {
  readonly http: Http;
  readonly tokens: Pick<GoogleTokens, 'header' | 'invalidate'>;
  /** Base URL without a slash at the end. */
  readonly endpoint: string;
  readonly ref: ServiceRef;
  /** 64 random bits in hex. */
  readonly newWriteId: () => string;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Told once when the server's time has to be worked out. */
  readonly onNotice: (text: string) => void;
};

const READ = 'run.services.get';
const DRY_RUN = '?dryRun=all';

export function createCloudRun(o: CloudRunOptions): CloudRun & FirstDeploys {
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
    differs: async (from, change) => differs(rawOf(from), change),
    proveFence: (from) => proveFence(put, rawOf(from), o.ref),
    ...createFirstDeploys({ ref: o.ref, put, post, rawOf }),
  };
}

function attempted<T>(work: () => T): T | Problem {
  try {
    return work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/**
 * What it sends is what is there already, so that nothing changes even if it is taken. Whether a dry
 * run looks at the version at all is not documented: one that is taken proves nothing, and the same
 * body is sent for real.
 */
async function proveFence(put: Send, raw: JsonObject, ref: ServiceRef): Promise<boolean> {
  const body = withWrongVersion(raw);
  return (
    (await isFenced(put, { body, query: DRY_RUN }, ref)) || isFenced(put, { body, query: '' }, ref)
  );
}

async function isFenced(
  put: Send,
  sent: { readonly body: JsonObject; readonly query: string },
  ref: ServiceRef,
): Promise<boolean> {
  const first = await put(sent.body, sent.query);
  const answer = isUnauthorized(first) ? await put(sent.body, sent.query) : first;
  if (answer.kind === 'answer' && answer.status === 200) return false;
  if (answer.kind === 'answer' && answer.status === 409) {
    if (errorIn(answer)?.status === 'ABORTED') return true;
  }
  throw fenceProblem(answer, ref, hidesValues(sent.body));
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
  if (answer.kind === 'no-answer') return { kind: 'read-again', why: answer.why };
  const { ref, sent, starts } = context;
  const hide = hidesValues(sent);
  const image = servingImage(asObject(at(sent, 'spec', 'template')) ?? {});
  const problem = refusal(answer, { ref, starts, image, hide });
  if (problem !== null) return { kind: 'refused', problem };
  const error = errorIn(answer, hide);
  const words =
    error === null ? '' : ` ${error.status}${error.message === '' ? '' : `: ${error.message}`}`;
  return { kind: 'read-again', why: `Cloud Run answered ${answer.status}${words}` };
}

function objectIn(text: string): JsonObject | null {
  try {
    return asObject(parseJson(text));
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** The Date header; without one, the last one seen and the time since. */
function createServerClock(o: CloudRunOptions): (answer: Answered) => Instant {
  let last: { readonly time: Instant; readonly since: Millis } | null = null;
  let isTold = false;
  return ({ serverTime }) => {
    const since = o.clock.monotonic();
    if (serverTime !== null) {
      last = { time: serverTime, since };
      return serverTime;
    }
    if (last === null) throw noTimeProblem();
    if (!isTold) o.onNotice('An answer of Cloud Run had no date; going on from the last one.');
    isTold = true;
    return last.time + Math.round(since - last.since);
  };
}
