/** What the tests of the token services have in common: the services on a port, and their clients. */
import { IdentityPoolClient } from 'google-auth-library';
import { onTestFinished } from 'vitest';
import type { Call } from '../contract.ts';
import { serve } from '../github/serve.ts';
import { tokensHandler, type Tokens } from './handler.ts';
import { PROVIDER } from './sts.ts';

export const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
export const ACCOUNT = 'deployer@demo.iam.gserviceaccount.com';
export const MINUTE = 60_000;

export type Fixture = Tokens & {
  readonly base: string;
  /** Paths asked for, in order. */
  readonly paths: string[];
  /** Google's own library on the credential file; each call gives a client without memory. */
  readonly library: (serviceAccount?: string) => IdentityPoolClient;
};

/** Time is Date's: the library knows no other clock. */
export async function startTokens(): Promise<Fixture> {
  const paths: string[] = [];
  const tokens = tokensHandler({ now: Date.now });
  const { base, close } = await serve((call) => {
    paths.push(call.path);
    return tokens.handler(call);
  });
  onTestFinished(close);
  const library: Fixture['library'] = (serviceAccount) => {
    return clientOf(tokens.credentialFile(base, serviceAccount));
  };
  return { ...tokens, base, paths, library };
}

export function clientOf(file: object): IdentityPoolClient {
  return new IdentityPoolClient({ ...JSON.parse(JSON.stringify(file)), scopes: [SCOPE] });
}

export function bearing(token: string): Call {
  return {
    method: 'GET',
    host: 'run.googleapis.com',
    path: '/v2/projects/demo',
    query: new URLSearchParams(),
    headers: { authorization: `Bearer ${token}` },
    body: '',
    base: 'http://127.0.0.1',
  };
}

export async function tokenOf(auth: IdentityPoolClient): Promise<string> {
  const { token } = await auth.getAccessToken();
  if (typeof token !== 'string') throw new Error('No token');
  return token;
}

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  audience: PROVIDER,
  scope: SCOPE,
};

/** A job's subject token, and an exchange of it with some fields changed. */
export async function startExchange() {
  const tokens = await startTokens();
  const env = tokens.oidcEnvironment(tokens.base);
  const subject = async (audience = `https:${PROVIDER}`): Promise<string> => {
    const url = `${env['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=${encodeURIComponent(audience)}`;
    const authorization = `Bearer ${env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}`;
    const answer = await fetch(url, { headers: { authorization } });
    const { value }: { value: string } = JSON.parse(await answer.text());
    return value;
  };
  const exchange = async (subject_token: string, changes: Record<string, string> = {}) => {
    const body = new URLSearchParams({ ...EXCHANGE, subject_token, ...changes });
    const answer = await fetch(`${tokens.base}/v1/token`, { method: 'POST', body });
    const json: { error?: string; access_token?: string } = JSON.parse(await answer.text());
    return { status: answer.status, error: json.error, token: json.access_token ?? '' };
  };
  return { ...tokens, subject, exchange };
}

/** Calls the credentials service with an exchanged token. */
export async function startImpersonation() {
  const tokens = await startExchange();
  const { token } = await tokens.exchange(await tokens.subject());
  const ask = async (method: string, body: object, bearer = token) => {
    const url = `${tokens.base}/v1/projects/-/serviceAccounts/${ACCOUNT}:${method}`;
    const headers = { authorization: `Bearer ${bearer}` };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    const json: { accessToken?: string; token?: string; expireTime?: string } = JSON.parse(
      await answer.text(),
    );
    return { status: answer.status, ...json };
  };
  return { ...tokens, ask };
}
