import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CloudRunSite, openCloudRun } from './fixture.ts';
import { gcloudEnvironment } from './gcloud.ts';

/** Google's own command line, unmodified, against the v1 façade. */
const gcloud = ['/usr/bin/gcloud', '/usr/local/bin/gcloud'].find((path) => existsSync(path));

describe.skipIf(gcloud === undefined)('real gcloud', () => {
  let site: CloudRunSite;
  let configDirectory: string;

  beforeAll(async () => {
    site = await openCloudRun({ settleMs: 200 });
    configDirectory = await mkdtemp(join(tmpdir(), 'gcloud-'));
    await site.services.create({ name: 'web', image: 'app', revision: 'web-00001-abc' });
  });
  afterAll(async () => {
    await site.stop();
    await rm(configDirectory, { recursive: true });
  });

  async function run(...words: string[]): Promise<{ out: string; err: string; code: number }> {
    const where = { base: site.base, project: 'demo', region: 'us-central1' };
    const env = {
      PATH: process.env['PATH'],
      ...gcloudEnvironment({ ...where, accessToken: 'good', configDirectory }),
    };
    return promisify(execFile)(gcloud ?? '', ['run', ...words], { env }).then(
      ({ stdout, stderr }) => ({ out: stdout, err: stderr, code: 0 }),
      ({ stdout, stderr, code }) => ({ out: stdout, err: stderr, code }),
    );
  }

  const split = () => site.model.served('web').map(({ revision, percent }) => [revision, percent]);

  test('deploys a service that is not there: permissions of nothing are none, then one POST', async () => {
    const from = site.journal.entries().length;
    const deploy = await run('deploy', 'shop', '--image=app');
    expect(deploy).toMatchObject({ code: 0 });
    expect(deploy.err).toContain('is serving 100 percent of traffic');
    const posts = site.journal
      .entries()
      .slice(from)
      .filter(({ method }) => method === 'POST' || method === 'PUT')
      .map(({ path }) => path.replace(/operations\/[^:]+/, 'operations/one'));
    expect(posts.slice(0, 2)).toEqual([
      '/v1/projects/demo/locations/us-central1/services/shop:testIamPermissions',
      '/apis/serving.knative.dev/v1/namespaces/demo/services',
    ]);
    expect(site.model.get('shop').spec.traffic).toEqual([{ latestRevision: true, percent: 100 }]);
  });

  test('describes a service and lists its revisions', async () => {
    const { out, code } = await run('services', 'describe', 'web', '--format=json');
    expect([code, JSON.parse(out).status.url]).toEqual([0, 'http://main.web.test']);
    const list = await run('revisions', 'list', '--service=web', '--format=value(metadata.name)');
    expect([list.code, list.out.trim()]).toEqual([0, 'web-00001-abc']);
  });

  test('deploys without traffic and with a tag: one write, LATEST is pinned first', async () => {
    const from = site.journal.entries().length;
    const deploy = await run('deploy', 'web', '--image=app:2', '--no-traffic', '--tag=canary');
    expect(deploy).toMatchObject({ code: 0 });
    const created = site.model.get('web').status.latestReadyRevisionName ?? '';
    expect(created).toMatch(/^web-00002-[a-z]{3}$/);
    expect(split()).toEqual([['web-00001-abc', 100]]);
    expect(site.model.tagged('web', 'canary')).toBe(created);
    const writes = site.journal
      .entries()
      .slice(from)
      .filter(({ method }) => method === 'PUT');
    expect(writes).toHaveLength(1);
  });

  test('moves traffic by revision, the rest keeps its proportion', async () => {
    const canary = site.model.tagged('web', 'canary') ?? '';
    const moved = await run('services', 'update-traffic', 'web', `--to-revisions=${canary}=10`);
    expect(moved).toMatchObject({ code: 0 });
    expect(Object.fromEntries(split())).toEqual({ 'web-00001-abc': 90, [canary]: 10 });
    expect(site.model.tagged('web', 'canary')).toBe(canary);
  });

  test('sets a tag beside the others', async () => {
    const tag = '--update-tags=stable=web-00001-abc';
    expect(await run('services', 'update-traffic', 'web', tag)).toMatchObject({ code: 0 });
    expect(site.model.tagged('web', 'stable')).toBe('web-00001-abc');
    expect(site.model.tagged('web', 'canary')).not.toBeNull();
  });

  test('goes back to LATEST', async () => {
    expect(await run('services', 'update-traffic', 'web', '--to-latest')).toMatchObject({
      code: 0,
    });
    expect(site.model.get('web').spec.traffic[0]).toEqual({ latestRevision: true, percent: 100 });
  });

  test('prints why a revision failed', async () => {
    const before = split();
    const deploy = await run('deploy', 'web', '--image=broken', '--revision-suffix=bad');
    expect(deploy.code).not.toBe(0);
    expect(deploy.err).toContain(
      "Revision 'web-bad' is not ready and cannot serve traffic. Image 'broken' not found.",
    );
    expect(split()).toEqual(before);
  });

  test('deletes a retired revision and is told why it may not delete the latest', async () => {
    expect((await run('revisions', 'delete', 'web-bad')).err).toContain('is the latest revision');
    await run('deploy', 'web', '--image=app:3', '--revision-suffix=good');
    expect(await run('revisions', 'delete', 'web-bad')).toMatchObject({ code: 0 });
    expect(site.model.revisions('web').map(({ metadata }) => metadata.name)).not.toContain(
      'web-bad',
    );
  });
});
