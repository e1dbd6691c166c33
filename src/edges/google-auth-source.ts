/** The library's clients: one for each kind of credentials, with limits that it does not have. */
import { IdentityPoolClient, JWT } from 'google-auth-library';
import type { AuthClient, IdentityPoolClientOptions } from 'google-auth-library';

import type { IdentityFacts } from '../core/doctor/google-words.ts';
import type { Millis } from '../core/types.ts';
import type { TokenStep } from './google-auth-problem.ts';
import { accountOf } from './google-credentials.ts';
import type { Credentials } from './google-credentials.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** Three requests at most, each of which the library may repeat. */
export const FETCH_TIME: Millis = 30_000;
/** The library has no limits of its own. A redirect could carry a token to another host. */
const LIMITS = { timeout: 10_000, redirect: 'error', maxContentLength: 1024 * 1024 } as const;

/** A client of the library, and what it was doing when it failed. */
export type Source = {
  readonly client: AuthClient;
  step(): TokenStep;
  /** null: with a key. */
  readonly facts: IdentityFacts | null;
};

export function sourceOf(
  credentials: Credentials,
  universe: string,
  announce: (token: string) => void,
): Source {
  if (credentials.kind === 'external') {
    const client = new WorkloadIdentity(credentials, universe, announce);
    const { audience } = credentials;
    const facts = { audience, account: accountOf(credentials) };
    return { client, step: () => client.step, facts };
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
    const { stsCredential } = this;
    // The token service is asked through a transport of its own, which takes no options.
    stsCredential['transporter'].defaults = { ...LIMITS };
    const exchange = stsCredential.exchangeToken.bind(stsCredential);
    // What acts as an account, or signs for it, is a secret on the way there, too.
    stsCredential.exchangeToken = async (...asked) => {
      const answer = await exchange(...asked);
      const token: unknown = answer.access_token;
      if (typeof token === 'string') announce(token);
      return answer;
    };
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

/** Identity tokens by one way to them. */
export type IdentitySource = {
  fetch(audience: string): Promise<unknown>;
  step(): TokenStep;
};

/**
 * The ways, best first. Whoever may act as an account by federation may as a rule sign for it, too;
 * where that is not so the account may sign for itself. A key needs no permission.
 */
export function identitySourcesOf(
  credentials: Credentials,
  universe: string,
  announce: (token: string) => void,
): readonly IdentitySource[] {
  if (credentials.kind === 'key') return [keyIdentity(credentials, universe)];
  const { impersonationUrl } = credentials;
  if (impersonationUrl === null) return [];
  const url = impersonationUrl.replace(/:generateAccessToken$/, ':generateIdToken');
  return [null, impersonationUrl].map((actingAs) => {
    const identity = { ...credentials, impersonationUrl: actingAs };
    const client = new WorkloadIdentity(identity, universe, announce);
    return {
      async fetch(audience) {
        const data = { audience, includeEmail: true };
        const answer = await client.request<unknown>({ url, method: 'POST', data });
        return Reflect.get(Object(answer.data), 'token');
      },
      step: () => client.step,
    };
  });
}

function keyIdentity(
  { email, key, keyId, tokenUrl }: Extract<Credentials, { kind: 'key' }>,
  universe: string,
): IdentitySource {
  const client = new JWT({
    email,
    key,
    ...(keyId === null ? {} : { keyId }),
    universeDomain: universe,
    useAuthRequestParameters: false,
    transporterOptions: { ...LIMITS },
  });
  // The library knows one address, whatever the key file and the universe are.
  client.transporter.interceptors.request.add({
    resolved: async (options) => ({ ...options, url: new URL(tokenUrl) }),
  });
  return { fetch: (audience) => client.fetchIdToken(audience), step: () => 'mint' };
}
