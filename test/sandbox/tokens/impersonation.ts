/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts */
import type { Answer, Call } from '../contract.ts';
import type { Issuer } from './jwt.ts';

export type Impersonation = {
  readonly google: Issuer;
  readonly lifetimeSeconds: number;
  readonly issue: (lifetimeSeconds: number, to: string) => string;
  /** The federated job, or the account that it acts as; null: nobody that is known. */
  readonly callerOf: (call: Call) => string | null;
  /** Service accounts the caller may not act as. */
  readonly denied: ReadonlySet<string>;
  /** Callers that may have identity tokens made. */
  readonly signers: ReadonlySet<string>;
};

export const FEDERATED = 'principalSet://repository';

const PATH = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]+):(generateAccessToken|generateIdToken)$/;
const ID_TOKEN_SECONDS = 3600;

/** null: not a path of this service. */
export function answerImpersonation(
  call: Call,
  service: Impersonation,
  seconds: number,
): Answer | null {
  const match = PATH.exec(call.path);
  if (match === null || call.method !== 'POST') return null;
  const account = decodeURIComponent(match[1] ?? '');
  const caller = service.callerOf(call);
  if (caller === null) {
    const text = 'Request had invalid authentication credentials.';
    return refuse(401, 'UNAUTHENTICATED', text);
  }
  const isIdToken = match[2] === 'generateIdToken';
  const isSigner = service.signers.has(caller) && [FEDERATED, account].includes(caller);
  if (service.denied.has(account) || (isIdToken && !isSigner)) {
    const permission = isIdToken ? 'getOpenIdToken' : 'getAccessToken';
    const text = `Permission 'iam.serviceAccounts.${permission}' denied on resource (or it may not exist).`;
    return refuse(403, 'PERMISSION_DENIED', text);
  }
  const body = readObject(call.body);
  if (body === null) return refuse(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.');
  return isIdToken
    ? idToken(account, body, { service, seconds })
    : accessToken(account, body, { service, seconds });
}

type At = { readonly service: Impersonation; readonly seconds: number };
type Body = Readonly<Record<string, unknown>>;

function accessToken(account: string, body: Body, { service, seconds }: At): Answer {
  const { scope, lifetime = '3600s' } = body;
  if (!Array.isArray(scope) || scope.length === 0) {
    return refuse(400, 'INVALID_ARGUMENT', 'Scope required.');
  }
  const asked = /^(\d{1,5})s$/.exec(String(lifetime))?.[1];
  if (asked === undefined || Number(asked) === 0 || Number(asked) > 3600) {
    return refuse(400, 'INVALID_ARGUMENT', `The lifetime ${String(lifetime)} is not allowed.`);
  }
  const life = Math.min(Number(asked), service.lifetimeSeconds);
  const expireTime = `${new Date((seconds + life) * 1000).toISOString().slice(0, 19)}Z`;
  return { status: 200, body: { accessToken: service.issue(life, account), expireTime } };
}

function idToken(account: string, body: Body, { service, seconds }: At): Answer {
  const { audience, includeEmail } = body;
  if (typeof audience !== 'string' || audience === '') {
    return refuse(400, 'INVALID_ARGUMENT', 'Audience required.');
  }
  const to = { account, audience, seconds, hasEmail: includeEmail === true };
  return { status: 200, body: { token: signIdentity(service.google, to) } };
}

export function signIdentity(
  google: Issuer,
  to: {
    readonly account: string;
    readonly audience: string;
    readonly seconds: number;
    /** false: Cloud Run does not know whose it is. */
    readonly hasEmail?: boolean;
  },
): string {
  const { account, audience, seconds, hasEmail = true } = to;
  return google.sign({
    iss: 'https://accounts.google.com',
    aud: audience,
    azp: account,
    sub: account,
    ...(hasEmail ? { email: account, email_verified: true } : {}),
    iat: seconds,
    exp: seconds + ID_TOKEN_SECONDS,
  });
}

function readObject(text: string): Body | null {
  try {
    const value: Body | null = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function refuse(code: number, status: string, message: string): Answer {
  return { status: code, body: { error: { code, message, status } } };
}
