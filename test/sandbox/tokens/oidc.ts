/**
 * GitHub's token service for a job with `id-token: write`.
 * https://docs.github.com/actions/reference/security/oidc
 */
import { randomUUID } from 'node:crypto';
import type { Answer, Call } from '../contract.ts';
import type { Issuer } from './jwt.ts';

export const OIDC_PATH = '/oidc/token';

export type Oidc = {
  readonly issuer: Issuer;
  /** ACTIONS_ID_TOKEN_REQUEST_TOKEN of the job. */
  readonly requestToken: string;
  readonly lifetimeSeconds: number;
};

export function answerOidc(call: Call, oidc: Oidc, seconds: number): Answer {
  if (call.method !== 'GET') return { status: 405 };
  if (call.headers['authorization'] !== `Bearer ${oidc.requestToken}`) {
    return { status: 401, body: { message: 'The request token is not valid' } };
  }
  const audience = call.query.get('audience');
  const value = oidc.issuer.sign({
    jti: randomUUID(),
    iss: 'https://token.actions.githubusercontent.com',
    aud: audience === null || audience === '' ? 'https://github.com/octo-org' : audience,
    sub: 'repo:octo-org/shop:ref:refs/heads/main',
    repository: 'octo-org/shop',
    repository_id: '123456789',
    repository_owner: 'octo-org',
    repository_owner_id: '987654',
    ref: 'refs/heads/main',
    ref_type: 'branch',
    event_name: 'push',
    runner_environment: 'github-hosted',
    nbf: seconds,
    iat: seconds,
    exp: seconds + oidc.lifetimeSeconds,
  });
  return { status: 200, body: { count: value.length, value } };
}
