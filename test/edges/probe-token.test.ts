import { describe, expect, test } from 'vitest';

import { Problem } from '../../src/core/problem.ts';
import type { Identities } from '../../src/edges/google-identity.ts';
import { canary, SERVICE_URL } from './canary-fixture.ts';
import type { Asked } from './scripted-server.ts';

const ACCOUNT = 'deployer@demo.iam.gserviceaccount.com';

/** Hands out `token-1` and so on, for the audiences that are kept. */
function identities(problem: Problem | null = null) {
  const audiences: string[] = [];
  const given: Identities = {
    account: ACCOUNT,
    token: async (audience) => {
      audiences.push(audience);
      if (problem !== null) throw problem;
      return `token-${audiences.length}`;
    },
  };
  return { identities: given, audiences };
}

/** A private service: it lets in who shows a token. */
const door = ({ headers }: Asked) => ({
  status: headers.authorization?.startsWith('Bearer token-') === true ? 200 : 403,
});

describe('auto', () => {
  test('shows no token where none is asked for, and has none made', async () => {
    const { probe, asked } = await canary(() => ({}));
    const { audiences, ...rest } = identities();
    expect((await probe({ auth: 'auto' }, rest)).ok).toBe(true);
    expect(audiences).toEqual([]);
    expect(asked.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test.each([401, 403])(
    'after a %i shows one that is for the service, not for its tag',
    async (status) => {
      const { probe, asked } = await canary((one) =>
        one.headers.authorization === undefined ? { status } : {},
      );
      const { audiences, ...rest } = identities();
      const result = await probe({ auth: 'auto' }, rest);
      expect(result.ok).toBe(true);
      expect(result.why).toContain(`They had an identity token for ${SERVICE_URL}.`);
      expect(audiences).toEqual([SERVICE_URL]);
      const [first, ...others] = asked.map(({ headers }) => headers.authorization);
      expect(first).toBeUndefined();
      expect(new Set(others)).toEqual(new Set(['Bearer token-1']));
    },
  );

  test('a status that is accepted asks for no token', async () => {
    const { probe } = await canary(() => ({ status: 403 }));
    const { audiences, ...rest } = identities();
    const statuses = [{ from: 403, to: 403 }];
    expect((await probe({ auth: 'auto', statuses }, rest)).ok).toBe(true);
    expect(audiences).toEqual([]);
  });

  test('a job that acts as no service account is told what to do', async () => {
    const { probe, asked } = await canary(door);
    const result = await probe({ auth: 'auto' });
    expect(result).toMatchObject({ ok: false, status: 403 });
    expect(result.why).toContain('run.invoker');
    expect(result.why).toContain('name no service account');
    expect(result.why).toContain('a service_account');
    expect(asked).toHaveLength(1);
  });

  test('a token that cannot be had says whose permission is missing', async () => {
    const { probe } = await canary(door);
    const advice = 'Let the account sign for itself.';
    const summary = 'Google made no identity token (HTTP 403).';
    const problem = new Problem('bad-credentials', { summary, advice });
    const result = await probe({ auth: 'auto' }, identities(problem));
    expect(result.why).toContain(`${summary} ${advice}`);
  });

  test('a token service that is down is asked again', async () => {
    const { probe } = await canary(door);
    let tries = 0;
    const down = new Problem('unreachable', { summary: 'Down.', advice: '' });
    const token = async () => {
      tries += 1;
      if (tries < 3) throw down;
      return 'token-3';
    };
    expect((await probe({ auth: 'auto' }, { identities: { account: ACCOUNT, token } })).ok).toBe(
      true,
    );
  });

  test('a service that keeps refusing is told apart from one whose audience is another', async () => {
    const command = `gcloud run services add-iam-policy-binding web --project=demo --region=europe-west1 --member=serviceAccount:${ACCOUNT} --role=roles/run.invoker`;
    for (const status of [401, 403]) {
      const { probe } = await canary(() => ({ status }));
      const { identities: given } = identities();
      const result = await probe({ auth: 'auto' }, { identities: given });
      expect(result).toMatchObject({ ok: false, status });
      expect(result.why).toContain(command);
      expect(result.why).toContain('smoke_audience');
      expect(result.why).not.toContain('token-1');
    }
  });
});

test('id_token shows one from the first request on, for the audience that was written', async () => {
  const { probe, asked } = await canary(door);
  const { audiences, ...rest } = identities();
  const audience = 'https://shop.example';
  expect((await probe({ auth: 'id_token', audience }, rest)).ok).toBe(true);
  expect(audiences).toEqual([audience]);
  expect(new Set(asked.map(({ headers }) => headers.authorization))).toEqual(
    new Set(['Bearer token-1']),
  );
});

test('none never shows one, and says so', async () => {
  const { probe, asked } = await canary(door);
  const { audiences, ...rest } = identities();
  const result = await probe({ auth: 'none' }, rest);
  expect(result.why).toContain('smoke_auth: none');
  expect(audiences).toEqual([]);
  expect(asked.every(({ headers }) => headers.authorization === undefined)).toBe(true);
});

test('a redirect does not take the token along', async () => {
  const other = await canary(() => ({}));
  const { probe } = await canary(() => ({ status: 307, headers: { location: other.base } }));
  const { identities: given } = identities();
  expect((await probe({ auth: 'id_token' }, { identities: given })).ok).toBe(false);
  expect(other.asked).toEqual([]);
});

test('a warm-up takes a token as the probes do', async () => {
  const { warmUp, asked } = await canary(door);
  const { identities: given } = identities();
  const { why } = await warmUp({ auth: 'auto' }, 20_000, { identities: given });
  expect(why).toMatch(/^Warm-up: [1-9]/);
  expect(asked.at(-1)?.headers.authorization).toBe('Bearer token-1');
});
