import { randomBytes } from 'node:crypto';
import type { Answer, Call, Handler, Now } from '../contract.ts';
import { answerImpersonation, FEDERATED, signIdentity } from './impersonation.ts';
import { newIssuer } from './jwt.ts';
import { answerOidc, OIDC_PATH } from './oidc.ts';
import { answerSts, PROVIDER, STS_PATH } from './sts.ts';

export type TokensOptions = {
  readonly now: Now;
  /** Life of exchanged and impersonated access tokens; Google's is one hour. */
  readonly lifetimeSeconds?: number;
  /** Life of a subject token; GitHub's is about five minutes. */
  readonly oidcLifetimeSeconds?: number;
};

type TokensControls = {
  /** One more access token that is good for ever, for a client that is handed one; or null. */
  fixedAccessToken: string | null;
  /** Service accounts nobody here may act as. */
  readonly deniedAccounts: Set<string>;
  /** Who may have identity tokens made: the federated job, and accounts that may for themselves. */
  readonly signers: Set<string>;
  /** An identity token, as users of a private service bring it. */
  readonly identity: (account: string, audience: string) => string;
  /** Ends every access token before its time. */
  readonly revoke: () => void;
  /** Every secret handed out so far: what no log and no other host may ever see. */
  readonly secrets: () => readonly string[];
};

export type Tokens = {
  readonly handler: Handler;
  /** Does the call carry an access token issued here that has not expired? */
  readonly authenticate: (call: Call) => boolean;
  /** Whom an unexpired identity token for the audience speaks for; null: it is none. */
  readonly identityOf: (token: string, audience: string) => string | null;
  /**
   * The file google-github-actions/auth writes for workload identity federation, pointing here.
   * With a service account the exchanged token is used to act as that account.
   */
  readonly credentialFile: (base: string, serviceAccount?: string) => object;
  /** What the runner gives a job with `id-token: write`. */
  readonly oidcEnvironment: (base: string) => Record<string, string>;
  readonly controls: TokensControls;
};

// All sandboxes of a process sign with the same keys: to make one takes as long as a dozen requests.
const github = newIssuer('github-1');
const google = newIssuer('google-1');

export function tokensHandler(options: TokensOptions): Tokens {
  const seconds = (): number => Math.floor(options.now() / 1000);
  const requestToken = randomBytes(24).toString('base64url');
  const secrets = [requestToken];
  const issued = new Map<string, { readonly until: number; readonly to: string }>();

  const controls: TokensControls = {
    fixedAccessToken: null,
    deniedAccounts: new Set(),
    signers: new Set([FEDERATED]),
    identity: (account, audience) =>
      signIdentity(google, { account, audience, seconds: seconds() }),
    revoke: () => issued.clear(),
    secrets: () => secrets,
  };
  const issue = (lifetime: number, to: string): string => {
    const token = `ya29.${randomBytes(48).toString('base64url')}`;
    issued.set(token, { until: seconds() + lifetime, to });
    return token;
  };
  const callerOf = (call: Call): string | null => {
    const token = /^bearer (\S+)$/i.exec(call.headers['authorization'] ?? '')?.[1] ?? '';
    if (token !== '' && token === controls.fixedAccessToken) return FEDERATED;
    const known = issued.get(token);
    return known !== undefined && known.until > seconds() ? known.to : null;
  };
  const authenticate = (call: Call): boolean => callerOf(call) !== null;

  const { lifetimeSeconds = 3600, oidcLifetimeSeconds = 300 } = options;
  const oidc = { issuer: github, requestToken, lifetimeSeconds: oidcLifetimeSeconds };
  const sts = { trusted: github, lifetimeSeconds, issue: (s: number) => issue(s, FEDERATED) };
  const { deniedAccounts: denied, signers } = controls;
  const iam = { google, lifetimeSeconds, issue, callerOf, denied, signers };
  const answer = (call: Call): Answer | null => {
    if (call.path === OIDC_PATH) return answerOidc(call, oidc, seconds());
    if (call.path === STS_PATH) return answerSts(call, sts, seconds());
    return answerImpersonation(call, iam, seconds());
  };

  return {
    handler: (call) => {
      const answered = answer(call);
      secrets.push(...tokensIn(answered?.body));
      return answered;
    },
    authenticate,
    identityOf: (token, audience) => {
      const claims = google.verify(token);
      if (claims === null || claims.aud !== audience || claims.exp <= seconds()) return null;
      const email = claims['email'];
      return typeof email === 'string' ? email : null;
    },
    credentialFile: (base, serviceAccount) => credentialFile(base, requestToken, serviceAccount),
    oidcEnvironment: (base) => ({
      ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl(base),
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    }),
    controls,
  };
}

function tokensIn(body: unknown): string[] {
  const fields = ['value', 'access_token', 'accessToken', 'token'];
  return Object.entries(Object(body)).flatMap(([name, value]) =>
    fields.includes(name) && typeof value === 'string' ? [value] : [],
  );
}

function requestUrl(base: string): string {
  return `${base}${OIDC_PATH}?api-version=2.0`;
}

/** https://github.com/google-github-actions/auth, src/client/workload_identity_federation.ts */
function credentialFile(base: string, requestToken: string, serviceAccount?: string): object {
  const url = `${requestUrl(base)}&audience=${encodeURIComponent(`https:${PROVIDER}`)}`;
  const account = `${base}/v1/projects/-/serviceAccounts/${serviceAccount}:generateAccessToken`;
  return {
    type: 'external_account',
    audience: PROVIDER,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${base}${STS_PATH}`,
    credential_source: {
      url,
      headers: { Authorization: `Bearer ${requestToken}` },
      format: { type: 'json', subject_token_field_name: 'value' },
    },
    ...(serviceAccount === undefined ? {} : { service_account_impersonation_url: account }),
  };
}
