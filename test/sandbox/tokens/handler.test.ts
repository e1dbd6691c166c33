import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { serve } from '../github/serve.ts';
import { ACCOUNT, bearing, clientOf, MINUTE, startTokens, tokenOf } from './fixture.ts';
import { tokensHandler } from './handler.ts';

afterEach(() => {
  vi.useRealTimers();
});

const IMPERSONATE = `/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`;

test("Google's own library exchanges the job's identity for an access token that is accepted", async () => {
  const { library, authenticate, paths } = await startTokens();
  const token = await tokenOf(library());
  expect(authenticate(bearing(token))).toBe(true);
  expect(authenticate(bearing(`${token}x`))).toBe(false);
  expect(authenticate({ ...bearing(token), headers: {} })).toBe(false);
  expect(paths).toEqual(['/oidc/token', '/v1/token']);
});

test('with a service account the library goes one step further and acts as that account', async () => {
  const { library, authenticate, paths } = await startTokens();
  const token = await tokenOf(library(ACCOUNT));
  expect(authenticate(bearing(token))).toBe(true);
  expect(paths).toEqual(['/oidc/token', '/v1/token', IMPERSONATE]);
});

test.each([
  ['exchanged', undefined, 2],
  ['impersonated', ACCOUNT, 3],
])('an %s token lives an hour and the library fetches the next one in time', async (...row) => {
  const [, account, calls] = row;
  vi.useFakeTimers({ toFake: ['Date'] });
  const { library, authenticate, paths } = await startTokens();
  const auth = library(account);
  const first = await tokenOf(auth);
  vi.setSystemTime(Date.now() + 54 * MINUTE);
  expect(await tokenOf(auth)).toBe(first);
  expect(paths).toHaveLength(calls);
  vi.setSystemTime(Date.now() + 2 * MINUTE);
  const second = await tokenOf(auth);
  expect(second).not.toBe(first);
  expect(paths).toHaveLength(2 * calls);
  expect([first, second].map((token) => authenticate(bearing(token)))).toEqual([true, true]);
  vi.setSystemTime(Date.now() + 5 * MINUTE);
  expect([first, second].map((token) => authenticate(bearing(token)))).toEqual([false, true]);
});

test('a short life can be asked for, every token can be revoked, and one can be given', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { handler, controls, authenticate, credentialFile, oidcEnvironment } = tokensHandler({
    now: Date.now,
    lifetimeSeconds: 2,
    oidcLifetimeSeconds: 1,
  });
  const { base, close } = await serve(handler);
  onTestFinished(close);
  const client = clientOf(credentialFile(base));
  const token = await tokenOf(client);
  expect(client.credentials.expiry_date! - Date.now()).toBeLessThanOrEqual(2000);
  expect(authenticate(bearing(token))).toBe(true);
  const impersonated = clientOf(credentialFile(base, ACCOUNT));
  await tokenOf(impersonated);
  expect(impersonated.credentials.expiry_date! - Date.now()).toBeLessThanOrEqual(2000);
  controls.revoke();
  expect(authenticate(bearing(token))).toBe(false);
  expect(authenticate(bearing('given'))).toBe(false);
  controls.fixedAccessToken = 'given';
  expect(authenticate(bearing('given'))).toBe(true);
  const request = oidcEnvironment(base)['ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
  expect(controls.secrets().slice(0, 3)).toEqual([request, expect.stringMatching(/^eyJ/), token]);
});

test('paths of other services are left to them', async () => {
  const { handler } = tokensHandler({ now: Date.now });
  expect(await handler({ ...bearing('x'), path: '/v1/projects/demo/locations' })).toBeNull();
});
