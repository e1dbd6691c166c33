import { expect, test } from 'vitest';
import { refusal, REPO, SHA, startGithub } from './fixture.ts';

const RUN = { ...REPO, name: 'canary: shop', head_sha: SHA };
const output = (summary: string) => ({ title: 'Stage 1', summary });

test('a check run lives through a rollout: created, updated, completed, read back', async () => {
  const { octokit, clock } = await startGithub();
  const made = await octokit.checks.create({
    ...RUN,
    status: 'in_progress',
    external_id: '7/1',
    output: output('5 %'),
  });
  expect(made.status).toBe(201);
  expect(made.data).toMatchObject({
    name: 'canary: shop',
    head_sha: SHA,
    external_id: '7/1',
    status: 'in_progress',
    conclusion: null,
    started_at: '2026-11-20T15:00:00Z',
    completed_at: null,
    app: { id: 15_368, slug: 'github-actions' },
  });
  const one = { ...REPO, check_run_id: made.data.id };
  await octokit.checks.update({ ...one, output: output('25 %') });
  clock.time += 90_000;
  await octokit.checks.update({ ...one, conclusion: 'success', output: output('100 %') });
  const read = await octokit.checks.get(one);
  expect(read.data).toMatchObject({
    status: 'completed',
    conclusion: 'success',
    completed_at: '2026-11-20T15:01:30Z',
    output: { summary: '100 %' },
  });
});

test('an update that goes back to in progress takes the conclusion away', async () => {
  const { octokit } = await startGithub();
  const made = await octokit.checks.create({ ...RUN, conclusion: 'neutral' });
  const one = { ...REPO, check_run_id: made.data.id };
  expect(made.data.status).toBe('completed');
  const again = await octokit.checks.update({ ...one, status: 'in_progress' });
  expect(again.data).toMatchObject({ conclusion: null, completed_at: null });
});

test('completed without a conclusion is refused, on creation and on update', async () => {
  const { octokit, plain, state } = await startGithub();
  const made = await octokit.checks.create(RUN);
  const runs = '/repos/octo-org/shop/check-runs';
  const status = 'completed';
  const create = await plain('POST', runs, { name: 'canary', head_sha: SHA, status });
  const update = await plain('PATCH', `${runs}/${made.data.id}`, { status });
  expect([create.status, update.status]).toEqual([422, 422]);
  expect(state.checkRuns.map(({ status }) => status)).toEqual(['queued']);
});

test('only GitHub itself calls a check run stale', async () => {
  const { plain, state } = await startGithub();
  const body = { name: 'canary', head_sha: SHA, conclusion: 'stale' };
  expect((await plain('POST', '/repos/octo-org/shop/check-runs', body)).status).toBe(422);
  expect(state.checkRuns).toEqual([]);
});

test('a run is found by name: the newest of each name, or all, page by page', async () => {
  const { octokit } = await startGithub();
  const names = ['a', 'b', 'a', 'c'];
  for (const name of names) await octokit.checks.create({ ...RUN, name });
  await octokit.checks.create({ ...RUN, head_sha: 'c'.repeat(40) });
  await octokit.checks.create({ ...RUN, repo: 'other' });
  const at = { ...REPO, ref: SHA };
  const latest = await octokit.checks.listForRef(at);
  expect(latest.data.check_runs.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  const all = await octokit.checks.listForRef({ ...at, filter: 'all', check_name: 'a' });
  expect(all.data.total_count).toBe(2);
  const none = await octokit.checks.listForRef({ ...at, status: 'completed' });
  expect(none.data.check_runs).toEqual([]);
  const foreign = await octokit.checks.listForRef({ ...at, app_id: 99 });
  expect(foreign.data.total_count).toBe(0);
  const pages = await octokit.paginate(octokit.checks.listForRef, {
    ...at,
    filter: 'all',
    per_page: 3,
  });
  expect(pages.map(({ name }) => name)).toEqual(['c', 'a', 'b', 'a']);
});

test("a job's own check takes an output but neither a status nor a conclusion", async () => {
  const { octokit, controls } = await startGithub();
  const job = controls.addCheckRun({
    repo: 'octo-org/shop',
    headSha: SHA,
    name: 'deploy',
    by: 'job',
  });
  const one = { ...REPO, check_run_id: job.id };
  const written = await octokit.checks.update({ ...one, output: output('live') });
  expect(written.data.output.summary).toBe('live');
  const ends = await refusal(octokit.checks.update({ ...one, conclusion: 'success' }));
  expect(ends.status).toBe(403);
  expect(ends.text).toContain('can only be updated internally by GitHub Actions');
  const sameName = { ...RUN, name: 'deploy', status: 'in_progress' as const };
  expect((await refusal(octokit.checks.create(sameName))).status).toBe(403);
  const elsewhere = await octokit.checks.create({ ...sameName, head_sha: 'c'.repeat(40) });
  expect(elsewhere.status).toBe(201);
});

test("another app's check run is not ours to change", async () => {
  const { octokit, controls } = await startGithub();
  const by = { appId: 99 };
  const run = controls.addCheckRun({ repo: 'octo-org/shop', headSha: SHA, name: 'lint', by });
  const refused = await refusal(
    octokit.checks.update({ ...REPO, check_run_id: run.id, external_id: 'x' }),
  );
  expect(refused.status).toBe(403);
  expect(run.externalId).toBeNull();
});

test('what the schema forbids is named: missing, unknown, out of the list, of a wrong type', async () => {
  const { plain } = await startGithub();
  const fault = async (body: unknown) => {
    const { status, json } = await plain('POST', '/repos/octo-org/shop/check-runs', body);
    return `${status} ${json.message?.replace('Invalid request.\n\n', '')}`;
  };
  const good = { name: 'canary', head_sha: SHA };
  expect(await fault({ name: 'canary' })).toBe('422 "head_sha" wasn\'t supplied.');
  expect(await fault({ ...good, detail_url: 'x' })).toBe(
    '422 "detail_url" is not a permitted key.',
  );
  expect(await fault({ ...good, conclusion: 'passed' })).toMatch(
    /^422 For 'conclusion', "passed" is not a member of \["action_required",/,
  );
  expect(await fault({ ...good, name: 5 })).toBe("422 For 'name', 5 is not a string.");
  expect(await fault({ ...good, started_at: 'yesterday' })).toMatch(/^422 For 'started_at',/);
  expect(await fault({ ...good, head_sha: 'main' })).toBe('422 No commit found for SHA: main');
});

test('nothing deletes a check run', async () => {
  const { octokit, plain, state } = await startGithub();
  const made = await octokit.checks.create(RUN);
  const answer = await plain('DELETE', `/repos/octo-org/shop/check-runs/${made.data.id}`);
  expect(answer.status).toBe(404);
  expect(state.checkRuns).toHaveLength(1);
});

test('a check run of another repository is not found', async () => {
  const { octokit } = await startGithub();
  const made = await octokit.checks.create(RUN);
  const elsewhere = { owner: 'octo-org', repo: 'other', check_run_id: made.data.id };
  expect((await refusal(octokit.checks.get(elsewhere))).status).toBe(404);
});
