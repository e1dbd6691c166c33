/**
 * Would Cloud Run take the first write? It is asked with `dryRun=all`, which the v1 API describes and
 * gcloud relies on before it builds from source. Should it ever be ignored, the same request would
 * be the start itself; so it also has a wrong version, and is only sent after an unchanged service
 * with that version has been refused for it.
 */
import type { Acceptance } from '../../core/forecast/forecast-types.ts';
import type { ServiceRef } from '../../core/types.ts';
import type { HttpAnswer } from '../http.ts';
import type { JsonObject } from '../json.ts';
import { DRY_RUN, isConflict, putAgain } from './fence.ts';
import { hidesValues } from './hidden-values.ts';
import type { Send } from './send.ts';
import { withWrongVersion } from './service-body.ts';
import { errorIn, refusal } from './service-problem.ts';

export type Start = {
  /** As it was read. */
  readonly raw: JsonObject;
  /** As it would be sent. */
  readonly body: JsonObject;
  /** It makes a revision, which runs as somebody. */
  readonly starts: boolean;
  readonly image: string;
  readonly ref: ServiceRef;
};

const NO_LOCK =
  'a wrong version was not refused in a dry run, so nothing would keep the write from being made';

/** @throws Problem with Cloud Run's own words: what it refuses in a dry run it refuses later. */
export async function rehearse(
  put: Send,
  { raw, body, starts, image, ref }: Start,
): Promise<Acceptance> {
  const unchanged = await putAgain(put, { body: withWrongVersion(raw), query: DRY_RUN });
  if (!isConflict(unchanged)) return unlocked(unchanged);
  const answer = await putAgain(put, { body: withWrongVersion(body), query: DRY_RUN });
  if (isConflict(answer)) return { kind: 'not-refused' };
  return accepted(answer, { ref, starts, image, hide: hidesValues(body) });
}

/**
 * Of a service that is not there: nothing but `dryRun=all` keeps it from being made, for what is not
 * there has no version. @throws Problem as above.
 */
export async function rehearseNew(
  post: Send,
  { body, image, ref }: Pick<Start, 'body' | 'image' | 'ref'>,
): Promise<Acceptance> {
  const answer = await putAgain(post, { body, query: DRY_RUN });
  if (isTaken(answer)) return { kind: 'untried', why: 'somebody else has just made the service' };
  return accepted(answer, { ref, starts: true, creates: true, image, hide: hidesValues(body) });
}

function isTaken(answer: HttpAnswer): boolean {
  return answer.kind === 'answer' && errorIn(answer)?.status === 'ALREADY_EXISTS';
}

function accepted(answer: HttpAnswer, context: Parameters<typeof refusal>[1]): Acceptance {
  if (answer.kind === 'answer' && answer.status === 200) return { kind: 'accepted' };
  const problem = answer.kind === 'answer' ? refusal(answer, context) : null;
  if (problem !== null) throw problem;
  return { kind: 'untried', why: answeredText(answer) };
}

/** Whatever is wrong with this service, those who need it to be right find it out and say so. */
function unlocked(answer: HttpAnswer): Acceptance {
  const wasAccepted = answer.kind === 'answer' && answer.status === 200;
  return wasAccepted
    ? { kind: 'untried', why: NO_LOCK, fence: 'absent' }
    : { kind: 'untried', why: answeredText(answer) };
}

function answeredText(answer: HttpAnswer): string {
  return answer.kind === 'no-answer' ? answer.why : `Cloud Run answered ${answer.status}`;
}
