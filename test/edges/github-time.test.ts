import { afterAll, describe, expect, test, vi } from 'vitest';
import {
  CALLS,
  clockWith,
  closeServers,
  ended,
  rollOut,
  running,
  startGithub,
} from './github-fixture.ts';

// Most of the time passes in waiting.
vi.setConfig({ maxConcurrency: 32 });
afterAll(closeServers);

describe.concurrent('time', () => {
  test('a slow GitHub never makes update wait', async () => {
    const github = await startGithub();
    const fault = { kind: 'delay', ms: 1_000, when: 'before' } as const;
    github.faults.add({ match: {}, fault });
    const reporter = github.open();
    const before = performance.now();
    await reporter.update(running('started'));
    expect(performance.now() - before).toBeLessThan(500);
    await reporter.flush();
    expect(github.runs).toHaveLength(1);
  });

  test.for(CALLS)('$call that is never answered is given up after ten seconds', async (row) => {
    const github = await startGithub();
    const fault = { kind: 'delay', ms: 600_000, when: 'before' } as const;
    github.faults.add({ match: row.match, fault, times: 9 });
    await rollOut(github, { clock: clockWith({ 10_000: 2_000 }) });
    expect(github.said).toEqual([expect.stringContaining('did not answer in time')]);
  });

  test('a short limit is waited out, and the report still arrives', async () => {
    const github = await startGithub();
    const headers = { 'retry-after': '20' };
    const message = 'You have exceeded a secondary rate limit.';
    const fault = { kind: 'status', status: 403, headers, body: { message } } as const;
    github.faults.add({ match: { method: 'POST' }, fault });
    await rollOut(github, { clock: clockWith({ 20_000: 500 }) });
    expect(github.runs).toMatchObject([{ status: 'completed' }]);
    expect(github.said).toEqual([]);
  });

  test('row 93: after a minute of limits in all, GitHub is left alone', async () => {
    const github = await startGithub();
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '25' } } as const;
    github.faults.add({ match: { method: 'GET' }, fault, times: 99 });
    await rollOut(github, { clock: clockWith({ 25_000: 50 }) });
    // 25 s and 25 s are waited; another 25 s would be more than a minute.
    expect(github.methods()).toEqual(['GET', 'GET', 'GET']);
    expect(github.said).toEqual([expect.stringContaining('wait 25 s')]);
  });

  test('a limit that should be over by our clock is not asked about without a pause', async () => {
    const github = await startGithub();
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1700000000' };
    const fault = { kind: 'status', status: 403, headers, body: {} } as const;
    github.faults.add({ match: { method: 'GET' }, fault, times: 1_000 });
    await rollOut(github, { clock: clockWith({ 5_000: 50 }) });
    expect(github.methods()).toHaveLength(13);
    expect(github.said).toHaveLength(1);
  });

  test('while a limit is waited out, a newer report takes the place of the old one', async () => {
    const github = await startGithub();
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '30' } } as const;
    github.faults.add({ match: { method: 'GET' }, fault });
    const reporter = github.open({ clock: clockWith({ 30_000: 1_000 }) });
    await reporter.update(running('old'));
    await github.journal.waitFor((entry) => entry.status === 429, 5_000);
    await reporter.update(running('new'));
    await reporter.flush();
    expect(github.methods()).toEqual(['GET', 'GET', 'POST']);
    expect(github.runs[0]!.output.title).toBe('new');
  });

  test('a cancel cuts a call in flight within two seconds', async () => {
    const github = await startGithub();
    const fault = { kind: 'delay', ms: 600_000, when: 'before' } as const;
    github.faults.add({ match: {}, fault });
    const cancel = new AbortController();
    const reporter = github.open({ hurry: cancel.signal });
    await reporter.update(running('started'));
    await github.journal.waitFor((entry) => entry.method === 'GET', 5_000);
    const before = performance.now();
    cancel.abort();
    await reporter.flush();
    expect(performance.now() - before).toBeLessThan(2_900);
    expect(github.said).toHaveLength(1);
  });

  test('after a cancel the last report is still shown, if GitHub is quick', async () => {
    const github = await startGithub();
    const cancel = new AbortController();
    const reporter = github.open({ hurry: cancel.signal });
    await reporter.update(running('started'));
    await reporter.flush();
    cancel.abort();
    await reporter.update(ended('rolled back'));
    await reporter.flush();
    expect(github.runs).toMatchObject([{ status: 'completed' }]);
    expect(github.said).toEqual([]);
  });

  test('a cancel ends the wait for a limit', async () => {
    const github = await startGithub();
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '50' } } as const;
    github.faults.add({ match: {}, fault, times: 99 });
    const cancel = new AbortController();
    const reporter = github.open({ hurry: cancel.signal });
    await reporter.update(running('started'));
    await github.journal.waitFor((entry) => entry.status === 429, 5_000);
    const before = performance.now();
    cancel.abort();
    await reporter.flush();
    expect(performance.now() - before).toBeLessThan(2_900);
    expect(github.said).toHaveLength(1);
  });
});
