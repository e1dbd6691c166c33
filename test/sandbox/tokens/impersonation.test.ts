import { afterEach, expect, test, vi } from 'vitest';
import { bearing, MINUTE, SCOPE, ACCOUNT, startImpersonation } from './fixture.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('acting as an account needs a good token, a scope, a lifetime up to an hour, and leave', async () => {
  const { ask, controls } = await startImpersonation();
  const scope = [SCOPE];
  const status = async (body: object, bearer?: string) =>
    (await ask('generateAccessToken', body, bearer)).status;
  expect(await status({ scope }, 'ya29.guessed')).toBe(401);
  expect(await status({})).toBe(400);
  expect(await status({ scope: [] })).toBe(400);
  expect(await status({ scope, lifetime: '3601s' })).toBe(400);
  expect(await status({ scope, lifetime: '1h' })).toBe(400);
  expect(await status({ scope, lifetime: '0s' })).toBe(400);
  expect(await status({ scope })).toBe(200);
  controls.deniedAccounts.add(ACCOUNT);
  expect(await status({ scope })).toBe(403);
});

test('an impersonated token lives as long as was asked for', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-20T15:00:00Z') });
  const { ask, authenticate } = await startImpersonation();
  const { accessToken = '', expireTime } = await ask('generateAccessToken', {
    scope: [SCOPE],
    lifetime: '600s',
  });
  expect(expireTime).toBe('2026-11-20T15:10:00Z');
  vi.setSystemTime(Date.now() + 10 * MINUTE - 1000);
  expect(authenticate(bearing(accessToken))).toBe(true);
  vi.setSystemTime(Date.now() + 1000);
  expect(authenticate(bearing(accessToken))).toBe(false);
});

test('an identity token opens the door of its audience only, for an hour, and no API', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { ask, identityOf, authenticate } = await startImpersonation();
  const audience = 'https://shop-abc-uc.a.run.app';
  const { token = '' } = await ask('generateIdToken', { audience, includeEmail: true });
  expect(identityOf(token, audience)).toBe(ACCOUNT);
  expect(identityOf(token, 'https://other.a.run.app')).toBeNull();
  expect(authenticate(bearing(token))).toBe(false);
  expect((await ask('generateIdToken', {})).status).toBe(400);
  vi.setSystemTime(Date.now() + 61 * MINUTE);
  expect(identityOf(token, audience)).toBeNull();
});

test('an identity token is made for whom a grant names, and only an account signs for itself', async () => {
  const { ask, controls, exchange, subject } = await startImpersonation();
  const body = { audience: 'https://shop-abc-uc.a.run.app' };
  const { accessToken = '' } = await ask('generateAccessToken', { scope: [SCOPE] });
  expect((await ask('generateIdToken', body, accessToken)).status).toBe(403);
  controls.signers.clear();
  controls.signers.add(ACCOUNT);
  expect((await ask('generateIdToken', body, accessToken)).status).toBe(200);
  const { token } = await exchange(await subject());
  expect((await ask('generateIdToken', body, token)).status).toBe(403);
});

test('a token without an e-mail address speaks for nobody that is known', async () => {
  const { ask, identityOf } = await startImpersonation();
  const { token = '' } = await ask('generateIdToken', { audience: 'https://x.example' });
  expect(identityOf(token, 'https://x.example')).toBeNull();
});
