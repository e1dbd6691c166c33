import { afterAll, describe, expect, test } from 'vitest';
import { createClock } from '../../src/edges/clock.ts';
import { compareCommits } from '../../src/edges/github-commits.ts';
import type { CommitsOptions } from '../../src/edges/github-commits.ts';
import { FAULTS } from './github-fault-kinds.ts';
import { clockWith, closeServers, startGithub } from './github-fixture.ts';

afterAll(closeServers);

const sha = (number: number): string => number.toString(16).padStart(40, '0');

/** A repository with so many commits in a row. */
async function repository(commits: number) {
  const github = await startGithub();
  for (let number = 0; number < commits; number += 1) {
    const message = `Change ${number}\n\nBody that nobody asked for.`;
    github.controls.addCommit({ repo: 'octo-org/shop', sha: sha(number), message });
  }
  const notices: string[] = [];
  const options: CommitsOptions = {
    token: github.controls.token,
    apiUrl: github.apiUrl,
    serverUrl: 'https://github.com',
    owner: 'octo-org',
    repo: 'shop',
    hurry: new AbortController().signal,
    clock: createClock(),
    fetch: globalThis.fetch,
    notice: (text) => void notices.push(text),
    redact: (text) => text.replaceAll('hunter2', '***'),
  };
  const compare = (from: number, to: number, changes: Partial<CommitsOptions> = {}) =>
    compareCommits({ ...options, ...changes }, sha(from), sha(to));
  return { ...github, notices, compare };
}

const subjects = (log: Awaited<ReturnType<typeof compareCommits>>['log']) =>
  log?.shown.map(({ subject }) => subject);

describe('the commits of a rollout', () => {
  test('are listed newest first, by their subjects', async () => {
    const { compare, notices, journal } = await repository(5);
    const { log, url } = await compare(1, 4);
    expect(log).toMatchObject({ relation: 'ahead', total: 3 });
    expect(subjects(log)).toEqual(['Change 4', 'Change 3', 'Change 2']);
    expect(url).toBe(`https://github.com/octo-org/shop/compare/${sha(1)}...${sha(4)}`);
    expect(notices).toEqual([]);
    expect(journal.entries()).toHaveLength(1);
  });

  test.each([
    [60, 50, 'Change 60'],
    [250, 50, 'Change 250'],
  ])('of %i at most fifty are shown, the newest', async (count, shown, first) => {
    const { compare } = await repository(count + 1);
    const { log } = await compare(0, count);
    expect([log!.total, log!.shown.length, subjects(log)![0]]).toEqual([count, shown, first]);
  });

  test.each([
    [3, 1, 'behind'],
    [2, 2, 'identical'],
  ] as const)('from %i to %i are none: %s', async (from, to, relation) => {
    const { compare } = await repository(5);
    expect((await compare(from, to)).log).toEqual({ relation, total: 0, shown: [] });
  });

  test('without contents: read are a link and one notice', async () => {
    const { compare, notices, controls } = await repository(5);
    controls.permissions.contents = 'none';
    const { log, url } = await compare(1, 4);
    expect([log, url]).toEqual([null, expect.stringContaining('/compare/')]);
    expect(notices).toEqual([expect.stringContaining('`contents: read`')]);
  });

  test('of another repository are a link and one notice', async () => {
    const { compare, notices } = await repository(1);
    expect((await compare(7, 8)).log).toBeNull();
    expect(notices).toEqual([expect.stringContaining('404')]);
  });

  test('without a token are a link, and nobody is asked', async () => {
    const { compare, notices, journal } = await repository(3);
    expect((await compare(0, 2, { token: '' })).log).toBeNull();
    expect([notices, journal.entries()]).toEqual([[], []]);
  });

  test('are not asked of an address that a token may not go to', async () => {
    const { compare, journal } = await repository(3);
    expect((await compare(0, 2, { apiUrl: 'http://github.example' })).log).toBeNull();
    expect(journal.entries()).toEqual([]);
  });

  test('are not waited for', async () => {
    const { compare, notices, faults } = await repository(3);
    faults.add({ match: { method: 'GET' }, fault: { kind: 'delay', ms: 5_000, when: 'before' } });
    expect((await compare(0, 2, { clock: clockWith({ 10_000: 50 }) })).log).toBeNull();
    expect(notices).toEqual([expect.stringContaining('in time')]);
  });

  test.each([
    ['a page in between', 200, 'hello'],
    ['another document', 200, { status: 'sideways', total_commits: 3, commits: [] }],
    ['an outage', 500, { message: 'ghs_secret' }],
  ])('cost one notice, which quotes nothing, after %s', async (_, status, body) => {
    const { compare, notices, faults } = await repository(3);
    faults.add({ match: { method: 'GET' }, fault: { kind: 'status', status, body }, times: 9 });
    expect((await compare(0, 2)).log).toBeNull();
    expect(notices).toHaveLength(1);
    expect(notices[0]).not.toMatch(/hello|sideways|ghs_secret/);
  });

  test.concurrent.for(FAULTS)('are a link and one notice: $name, for good', async ({ fault }) => {
    const { compare, notices, faults } = await repository(3);
    faults.add({ match: { method: 'GET' }, fault, times: 1_000 });
    const { log, url } = await compare(0, 2);
    expect([log, url]).toEqual([null, expect.stringContaining('/compare/')]);
    expect(notices).toHaveLength(1);
  });
});
