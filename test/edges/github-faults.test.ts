import { afterAll, describe, expect, test, vi } from 'vitest';
import { FAULTS } from './github-fault-kinds.ts';
import {
  CALLS,
  closeServers,
  ended,
  NAME,
  rollOut,
  running,
  SHA,
  startGithub,
} from './github-fixture.ts';

// Most of the time passes in waiting.
vi.setConfig({ maxConcurrency: 32 });
afterAll(closeServers);

describe.concurrent('S15: a fault of GitHub is one warning and nothing else', () => {
  for (const { call, match } of CALLS) {
    test.for(FAULTS)(`${call}: $name, for good`, async ({ fault }) => {
      const github = await startGithub();
      github.faults.add({ match, fault, times: 1_000 });
      await rollOut(github);
      expect(github.said).toHaveLength(1);
      expect(github.said[0]).toMatch(/^warning: .*"checks: write".* goes on without it\.$/);
      expect(github.said[0]).not.toContain(github.controls.token);
    });
  }

  for (const { call, match } of [CALLS[0], CALLS[2]]) {
    test.for(['empty', 'truncated'] as const)(
      `${call}: an answer whose body is %s, for good`,
      async (kind) => {
        const github = await startGithub();
        github.faults.add({ match, fault: { kind }, times: 1_000 });
        await rollOut(github);
        expect(github.said).toEqual([expect.stringContaining('makes no sense')]);
      },
    );
  }

  test.for([500, 502, 503])('one %i is tried again and not worth a word', async (status) => {
    const github = await startGithub();
    for (const { match } of [CALLS[0], CALLS[2]]) {
      github.faults.add({ match, fault: { kind: 'status', status } });
    }
    await rollOut(github);
    expect(github.said).toEqual([]);
    expect(github.runs).toMatchObject([{ status: 'completed' }]);
  });

  test.for(['drop', 'lost', 'empty', 'truncated'] as const)(
    'row 87: a create that is answered with "%s" still makes exactly one check run',
    async (kind) => {
      const github = await startGithub();
      github.faults.add({ match: { method: 'POST' }, fault: { kind } });
      await rollOut(github);
      expect(github.runs).toMatchObject([{ status: 'completed', conclusion: 'success' }]);
      expect(github.methods().slice(0, 3)).toEqual(['GET', 'POST', 'GET']);
      expect(github.said).toEqual([]);
    },
  );

  test('a POST is never repeated without a look in between', async () => {
    const github = await startGithub();
    const fault = { kind: 'status', status: 502, applied: true } as const;
    github.faults.add({ match: { method: 'POST' }, fault, times: 9 });
    await rollOut(github);
    expect(github.runs).toHaveLength(1);
    expect(github.methods().filter((method) => method === 'POST')).toHaveLength(1);
  });

  test('after an outage the end is shown all the same', async () => {
    const github = await startGithub();
    github.controls.down = 503;
    const reporter = github.open();
    await reporter.update(running('started'));
    await reporter.flush();
    github.controls.down = null;
    await reporter.update(ended('promoted'));
    await reporter.flush();
    expect(github.runs).toMatchObject([{ status: 'completed', conclusion: 'success' }]);
    expect(github.said).toHaveLength(1);
  });

  test('an update that may or may not have arrived is not taken for shown', async () => {
    const github = await startGithub();
    const reporter = github.open();
    await reporter.update(running('A'));
    await reporter.flush();
    const match = { method: 'PATCH' };
    github.faults.add({ match, fault: { kind: 'lost' }, times: 3 });
    await reporter.update(running('B'));
    await reporter.flush();
    expect(github.runs[0]!.output.title).toBe('B');
    await reporter.update(running('A'));
    await reporter.flush();
    expect(github.runs[0]!.output.title).toBe('A');
  });

  test('a check run that went away with its workflow run is made again', async () => {
    const github = await startGithub();
    const reporter = github.open();
    await reporter.update(running('started'));
    await reporter.flush();
    github.runs.splice(0);
    await reporter.update(ended('promoted'));
    await reporter.flush();
    expect(github.runs).toMatchObject([{ status: 'completed', externalId: github.rollout }]);
    expect(github.said).toEqual([]);
  });

  test('row 89: a token without checks: write is asked at the start and at the end', async () => {
    const github = await startGithub();
    github.controls.permissions.checks = 'read';
    await rollOut(github);
    expect(github.methods()).toEqual(['GET', 'POST', 'GET', 'POST']);
    expect(github.said).toEqual([
      'warning: The check run "Canary: web (europe-west1)" is not up to date: GitHub answered 403 ' +
        '"Resource not accessible by integration". It needs "checks: write" in the permissions ' +
        'of the job. The rollout goes on without it.',
    ]);
  });

  test('the end is tried once more after an odd 403, and only the end', async () => {
    const github = await startGithub();
    const fault = { kind: 'status', status: 403, body: { message: 'odd' } } as const;
    github.faults.add({ match: { method: 'PATCH' }, fault });
    const reporter = github.open();
    for (const why of ['started', 'at 5 %', 'at 20 %', 'at 50 %']) {
      await reporter.update(running(why));
      await reporter.flush();
    }
    expect(github.methods()).toEqual(['GET', 'POST', 'PATCH']);
    await reporter.update(ended('promoted'));
    await reporter.flush();
    expect(github.methods()).toEqual(['GET', 'POST', 'PATCH', 'PATCH']);
    expect(github.runs).toMatchObject([{ status: 'completed', conclusion: 'success' }]);
    expect(github.said).toEqual([expect.stringContaining('403 "odd"')]);
  });

  test('a report that waited for the answer is not sent after a refusal', async () => {
    const github = await startGithub();
    const fault = { kind: 'status', status: 403, body: { message: 'odd' } } as const;
    github.faults.add({ match: { method: 'GET' }, fault });
    const reporter = github.open();
    await reporter.update(running('started'));
    await reporter.update(running('at 5 %'));
    await reporter.flush();
    expect(github.methods()).toEqual(['GET']);
  });

  test('an end that was told while the last answer was still to come is tried, too', async () => {
    const github = await startGithub();
    const fault = { kind: 'status', status: 403, body: { message: 'odd' } } as const;
    github.faults.add({ match: { method: 'GET' }, fault });
    const reporter = github.open();
    await reporter.update(running('started'));
    await reporter.update(ended('promoted'));
    await reporter.flush();
    expect(github.methods()).toEqual(['GET', 'GET', 'POST']);
    expect(github.runs).toMatchObject([{ status: 'completed', conclusion: 'success' }]);
    expect(github.said).toHaveLength(1);
  });

  test('an end that is not accepted does not open the way for more', async () => {
    const github = await startGithub();
    const fault = { kind: 'status', body: {} } as const;
    github.faults.add({ match: {}, fault: { ...fault, status: 403 } });
    const reporter = github.open();
    await reporter.update(running('started'));
    await reporter.flush();
    github.faults.add({ match: { method: 'POST' }, fault: { ...fault, status: 422 } });
    await reporter.update(ended('promoted'));
    await reporter.flush();
    await reporter.update(running('at 5 %'));
    await reporter.flush();
    expect(github.methods()).toEqual(['GET', 'GET', 'POST']);
    expect(github.said).toHaveLength(1);
  });

  test('row 88: on a pull request from a fork it is a notice', async () => {
    const github = await startGithub();
    github.controls.permissions.checks = 'read';
    await rollOut(github, { fromFork: true });
    expect(github.said).toEqual([expect.stringMatching(/^notice: .*fork/)]);
  });

  test('a job of the same name is not touched; the warning names check_name', async () => {
    const github = await startGithub();
    const job = { repo: 'octo-org/shop', headSha: SHA, name: NAME, by: 'job' } as const;
    github.controls.addCheckRun(job);
    await rollOut(github);
    expect(github.said).toEqual([expect.stringMatching(/^warning: .*check_name/)]);
    expect(github.runs).toMatchObject([{ isJob: true, output: { title: null } }]);
  });

  test('a report that cannot be rendered is a warning too, and its end is shown all the same', async () => {
    const github = await startGithub();
    const broken = (): never => {
      throw new TypeError('undefined is not a function');
    };
    await rollOut(github, { render: broken });
    expect(github.methods()).toEqual(['GET', 'POST']);
    expect(github.runs).toMatchObject([
      { status: 'completed', conclusion: 'success', output: { title: 'Ended: promoted' } },
    ]);
    expect(github.said).toHaveLength(1);
  });

  test.for([
    ['an empty token', { token: '' }],
    ['plain HTTP to a host that is not this machine', { apiUrl: 'http://github.example/api/v3' }],
    ['a user in the address', { apiUrl: 'https://me:secret@api.github.com' }],
    ['something that is no address', { apiUrl: 'api.github.com' }],
  ] as const)('nothing is sent with %s', async ([, changes]) => {
    const github = await startGithub();
    const sent: string[] = [];
    const fetch: typeof globalThis.fetch = async (input) => {
      sent.push(input instanceof Request ? input.url : input.toString());
      throw new TypeError('nothing may be sent');
    };
    await rollOut(github, { ...changes, fetch });
    expect(sent).toEqual([]);
    expect(github.said).toHaveLength(1);
  });

  test('no redirect is followed, so the token and the report stay with their host', async () => {
    const [github, stranger] = [await startGithub(), await startGithub()];
    const headers = { location: `${stranger.apiUrl}/elsewhere` };
    for (const { match } of CALLS) {
      github.faults.add({ match, fault: { kind: 'status', status: 307, headers }, times: 9 });
      await rollOut(github);
      github.faults.clear();
    }
    expect(stranger.methods()).toEqual([]);
  });

  test('a token the client cannot send does not appear in the warning', async () => {
    const github = await startGithub();
    await rollOut(github, { token: 'ghs_marker\nsecond line' });
    expect(github.said).toHaveLength(1);
    expect(github.said[0]).not.toContain('ghs_marker');
  });

  test('foreign words in the warning are cut and hold no secret', async () => {
    const github = await startGithub();
    const message = `hunter2 ${'x'.repeat(5_000)}`;
    const fault = { kind: 'status', status: 403, body: { message } } as const;
    github.faults.add({ match: {}, fault });
    await rollOut(github, { redact: (text) => text.replaceAll('hunter2', '***') });
    expect(github.said[0]!.length).toBeLessThan(700);
    expect(github.said[0]).toContain('*** x');
    expect(github.said[0]).not.toContain('hunter2');
  });
});
