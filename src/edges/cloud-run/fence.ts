/** Whether the service refuses a write that was made from an old read. */
import type { ServiceRef } from '../../core/types.ts';
import type { HttpAnswer } from '../http.ts';
import { asWhole, at, objectIn } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { isUnauthorized } from './get.ts';
import { hidesValues } from './hidden-values.ts';
import type { Send } from './send.ts';
import { withWrongVersion } from './service-body.ts';
import { errorIn, fenceProblem } from './service-problem.ts';

export const DRY_RUN = '?dryRun=all';

type About = {
  readonly ref: ServiceRef;
  readonly onNotice: (text: string) => void;
};

/**
 * What it sends is what is there already, so that nothing changes even if it is taken. Whether a dry
 * run looks at the version at all is not documented: one that is taken proves nothing, and the same
 * body is sent for real. Without a fence that undoes whatever somebody has written since the read, so
 * it is told then (S2).
 */
export async function proveFence(put: Send, raw: JsonObject, about: About): Promise<boolean> {
  const body = withWrongVersion(raw);
  if ((await takenAs(put, { body, query: DRY_RUN }, about)) === null) return true;
  const taken = await takenAs(put, { body, query: '' }, about);
  if (taken === null) return true;
  if (hasOvertaken(raw, taken)) about.onNotice(OVERWRITTEN);
  return false;
}

const OVERWRITTEN =
  'While the fence was tried somebody else has changed the service, and that change may have been overwritten, for this service takes stale writes. Look at its revisions and traffic.';

/** A write makes one generation at most: with two more, another one came in between. */
function hasOvertaken(read: JsonObject, taken: string): boolean {
  const [before, after] = [generationIn(read), generationIn(objectIn(taken))];
  return before !== null && after !== null && after > before + 1;
}

function generationIn(raw: JsonObject | null): number | null {
  return raw === null ? null : asWhole(at(raw, 'metadata', 'generation'));
}

/** The text of the 200; null: refused for its version. */
async function takenAs(
  put: Send,
  sent: { readonly body: JsonObject; readonly query: string },
  { ref }: About,
): Promise<string | null> {
  const answer = await putAgain(put, sent);
  if (answer.kind === 'answer' && answer.status === 200) return answer.text;
  if (isConflict(answer)) return null;
  throw fenceProblem(answer, ref, hidesValues(sent.body));
}

/** Of what may be taken twice without harm. */
export async function putAgain(
  put: Send,
  { body, query }: { readonly body: JsonObject; readonly query: string },
): Promise<HttpAnswer> {
  const first = await put(body, query);
  return isUnauthorized(first) ? put(body, query) : first;
}

export function isConflict(answer: HttpAnswer): boolean {
  return answer.kind === 'answer' && answer.status === 409 && errorIn(answer)?.status === 'ABORTED';
}
