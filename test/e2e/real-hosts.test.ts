/**
 * The bundle as it is shipped, between the real names of Google and GitHub, in a namespace with
 * nothing else: no variable points anywhere, and an authority of our own is the only thing added.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCertificates, type Certificates } from '../real-hosts/certificates.ts';
import type { Facts } from '../real-hosts/facts.ts';
import { HOSTS, NAMES } from '../real-hosts/names.ts';
import { runInside, whyNot } from '../real-hosts/namespace.ts';
import { SLOW } from '../scene/verdicts.ts';

const PATHS: Readonly<Record<string, RegExp>> = {
  [HOSTS.oidc]: /^\/oidc\/token$/,
  [HOSTS.sts]: /^\/v1\/token$/,
  [HOSTS.iam]: /^\/v1\/projects\/-\/serviceAccounts\/[^/]+:generateAccessToken$/,
  [HOSTS.accounts]: /^\/v1\/projects\/-\/serviceAccounts\/[^/]+:testIamPermissions$/,
  [HOSTS.run]: /^\/(apis\/serving\.knative\.dev\/v1|v2)\//,
  [HOSTS.monitoring]: /^\/v3\/projects\/demo\/(timeSeries|metricDescriptors\/)/,
  [HOSTS.logging]: /^\/v2\/entries:list$/,
  [HOSTS.github]: /^\/repos\/octo-org\/shop\//,
};

const missing = whyNot();
let directory: string;
let certificates: Certificates;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'real-hosts-'));
  if (missing === null) certificates = await createCertificates(directory, NAMES);
});
afterAll(() => rm(directory, { recursive: true }));

/** Where every request went, and that there was no attempt to go anywhere else. */
function expectOnlyKnownHosts({ requests, strays }: Facts): void {
  expect(new Set(requests.map(({ host }) => host))).toEqual(new Set(Object.values(HOSTS)));
  expect(requests.filter(({ host, path }) => PATHS[host]?.test(path) !== true)).toEqual([]);
  expect(strays).toEqual({ control: 1, during: 0 });
}

function writes({ requests }: Facts): number {
  return requests.filter(
    ({ method, query, status }) => method === 'PUT' && query === '' && status === 200,
  ).length;
}

test.concurrent('a good canary is promoted', async ({ skip }) => {
  skip(missing !== null, missing ?? '');
  const facts = await runInside({ image: 'sandbox/app:v2', certificates, isTrusted: true });
  const { main, post, stable, served } = facts;
  expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'promoted', percent: '100' } });
  expect(served).toEqual([{ revision: main.outputs['revision'], percent: 100 }]);
  expect(main.outputs['revision']).not.toBe(stable);
  expect(post).toEqual({ exitCode: 0, log: '' });
  // The canary, 10 %, 50 %, 100 %.
  expect(writes(facts)).toBe(4);
  // The first answer, and those that count.
  expect(facts.smokeProbes).toBe(11);
  expect(facts.checkRuns).toMatchObject([{ status: 'completed', conclusion: 'success' }]);
  expect(facts.users).toMatchObject({ failed: 0, statuses: { '200': facts.users.sent } });
  expectOnlyKnownHosts(facts);
  expect(facts.seconds).toBeLessThan(60);
});

test.concurrent('a bad canary is undone', async ({ skip }) => {
  skip(missing !== null, missing ?? '');
  const facts = await runInside({
    image: 'sandbox/app:v2_slow-400',
    certificates,
    isTrusted: true,
  });
  const { main, post, stable, served } = facts;
  expect(main).toMatchObject({
    exitCode: 1,
    outputs: { outcome: 'rolled-back', verdict: 'fail', percent: '0' },
  });
  expect(main.outputs['reason']).toMatch(SLOW);
  expect(served).toEqual([{ revision: stable, percent: 100 }]);
  expect(post).toEqual({ exitCode: 0, log: '' });
  // Users met it, so it was found out by what Cloud Monitoring told.
  expect(facts.users.revisions[main.outputs['revision'] ?? '']?.requests).toBeGreaterThan(0);
  // The first answer, and those that count.
  expect(facts.smokeProbes).toBe(11);
  expect(facts.checkRuns).toMatchObject([{ status: 'completed', conclusion: 'failure' }]);
  expectOnlyKnownHosts(facts);
  expect(facts.seconds).toBeLessThan(60);
});

test.concurrent(
  'names whose certificates nobody vouches for are told nothing',
  async ({ skip }) => {
    skip(missing !== null, missing ?? '');
    const facts = await runInside({ image: 'sandbox/app:v2', certificates, isTrusted: false });
    const { main, post, stable, served } = facts;
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'error', reason: 'preflight' } });
    expect(post.exitCode).toBe(0);
    expect(facts.requests).toEqual([]);
    expect(facts.smokeProbes).toBe(0);
    expect(served).toEqual([{ revision: stable, percent: 100 }]);
    expect(facts.strays).toEqual({ control: 1, during: 0 });
  },
);
