/** Google's token exchange. https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token */
import type { Answer, Call } from '../contract.ts';
import type { Issuer } from './jwt.ts';

export const STS_PATH = '/v1/token';

/** The one workload identity provider there is. */
export const PROVIDER =
  '//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/github/providers/actions';

const WANTED = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
};

export type Sts = {
  /** Whose subject tokens the provider trusts. */
  readonly trusted: Issuer;
  readonly lifetimeSeconds: number;
  readonly issue: (lifetimeSeconds: number) => string;
};

export function answerSts(call: Call, sts: Sts, seconds: number): Answer {
  const fault = requestFault(call) ?? subjectFault(call, sts, seconds);
  if (fault !== null) {
    return { status: 400, body: { error: fault[0], error_description: fault[1] } };
  }
  return {
    status: 200,
    body: {
      access_token: sts.issue(sts.lifetimeSeconds),
      issued_token_type: WANTED.requested_token_type,
      token_type: 'Bearer',
      expires_in: sts.lifetimeSeconds,
    },
  };
}

/** OAuth error code and description (RFC 8693, section 2.2.2). */
type Fault = readonly [string, string] | null;

function requestFault(call: Call): Fault {
  const type = call.headers['content-type'] ?? '';
  if (call.method !== 'POST' || !type.startsWith('application/x-www-form-urlencoded')) {
    return ['invalid_request', 'A form is expected.'];
  }
  const form = new URLSearchParams(call.body);
  if (form.get('grant_type') !== WANTED.grant_type) {
    return ['unsupported_grant_type', `The grant type must be ${WANTED.grant_type}.`];
  }
  for (const name of ['requested_token_type', 'subject_token_type'] as const) {
    if (form.get(name) === WANTED[name]) continue;
    return ['invalid_request', `Invalid value for "${name}".`];
  }
  if ((form.get('scope') ?? '') === '') return ['invalid_scope', 'A scope must be given.'];
  if (form.get('audience') !== PROVIDER) {
    return ['invalid_target', 'The audience names no provider that exists and is enabled.'];
  }
  return null;
}

function subjectFault(call: Call, { trusted }: Sts, seconds: number): Fault {
  const claims = trusted.verify(new URLSearchParams(call.body).get('subject_token') ?? '');
  if (claims === null) {
    return ['invalid_grant', 'Error connecting to the given credential: invalid signature.'];
  }
  // A provider without a list of its own allows its name, with and without the scheme.
  if (![PROVIDER, `https:${PROVIDER}`].includes(claims.aud)) {
    const text = `The audience in ID Token [${claims.aud}] does not match the expected audience.`;
    return ['invalid_grant', text];
  }
  if (claims.exp <= seconds) {
    return ['invalid_grant', `ID Token issued at ${claims.iat} is stale to sign-in.`];
  }
  return null;
}
