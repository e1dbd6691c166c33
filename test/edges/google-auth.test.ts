import { createPublicKey, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';

import { Problem } from '../../src/core/problem.ts';
import { createGoogleAuth } from '../../src/edges/google-auth.ts';
import type { GoogleTokens } from '../../src/edges/google-auth.ts';
import { readCredentials } from '../../src/edges/google-credentials.ts';
import { createDeadline } from '../../src/edges/http.ts';
import {
  EMAIL,
  PRIVATE_KEY,
  REQUEST_TOKEN,
  externalFile,
  impersonationUrl,
  keyFile,
} from './credential-files.ts';
import { NEVER, closedPort, loopback } from './loopback.ts';
import type { Reply } from './loopback.ts';

function tokensFrom(file: object, hurry: AbortSignal = NEVER): GoogleTokens {
  const rules = { universe: 'googleapis.com', loopbackAllowed: true };
  const read = readCredentials(JSON.stringify(file), rules);
  if (!read.ok) throw new Error(`refused: ${read.findings.map(({ wrong }) => wrong).join()}`);
  const { credentials } = read;
  const deadline = createDeadline(hurry);
  return createGoogleAuth({ credentials, project: 'demo', universe: 'googleapis.com', deadline });
}

type Answers = {
  identity?: () => Reply;
  exchange?: (index: number) => Reply;
  impersonate?: () => Reply;
};

/** GitHub's and Google's token services on one port. */
async function tokenServices(answers: Answers = {}) {
  let exchanges = 0;
  const services = await loopback(({ url }) => {
    if (url.includes('/idtoken/')) {
      return answers.identity?.() ?? { body: { count: 1, value: 'github-jwt' } };
    }
    if (url.endsWith(':generateAccessToken')) {
      const expireTime = new Date(Date.now() + 3_600_000).toISOString();
      return answers.impersonate?.() ?? { body: { accessToken: 'account-token', expireTime } };
    }
    const index = exchanges++;
    const body = { access_token: `token-${index}`, token_type: 'Bearer', expires_in: 3600 };
    return answers.exchange?.(index) ?? { headers: { 'content-type': 'application/json' }, body };
  });
  const asked = () => services.received.map(({ method, url }) => `${method} ${url.split('?')[0]}`);
  return { ...services, asked };
}

async function problemOf(tokens: GoogleTokens): Promise<Problem> {
  const error: unknown = await tokens.header().catch((reason: unknown) => reason);
  if (error instanceof Problem) return error;
  throw new Error(`not a Problem: ${inspect(error)}`);
}

describe('workload identity federation', () => {
  test('asks GitHub who we are and Google for a token, as documented', async () => {
    const { base, received, asked } = await tokenServices();
    expect(await tokensFrom(externalFile(base)).header()).toBe('Bearer token-0');
    expect(asked()).toEqual(['GET /12//idtoken/34/56', 'POST /v1/token']);
    const [identity, exchange] = received;
    expect(identity!.headers.authorization).toBe(`Bearer ${REQUEST_TOKEN}`);
    expect(Object.fromEntries(new URLSearchParams(exchange!.body))).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: externalFile(base)['audience'],
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      subject_token: 'github-jwt',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    });
    expect(exchange!.headers.authorization).toBeUndefined();
  });

  test('acts as a service account if the file says so', async () => {
    const { base, received, asked } = await tokenServices();
    const file = {
      ...externalFile(base),
      service_account_impersonation_url: impersonationUrl(base),
    };
    expect(await tokensFrom(file).header()).toBe('Bearer account-token');
    expect(asked().at(-1)).toBe(`POST /v1/projects/-/serviceAccounts/${EMAIL}:generateAccessToken`);
    expect(received.at(-1)!.headers.authorization).toBe('Bearer token-0');
  });

  test('a good token is used again, an invalidated one is not', async () => {
    const { base, asked } = await tokenServices();
    const tokens = tokensFrom(externalFile(base));
    expect([await tokens.header(), await tokens.header()]).toEqual([
      'Bearer token-0',
      'Bearer token-0',
    ]);
    tokens.invalidate();
    expect(await tokens.header()).toBe('Bearer token-1');
    expect(asked()).toHaveLength(4);
  });

  test('row 96: a token near its end is replaced', async () => {
    const { base } = await tokenServices({
      exchange: (index) => ({
        headers: { 'content-type': 'application/json' },
        body: { access_token: `short-${index}`, token_type: 'Bearer', expires_in: 60 },
      }),
    });
    const tokens = tokensFrom(externalFile(base));
    expect([await tokens.header(), await tokens.header()]).toEqual([
      'Bearer short-0',
      'Bearer short-1',
    ]);
  });

  test('row 97: while no new token can be had, the last one is used', async () => {
    let isDown = false;
    const { base } = await tokenServices({
      exchange: (index) =>
        isDown
          ? { status: 400, body: { error: 'invalid_grant' } }
          : {
              headers: { 'content-type': 'application/json' },
              body: { access_token: `short-${index}`, token_type: 'Bearer', expires_in: 60 },
            },
    });
    const tokens = tokensFrom(externalFile(base));
    await tokens.header();
    isDown = true;
    expect(await tokens.header()).toBe('Bearer short-0');
    tokens.invalidate();
    expect((await problemOf(tokens)).code).toBe('bad-credentials');
  });

  test('security 2.1: every token is announced before anyone gets it', async () => {
    const { base } = await tokenServices();
    const tokens = tokensFrom(externalFile(base));
    const announced: string[] = [];
    tokens.onToken((token) => announced.push(token));
    await tokens.header();
    expect(announced).toEqual(['github-jwt', 'token-0']);
    await tokens.header();
    expect(announced).toHaveLength(2);
  });

  test('the official client gets the same tokens', async () => {
    const { base, asked } = await tokenServices();
    const api = await loopback(() => ({ body: '{}' }));
    const tokens = tokensFrom(externalFile(base));
    await tokens.auth.fetch(`${api.base}/v2/x`);
    tokens.invalidate();
    await tokens.auth.fetch(`${api.base}/v2/x`);
    expect(api.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-0',
      'Bearer token-1',
    ]);
    expect(await tokens.auth.getProjectId()).toBe('demo');
    expect(asked()).toHaveLength(4);
  });
});

describe('a service account key', () => {
  test('signs its token here, for Cloud Platform and nothing else', async () => {
    const tokens = tokensFrom(keyFile());
    const header = await tokens.header();
    const [head = '', payload = '', signature = ''] = header.replace('Bearer ', '').split('.');
    const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(decode(head)).toMatchObject({ alg: 'RS256', kid: 'abc123' });
    expect(decode(payload)).toMatchObject({
      iss: EMAIL,
      sub: EMAIL,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    });
    const signed = Buffer.from(`${head}.${payload}`);
    const isGenuine = verify(
      'sha256',
      signed,
      createPublicKey(PRIVATE_KEY),
      Buffer.from(signature, 'base64url'),
    );
    expect(isGenuine).toBe(true);
    expect(await tokens.header()).toBe(header);
  });
});

describe('no token', () => {
  const file = (base: string) => ({
    ...externalFile(base),
    service_account_impersonation_url: impersonationUrl(base),
  });

  test('GitHub refuses: id-token: write is missing', async () => {
    const { base } = await tokenServices({ identity: () => ({ status: 403, body: 'no' }) });
    const problem = await problemOf(tokensFrom(file(base)));
    expect(problem.code).toBe('bad-credentials');
    expect(problem.summary).toBe('GitHub gave this job no identity token (HTTP 403).');
    expect(problem.advice).toContain('id-token: write');
  });

  test('GitHub answers without a token', async () => {
    const { base } = await tokenServices({ identity: () => ({ body: { count: 0 } }) });
    expect((await problemOf(tokensFrom(file(base)))).code).toBe('bad-credentials');
  });

  test('Google refuses the identity, in its own words', async () => {
    const body = {
      error: 'unauthorized_client',
      error_description: 'The given credential is rejected by the attribute condition.',
    };
    const headers = { 'content-type': 'application/json' };
    const { base } = await tokenServices({ exchange: () => ({ status: 401, headers, body }) });
    const problem = await problemOf(tokensFrom(file(base)));
    expect(problem.code).toBe('bad-credentials');
    expect(problem.summary).toBe(
      "Google's token service did not accept the identity of this job (HTTP 401): The given credential is rejected by the attribute condition.",
    );
    expect(problem.advice).toContain('condition');
  });

  test('Google answers without a token', async () => {
    const { base } = await tokenServices({
      exchange: () => ({ headers: { 'content-type': 'application/json' }, body: {} }),
    });
    expect((await problemOf(tokensFrom(externalFile(base)))).code).toBe('bad-credentials');
  });

  test('the service account may not be used', async () => {
    const message = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource.";
    const headers = { 'content-type': 'application/json' };
    const { base } = await tokenServices({
      impersonate: () => ({
        status: 403,
        headers,
        body: { error: { code: 403, message, status: 'PERMISSION_DENIED' } },
      }),
    });
    const problem = await problemOf(tokensFrom(file(base)));
    expect(problem.code).toBe('bad-credentials');
    expect(problem.summary).toContain('iam.serviceAccounts.getAccessToken');
    expect(problem.advice).toContain('roles/iam.workloadIdentityUser');
  });

  test('a service that is down is no fault of the credentials', async () => {
    const down = await tokenServices({ exchange: () => ({ status: 503, body: 'busy' }) });
    expect((await problemOf(tokensFrom(file(down.base)))).code).toBe('unreachable');
    expect((await problemOf(tokensFrom(file(await closedPort())))).code).toBe('unreachable');
  });

  test('a cancelled run waits two seconds for one, not longer', async () => {
    const { base } = await loopback(() => null);
    const started = performance.now();
    const problem = await problemOf(tokensFrom(file(base), AbortSignal.abort()));
    expect(problem.code).toBe('unreachable');
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('security 2.6: no token service can send us elsewhere', async () => {
    const other = await loopback(() => ({ body: { value: 'x', access_token: 'x' } }));
    const redirect = () => ({ status: 307, headers: { location: other.base } });
    for (const step of ['identity', 'exchange', 'impersonate'] as const) {
      const { base } = await tokenServices({ [step]: redirect });
      await problemOf(tokensFrom(file(base)));
    }
    expect(other.received).toEqual([]);
  });

  test('security 2.3: nothing secret is in the Problem', async () => {
    const echo = `token ya29.${'A'.repeat(120)} and github-jwt`;
    const headers = { 'content-type': 'application/json' };
    for (const step of ['identity', 'exchange', 'impersonate'] as const) {
      const body = {
        error: step === 'exchange' ? 'x' : { message: echo },
        error_description: echo,
      };
      const { base } = await tokenServices({ [step]: () => ({ status: 400, headers, body }) });
      const problem = await problemOf(tokensFrom(file(base)));
      const shown = inspect(problem, { depth: null, showHidden: true });
      expect(shown).not.toMatch(new RegExp(`${REQUEST_TOKEN}|AAAAAAAA|token-0`));
      expect(problem.cause).toBeUndefined();
    }
  });
});
