import { createPublicKey, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';

import { Problem } from '../../src/core/problem.ts';
import { createGoogleAuth } from '../../src/edges/google-auth.ts';
import { readCredentials } from '../../src/edges/google-credentials.ts';
import { createDeadline } from '../../src/edges/http.ts';
import { EMAIL, PRIVATE_KEY, externalFile, impersonationUrl, keyFile } from './credential-files.ts';
import { NEVER, closedPort, loopback } from './loopback.ts';
import type { Received, Reply } from './loopback.ts';

const AUDIENCE = 'https://web-abc-uc.a.run.app';
const TOKEN = 'aGVhZA.Ym9keQ.c2ln';
const MINT = `/v1/projects/-/serviceAccounts/${EMAIL}:generateIdToken`;
const DENIED: Reply = {
  status: 403,
  headers: { 'content-type': 'application/json' },
  body: {
    error: {
      code: 403,
      message: "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource.",
      status: 'PERMISSION_DENIED',
    },
  },
};

function tokensFrom(file: object) {
  const rules = { universe: 'googleapis.com', loopbackAllowed: true };
  const read = readCredentials(JSON.stringify(file), rules);
  if (!read.ok) throw new Error('the file was refused');
  const tokens = createGoogleAuth({
    credentials: read.credentials,
    project: 'demo',
    universe: 'googleapis.com',
    deadline: createDeadline(NEVER),
  });
  const announced: string[] = [];
  tokens.onToken((token) => announced.push(token));
  const token = (audience: string) => tokens.identities.token(audience);
  return { account: tokens.identities.account, token, announced };
}

function json(body: object): Reply {
  return { headers: { 'content-type': 'application/json' }, body };
}

/** GitHub's and Google's token services on one port; `mint` is asked for each identity token. */
async function services(mint: (asked: Received) => Reply = () => json({ token: TOKEN })) {
  const { base, received } = await loopback((asked) => {
    if (asked.url.includes('/idtoken/')) return json({ value: 'github-jwt' });
    if (asked.url === MINT || asked.url === '/token') return mint(asked);
    if (asked.url.endsWith(':generateAccessToken')) {
      const expireTime = new Date(Date.now() + 3_600_000).toISOString();
      return json({ accessToken: 'account-token', expireTime });
    }
    return json({ access_token: 'federated', token_type: 'Bearer', expires_in: 3600 });
  });
  const minted = () => received.filter(({ url }) => url === MINT);
  return { base, received, minted };
}

function fileFor(base: string): object {
  return { ...externalFile(base), service_account_impersonation_url: impersonationUrl(base) };
}

async function problemOf(asking: Promise<string>): Promise<Problem> {
  const error: unknown = await asking.catch((reason: unknown) => reason);
  if (error instanceof Problem) return error;
  throw new Error(`not a Problem: ${inspect(error)}`);
}

test('by federation it is asked for as documented, with the right that the job has anyway', async () => {
  const { base, minted } = await services();
  const { account, token } = tokensFrom(fileFor(base));
  expect(account).toBe(EMAIL);
  expect(await token(AUDIENCE)).toBe(TOKEN);
  expect(minted()).toHaveLength(1);
  const [{ method, headers, body }] = minted() as [Received];
  expect(method).toBe('POST');
  expect(headers.authorization).toBe('Bearer federated');
  expect(JSON.parse(body)).toEqual({ audience: AUDIENCE, includeEmail: true });
});

test('where the job may not sign for the account the account may sign for itself', async () => {
  const { base, minted } = await services(({ headers }) =>
    headers.authorization === 'Bearer federated' ? DENIED : json({ token: TOKEN }),
  );
  expect(await tokensFrom(fileFor(base)).token(AUDIENCE)).toBe(TOKEN);
  expect(minted().map(({ headers }) => headers.authorization)).toEqual([
    'Bearer federated',
    'Bearer account-token',
  ]);
});

test('where neither may the permission is named, with the command that grants it', async () => {
  const { base } = await services(() => DENIED);
  const problem = await problemOf(tokensFrom(fileFor(base)).token(AUDIENCE));
  expect(problem.code).toBe('bad-credentials');
  expect(problem.summary).toBe(
    `Google made no identity token of ${EMAIL} for this job (HTTP 403): Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource.`,
  );
  expect(problem.advice).toContain(
    `gcloud iam service-accounts add-iam-policy-binding ${EMAIL} --member=serviceAccount:${EMAIL} --role=roles/iam.serviceAccountOpenIdTokenCreator`,
  );
  expect(inspect(problem, { depth: 9 })).not.toMatch(/federated|account-token|github-jwt/);
});

test('a job that acts as no account has none', async () => {
  const { base, received } = await services();
  const { account, token } = tokensFrom(externalFile(base));
  expect(account).toBeNull();
  expect((await problemOf(token(AUDIENCE))).code).toBe('bad-credentials');
  expect(received).toEqual([]);
});

test('security 2.1: it is announced before anyone gets it, with all that was needed for it', async () => {
  const { base } = await services();
  const { announced, token } = tokensFrom(fileFor(base));
  await token(AUDIENCE);
  expect(announced).toEqual(['github-jwt', 'federated', TOKEN]);
});

test.each([
  ['nothing', {}],
  ['a number', { token: 7 }],
  ['something that is no token', { token: 'a b\r\nx' }],
])('an answer with %s is none', async (_, body) => {
  const { base } = await services(() => json(body));
  expect((await problemOf(tokensFrom(fileFor(base)).token(AUDIENCE))).code).toBe('bad-credentials');
});

test.each([500, 503, 429])('status %i is a service that is down', async (status) => {
  const { base, minted } = await services(() => ({ status, body: '' }));
  expect((await problemOf(tokensFrom(fileFor(base)).token(AUDIENCE))).code).toBe('unreachable');
  expect(minted()).toHaveLength(1);
});

test('nobody there is a service that is down', async () => {
  const file = fileFor(await closedPort());
  expect((await problemOf(tokensFrom(file).token(AUDIENCE))).code).toBe('unreachable');
});

test('a redirect is not followed: it could take the token to another host', async () => {
  const other = await services();
  const headers = { location: `${other.base}${MINT}` };
  const { base } = await services(() => ({ status: 307, headers, body: '' }));
  await problemOf(tokensFrom(fileFor(base)).token(AUDIENCE));
  expect(other.received).toEqual([]);
});

test('a key signs for itself and needs nobody else', async () => {
  const { base, received } = await services(() => json({ id_token: TOKEN }));
  const { account, token } = tokensFrom({ ...keyFile(), token_uri: `${base}/token` });
  expect(account).toBe(EMAIL);
  expect(await token(AUDIENCE)).toBe(TOKEN);
  expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /token']);
  const form = new URLSearchParams(received[0]!.body);
  expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
  const [header, payload, signature] = form.get('assertion')!.split('.');
  const claims: object = JSON.parse(Buffer.from(payload!, 'base64url').toString());
  expect(claims).toMatchObject({
    iss: EMAIL,
    target_audience: AUDIENCE,
    aud: 'https://oauth2.googleapis.com/token',
  });
  expect(claims).not.toHaveProperty('scope', expect.stringContaining('http'));
  const key = createPublicKey(PRIVATE_KEY);
  const signed = Buffer.from(`${header}.${payload}`);
  expect(verify('RSA-SHA256', signed, key, Buffer.from(signature!, 'base64url'))).toBe(true);
});

test('a key that Google does not know any more says so', async () => {
  const said = { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' };
  const { base } = await services(() => ({ ...json(said), status: 400 }));
  const { token } = tokensFrom({ ...keyFile(), token_uri: `${base}/token` });
  const problem = await problemOf(token(AUDIENCE));
  expect(problem).toMatchObject({ code: 'bad-credentials' });
  expect(problem.summary).toContain('Invalid JWT Signature');
});

test.each([
  'https://accounts.google.com/o/oauth2/token',
  'https://oauth2.evil.example/token',
  'http://oauth2.googleapis.com/token',
  'nonsense',
  '',
])('a key file that names %j is used with the address that is known', (token_uri) => {
  const rules = { universe: 'googleapis.com', loopbackAllowed: false };
  const read = readCredentials(JSON.stringify({ ...keyFile(), token_uri }), rules);
  expect(read).toMatchObject({
    ok: true,
    credentials: { tokenUrl: 'https://oauth2.googleapis.com/token' },
  });
});
