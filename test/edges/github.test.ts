import { afterAll, describe, expect, test } from 'vitest';
import {
  closeServers,
  NAME,
  render,
  rollOut,
  running,
  SHA,
  startGithub,
} from './github-fixture.ts';

afterAll(closeServers);

describe.concurrent('the check run of a rollout', () => {
  test('is looked for, made, brought up to date as a whole, and completed', async () => {
    const github = await startGithub();
    await rollOut(github);
    expect(github.methods()).toEqual(['GET', 'POST', 'PATCH', 'PATCH']);
    const [lookUp, create, update, complete] = github.journal.entries();
    expect(lookUp!.path).toBe(`/repos/octo-org/shop/commits/${SHA}/check-runs`);
    expect(new URLSearchParams(lookUp!.query).get('check_name')).toBe(NAME);
    expect(JSON.parse(create!.body)).toEqual({
      name: NAME,
      head_sha: SHA,
      external_id: github.rollout,
      status: 'in_progress',
      output: { title: 'started', summary: 'summary started', text: 'text started' },
    });
    expect(JSON.parse(update!.body)).toEqual({
      status: 'in_progress',
      output: { title: 'at 5 %', summary: 'summary at 5 %', text: 'text at 5 %' },
    });
    expect(JSON.parse(complete!.body)).toMatchObject({
      status: 'completed',
      conclusion: 'success',
    });
    expect(github.runs).toMatchObject([{ status: 'completed', conclusion: 'success' }]);
    expect(github.said).toEqual([]);
  });

  test('has an address as soon as there is one', async () => {
    const github = await startGithub();
    const reporter = github.open();
    expect(reporter.checkRunUrl()).toBe('');
    await reporter.update(running('started'));
    await reporter.flush();
    expect(reporter.checkRunUrl()).toMatch(/^https:\/\/.+\/octo-org\/shop\/runs\/\d+$/);
  });

  test('of an earlier attempt is opened again, not made a second time', async () => {
    const github = await startGithub();
    await rollOut(github);
    const second = github.open();
    await second.update(running('attempt 2'));
    await second.flush();
    expect(github.runs).toMatchObject([{ status: 'in_progress', conclusion: null }]);
    expect(github.runs[0]!.output.title).toBe('attempt 2');
  });

  test('is found behind a later rollout of the same commit, and leaves that alone', async () => {
    const github = await startGithub();
    await rollOut(github);
    await rollOut(github, { externalId: '683120945-2' });
    await rollOut(github, { render: (report) => render({ ...report, why: 'again' }) });
    expect(github.runs.map((run) => run.output.title)).toEqual(['again', 'promoted']);
  });

  test('is found on the second page', async () => {
    const github = await startGithub();
    await rollOut(github);
    for (let i = 0; i < 130; i += 1) {
      const repo = 'octo-org/shop';
      github.controls.addCheckRun({ repo, headSha: SHA, name: NAME, by: { appId: 15368 } });
    }
    await rollOut(github, { render: (report) => render({ ...report, why: 'again' }) });
    expect(github.runs).toHaveLength(131);
    expect(github.runs[0]!.output.title).toBe('again');
  });

  test('is not written when nothing has changed', async () => {
    const github = await startGithub();
    const reporter = github.open();
    for (const why of ['same', 'same', 'same']) {
      await reporter.update(running(why));
      await reporter.flush();
    }
    expect(github.methods()).toEqual(['GET', 'POST']);
  });

  test('skips reports that a newer one has overtaken, and ends with the last', async () => {
    const github = await startGithub();
    const reporter = github.open();
    for (const why of ['1', '2', '3', '4']) await reporter.update(running(why));
    expect(github.methods()).toEqual([]);
    await reporter.flush();
    expect(github.methods()).toEqual(['GET', 'POST', 'PATCH']);
    expect(github.runs[0]!.output.title).toBe('4');
  });

  test('never holds a secret', async () => {
    const github = await startGithub();
    const redact = (text: string): string => text.replaceAll('hunter2', '***');
    await rollOut(github, { redact, render: (report) => render({ ...report, why: 'hunter2' }) });
    expect(github.runs[0]!.output).toEqual({
      title: '***',
      summary: 'summary ***',
      text: 'text ***',
    });
  });
});
