import { afterEach, expect, test, vi } from 'vitest';
import { MINUTE, startExchange, startTokens } from './fixture.ts';
import { newIssuer } from './jwt.ts';
import { PROVIDER } from './sts.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a subject token is good for five minutes and not for a second more', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-20T15:00:00Z') });
  const { subject, exchange } = await startExchange();
  const kept = await subject();
  vi.setSystemTime(Date.now() + 5 * MINUTE - 1000);
  expect(await exchange(kept)).toMatchObject({ status: 200 });
  vi.setSystemTime(Date.now() + 1000);
  expect(await exchange(kept)).toMatchObject({ status: 400, error: 'invalid_grant' });
});

test('a subject token is for the provider it was asked for, with or without the scheme', async () => {
  const { subject, exchange } = await startExchange();
  expect(await exchange(await subject(PROVIDER))).toMatchObject({ status: 200 });
  const foreign = await exchange(await subject('https://example.com'));
  expect(foreign).toMatchObject({ status: 400, error: 'invalid_grant' });
});

test('a subject token that GitHub did not sign, or that was changed, is refused', async () => {
  const { subject, exchange } = await startExchange();
  const good = await subject();
  const [header, payload, signature] = good.split('.');
  const claims: object = JSON.parse(Buffer.from(payload!, 'base64url').toString());
  const later = Buffer.from(JSON.stringify({ ...claims, exp: 9e9 })).toString('base64url');
  const forged = newIssuer('github-1').sign({
    iss: 'https://token.actions.githubusercontent.com',
    aud: PROVIDER,
    sub: 'repo:octo-org/shop:ref:refs/heads/main',
    iat: 0,
    exp: 9e9,
  });
  for (const bad of [`${header}.${later}.${signature}`, forged, `${header}.${payload}.`, 'x', '']) {
    expect(await exchange(bad)).toMatchObject({ status: 400, error: 'invalid_grant' });
  }
  expect(await exchange(good)).toMatchObject({ status: 200 });
});

test.each([
  ['grant_type', 'refresh_token', 'unsupported_grant_type'],
  ['requested_token_type', 'urn:ietf:params:oauth:token-type:jwt', 'invalid_request'],
  ['subject_token_type', 'urn:ietf:params:oauth:token-type:saml2', 'invalid_request'],
  ['scope', '', 'invalid_scope'],
  ['audience', `${PROVIDER}-other`, 'invalid_target'],
])('an exchange with another %s is refused', async (field, value, error) => {
  const { subject, exchange } = await startExchange();
  expect(await exchange(await subject(), { [field]: value })).toMatchObject({ status: 400, error });
});

test('only the job itself gets a subject token', async () => {
  const { base } = await startTokens();
  const headers = { authorization: 'Bearer guessed' };
  expect((await fetch(`${base}/oidc/token?audience=x`, { headers })).status).toBe(401);
  expect((await fetch(`${base}/oidc/token?audience=x`)).status).toBe(401);
});
