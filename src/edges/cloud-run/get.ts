/** One GET of the v1 API, with a token that is renewed once when it is refused. */
import type { Millis, ServiceRef } from '../../core/types.ts';
import type { GoogleTokens } from '../google-auth.ts';
import type { Http, HttpAnswer } from '../http.ts';
import { readProblem } from './service-problem.ts';
import type { Permission } from './service-problem.ts';

export type Answered = Extract<HttpAnswer, { kind: 'answer' }>;

export type GetOptions = {
  readonly http: Http;
  readonly tokens: Pick<GoogleTokens, 'header' | 'invalidate'>;
  readonly ref: ServiceRef;
};

export type Wanted = { readonly url: string; readonly permission: Permission };

const READ_DEADLINE: Millis = 10_000;

/** Only a 200. @throws Problem for everything else. */
export async function get(o: GetOptions, { url, permission }: Wanted): Promise<Answered> {
  const ask = async () =>
    o.http.get({
      url,
      headers: { authorization: await o.tokens.header() },
      deadlineMs: READ_DEADLINE,
      retry: true,
    });
  let answer = await ask();
  if (isUnauthorized(answer)) {
    o.tokens.invalidate();
    answer = await ask();
  }
  if (answer.kind === 'answer' && answer.status === 200) return answer;
  throw readProblem(answer, { ref: o.ref, permission });
}

export function isUnauthorized(answer: HttpAnswer): boolean {
  return answer.kind === 'answer' && answer.status === 401;
}

/** Every part is validated before it gets here; encoding is the second lock on the same door. */
export function servicesUrl(endpoint: string, ref: Pick<ServiceRef, 'project'>): string {
  const project = encodeURIComponent(ref.project);
  return `${endpoint}/apis/serving.knative.dev/v1/namespaces/${project}/services`;
}
