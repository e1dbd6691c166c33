/**
 * Tokens for Google. One source for every call, so that each token is announced (and masked) before
 * it is used, and one place where the library's errors, which hold tokens, become plain sentences.
 */
import { GoogleAuth, PassThroughClient } from 'google-auth-library';
import type { gaxios } from 'google-auth-library';

import type { Problem } from '../core/problem.ts';
import { noTokenIn, tokenProblem } from './google-auth-problem.ts';
import { FETCH_TIME, sourceOf } from './google-auth-source.ts';
import type { Source } from './google-auth-source.ts';
import type { Credentials } from './google-credentials.ts';
import { createIdentities } from './google-identity.ts';
import type { Identities } from './google-identity.ts';
import type { Deadline } from './http.ts';

export interface GoogleTokens {
  /** "Bearer …", from the library's cache while it is good. @throws Problem `bad-credentials`, `unreachable`. */
  header(): Promise<string>;
  /** After a 401: the next header comes from a new token. */
  invalidate(): void;
  /** Called with each new token before anyone gets it. */
  onToken(listener: (token: string) => void): void;
  /** For the official client; it takes its tokens from here as well. */
  readonly auth: GoogleAuth;
  readonly identities: Identities;
}

export type GoogleAuthOptions = {
  readonly credentials: Credentials;
  readonly project: string;
  readonly universe: string;
  readonly deadline: Deadline;
};

const ANSWER_CAP = 8 * 1024 * 1024;

export function createGoogleAuth(o: GoogleAuthOptions): GoogleTokens {
  const listeners: ((token: string) => void)[] = [];
  const known = new Set<string>();
  const announce = (token: string) => {
    if (known.has(token)) return;
    known.add(token);
    for (const listener of listeners) listener(token);
  };
  const newSource = () => sourceOf(o.credentials, o.universe, announce);
  let source = newSource();
  /** The last header that worked; kept while a new token cannot be had, for it may still be good. */
  let last: string | null = null;
  const header = async (): Promise<string> => {
    const from = source;
    const fetched = await fetchHeader(from, o.deadline);
    if ('problem' in fetched) {
      if (last !== null) return last;
      throw fetched.problem;
    }
    if (fetched.header !== last) announce(fetched.header.slice('Bearer '.length));
    if (from === source) last = fetched.header;
    return fetched.header;
  };
  return {
    header,
    identities: createIdentities(o, announce),
    invalidate() {
      source = newSource();
      last = null;
    },
    onToken(listener) {
      listeners.push(listener);
    },
    auth: new GoogleAuth({
      authClient: new SharedTokens(header, o.universe),
      projectId: o.project,
      universeDomain: o.universe,
    }),
  };
}

type Fetched = { readonly header: string } | { readonly problem: Problem };

async function fetchHeader(source: Source, deadline: Deadline): Promise<Fetched> {
  try {
    const fetched = await deadline(source.client.getRequestHeaders(), FETCH_TIME);
    if (!fetched.done) return { problem: noTokenIn(FETCH_TIME, source.step()) };
    const header = fetched.value.get('authorization') ?? '';
    // An answer without a token makes the library write "Bearer undefined".
    if (/^Bearer (?!undefined$)[\x21-\x7e]+$/.test(header)) return { header };
    return { problem: tokenProblem(null, source.step(), source.facts) };
  } catch (error) {
    return { problem: tokenProblem(error, source.step(), source.facts) };
  }
}

/** What the official client sees: a client without credentials that puts our header on. */
class SharedTokens extends PassThroughClient {
  readonly #header: () => Promise<string>;

  constructor(header: () => Promise<string>, universe: string) {
    // The library logs requests and answers when asked to by a variable; answers hold environments.
    super({ universeDomain: universe, useAuthRequestParameters: false });
    this.#header = header;
  }

  override async request<T>(options: gaxios.GaxiosOptions): Promise<gaxios.GaxiosResponse<T>> {
    const headers = new Headers(options.headers);
    headers.set('authorization', await this.#header());
    return this.transporter.request<T>({
      ...options,
      headers,
      redirect: 'error',
      maxContentLength: ANSWER_CAP,
    });
  }

  override async getRequestHeaders(): Promise<Headers> {
    return new Headers({ authorization: await this.#header() });
  }
}
