import { afterAll, describe, expect, test, vi } from 'vitest';
import { createClock } from '../../src/edges/clock.ts';
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

  test('row 93: after a minute of limits in all, GitHub is left alone until the end', async () => {
    const github = await startGithub();
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '25' } } as const;
    github.faults.add({ match: { method: 'GET' }, fault, times: 99 });
    const reporter = github.open({ clock: clockWith({ 25_000: 50 }) });
    await reporter.update(running('started'));
    await reporter.flush();
    await reporter.update(running('at 5 %'));
    await reporter.flush();
    // 25 s and 25 s are waited; another 25 s would be more than a minute.
    expect(github.methods()).toEqual(['GET', 'GET', 'GET']);
    await reporter.update(ended('promoted'));
    await reporter.flush();
    expect(github.methods()).toEqual(['GET', 'GET', 'GET', 'GET']);
    expect(github.said).toEqual([expect.stringContaining('wait 25 s')]);
  });

  test('row 93: the end is shown when the limits of hours ago are over', async () => {
    const github = await startGithub();
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '3600' } } as const;
    github.faults.add({ match: { method: 'GET' }, fault });
    await rollOut(github);
    expect(github.methods()).toEqual(['GET', 'GET', 'POST']);
    expect(github.runs).toMatchObject([{ status: 'completed', conclusion: 'success' }]);
    expect(github.said).toEqual([expect.stringContaining('wait 3600 s')]);
  });

  test('limits long apart are not added up: each report has a minute of its own', async () => {
    const github = await startGithub();
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '40' } } as const;
    const reporter = github.open({ clock: clockWith({ 40_000: 50 }) });
    for (const why of ['started', 'at 5 %', 'at 20 %']) {
      github.faults.add({ match: {}, fault });
      await reporter.update(running(why));
      await reporter.flush();
      expect(github.runs[0]!.output.title).toBe(why);
    }
    expect(github.said).toEqual([]);
  });

  test('a limit that should be over by our clock is not asked about without a pause', async () => {
    const github = await startGithub();
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1700000000' };
    const fault = { kind: 'status', status: 403, headers, body: {} } as const;
    github.faults.add({ match: { method: 'GET' }, fault, times: 1_000 });
    await rollOut(github, { clock: clockWith({ 5_000: 50 }) });
    // Twelve times five seconds are waited; then the end is tried once more.
    expect(github.methods()).toHaveLength(14);
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
    expect(reporter.isBehind()).toBe(true);
  });

  test('a report that GitHub refuses leaves nothing to try again', async () => {
    const github = await startGithub();
    github.faults.add({ match: {}, fault: { kind: 'status', status: 403 } });
    const reporter = github.open({});
    await reporter.update(running('started'));
    await reporter.flush();
    expect([github.said.length, reporter.isBehind()]).toEqual([1, false]);
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
    expect([github.said, reporter.isBehind()]).toEqual([[], false]);
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

  describe('an end that nobody answers', () => {
    /** As often as the client asks by itself for one report. */
    const OUTAGE = { match: { method: 'PATCH' }, fault: { kind: 'status', status: 503 } } as const;

    test('is sent once more, and if that is heard nobody is told of it', async () => {
      const github = await startGithub();
      const reporter = github.open();
      await reporter.update(running('at 20 %'));
      await reporter.flush();
      github.faults.add({ ...OUTAGE, times: 3 });
      await reporter.update(ended('promoted'));
      await reporter.flush();
      expect(github.runs).toMatchObject([{ status: 'completed', output: { title: 'promoted' } }]);
      expect([github.said, reporter.isBehind()]).toEqual([[], false]);
    });

    test('for good is one warning, and left to whoever comes next', async () => {
      const github = await startGithub();
      const reporter = github.open();
      await reporter.update(running('at 20 %'));
      await reporter.flush();
      github.faults.add({ ...OUTAGE, times: 1_000 });
      await reporter.update(ended('promoted'));
      await reporter.flush();
      expect(github.methods()).toEqual(['GET', 'POST', ...Array<string>(6).fill('PATCH')]);
      expect([github.said.length, reporter.isBehind()]).toEqual([1, true]);
    });

    test('is not waited with after a cancel', async ({ expect }) => {
      const github = await startGithub();
      const cancel = new AbortController();
      const reporter = github.open({ hurry: cancel.signal, clock: createClock() });
      await reporter.update(running('at 20 %'));
      await reporter.flush();
      github.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'drop' }, times: 1_000 });
      await reporter.update(ended('rolled back'));
      const third = () => github.methods().filter((method) => method === 'PATCH').length === 3;
      await expect.poll(third, { timeout: 8_000 }).toBe(true);
      const before = performance.now();
      cancel.abort();
      await reporter.flush();
      expect(performance.now() - before).toBeLessThan(2_900);
      expect([github.said.length, reporter.isBehind()]).toEqual([1, true]);
    });
  });

  test('what nobody answers on the way is not sent again: what comes next replaces it', async () => {
    const github = await startGithub();
    github.faults.add({ match: { method: 'GET' }, fault: { kind: 'drop' }, times: 1_000 });
    const reporter = github.open();
    await reporter.update(running('started'));
    await reporter.flush();
    expect(github.methods()).toEqual(['GET', 'GET', 'GET']);
  });

  test('nobody waits longer for a flush than was agreed, and what is left is behind', async () => {
    const github = await startGithub();
    github.faults.add({ match: {}, fault: { kind: 'delay', ms: 600_000, when: 'before' } });
    const reporter = github.open({});
    await reporter.update(ended('promoted'));
    const before = performance.now();
    await reporter.flush(200);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect([github.said.length, reporter.isBehind()]).toEqual([1, true]);
  });
});
