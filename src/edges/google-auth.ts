/**
 * Tokens for Google. One source for every call, so that each token is announced (and masked) before
 * it is used, and one place where the library's errors, which hold tokens, become plain sentences.
 */
import { GoogleAuth, IdentityPoolClient, JWT, PassThroughClient } from 'google-auth-library';
import type { AuthClient, IdentityPoolClientOptions, gaxios } from 'google-auth-library';

import type { IdentityFacts } from '../core/doctor/google-words.ts';
import type { Problem } from '../core/problem.ts';
import type { Millis } from '../core/types.ts';
import { noTokenIn, tokenProblem } from './google-auth-problem.ts';
import type { TokenStep } from './google-auth-problem.ts';
import type { Credentials } from './google-credentials.ts';
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
}

export type GoogleAuthOptions = {
  readonly credentials: Credentials;
  readonly project: string;
  readonly universe: string;
  readonly deadline: Deadline;
};

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** Three requests at most, each of which the library may repeat. */
const FETCH_TIME: Millis = 30_000;
/** The library has no limits of its own. A redirect could carry a token to another host. */
const LIMITS = { timeout: 10_000, redirect: 'error', maxContentLength: 1024 * 1024 } as const;
const ANSWER_CAP = 8 * 1024 * 1024;

export function createGoogleAuth(o: GoogleAuthOptions): GoogleTokens {
  const listeners: ((token: string) => void)[] = [];
  const announce = (token: string) => {
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

/** A client of the library, and what it was doing when it failed. */
type Source = {
  readonly client: AuthClient;
  step(): TokenStep;
  /** null: with a key. */
  readonly facts: IdentityFacts | null;
};

function sourceOf(
  credentials: Credentials,
  universe: string,
  announce: (token: string) => void,
): Source {
  if (credentials.kind === 'external') {
    const client = new WorkloadIdentity(credentials, universe, announce);
    const { audience, impersonationUrl } = credentials;
    const account = /\/serviceAccounts\/([^/:]+):/.exec(impersonationUrl ?? '')?.[1] ?? null;
    return { client, step: () => client.step, facts: { audience, account } };
  }
  const client = new JWT({
    email: credentials.email,
    key: credentials.key,
    ...(credentials.keyId === null ? {} : { keyId: credentials.keyId }),
    scopes: [SCOPE],
    universeDomain: universe,
    useAuthRequestParameters: false,
  });
  // A token signed here: no token service that could be down when a rollback needs it.
  client.useJWTAccessWithScope = true;
  return { client, step: () => 'sign', facts: null };
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

/** GitHub's identity token → Google's token service → (maybe) a service account's access token. */
class WorkloadIdentity extends IdentityPoolClient {
  step: TokenStep = 'identity';
  readonly #announce: (token: string) => void;

  constructor(
    credentials: Extract<Credentials, { kind: 'external' }>,
    universe: string,
    announce: (token: string) => void,
  ) {
    super(poolOptions(credentials, universe));
    this.#announce = announce;
    // The token service is asked through a transport of its own, which takes no options.
    this.stsCredential['transporter'].defaults = { ...LIMITS };
  }

  override async retrieveSubjectToken(): Promise<string> {
    this.step = 'identity';
    const token = await super.retrieveSubjectToken();
    this.#announce(token);
    this.step = 'exchange';
    return token;
  }
}

function poolOptions(
  credentials: Extract<Credentials, { kind: 'external' }>,
  universe: string,
): IdentityPoolClientOptions {
  const { impersonationUrl } = credentials;
  return {
    type: 'external_account',
    audience: credentials.audience,
    subject_token_type: credentials.subjectTokenType,
    token_url: credentials.tokenUrl,
    ...(impersonationUrl === null ? {} : { service_account_impersonation_url: impersonationUrl }),
    credential_source: {
      url: credentials.identityUrl,
      headers: { ...credentials.identityHeaders },
      format: { type: 'json', subject_token_field_name: credentials.identityField },
    },
    scopes: [SCOPE],
    universe_domain: universe,
    useAuthRequestParameters: false,
    transporterOptions: { ...LIMITS },
  };
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
