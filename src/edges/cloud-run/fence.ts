/** Whether the service refuses a write that was made from an old read. */
import type { ServiceRef } from '../../core/types.ts';
import type { HttpAnswer } from '../http.ts';
import type { JsonObject } from '../json.ts';
import { isUnauthorized } from './get.ts';
import { hidesValues } from './hidden-values.ts';
import type { Send } from './send.ts';
import { withWrongVersion } from './service-body.ts';
import { errorIn, fenceProblem } from './service-problem.ts';

export const DRY_RUN = '?dryRun=all';

/**
 * What it sends is what is there already, so that nothing changes even if it is taken. Whether a dry
 * run looks at the version at all is not documented: one that is taken proves nothing, and the same
 * body is sent for real.
 */
export async function proveFence(put: Send, raw: JsonObject, ref: ServiceRef): Promise<boolean> {
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
  const answer = await putAgain(put, sent);
  if (answer.kind === 'answer' && answer.status === 200) return false;
  if (isConflict(answer)) return true;
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
