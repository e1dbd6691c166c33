/** The only place that can change a service. It sends once. */
import type { Millis } from '../../core/types.ts';
import type { GoogleTokens } from '../google-auth.ts';
import type { Http, HttpAnswer } from '../http.ts';
import { stringifyJson } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { isUnauthorized } from './get.ts';

export type SendOptions = {
  readonly http: Http;
  readonly tokens: Pick<GoogleTokens, 'header' | 'invalidate'>;
};

export type Send = (body: JsonObject, query: string) => Promise<HttpAnswer>;

/** As the official client gives its updates. */
const WRITE_DEADLINE: Millis = 15_000;

export function createSend(o: SendOptions, method: 'put' | 'post', url: string): Send {
  return async (body, query) => {
    const authorization = await o.tokens.header();
    const headers = { authorization, 'content-type': 'application/json' };
    const to = { url: url + query, headers, deadlineMs: WRITE_DEADLINE };
    const sent = { ...to, body: stringifyJson(body) };
    const answer = method === 'put' ? await o.http.put(sent) : await o.http.post(sent);
    if (isUnauthorized(answer)) o.tokens.invalidate();
    return answer;
  };
}
