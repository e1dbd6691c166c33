import { expect, test } from 'vitest';
import { refusal, REPO, SHA, silentOctokit, startGithub } from './fixture.ts';

const RUN = { ...REPO, name: 'canary: shop', head_sha: SHA };

const PULL = {
  repo: 'Octo-Org/shop',
  number: 12,
  headSha: SHA,
  headRef: 'feature',
  mergedAt: '2026-11-20T14:00:00Z',
  mergeCommitSha: 'b'.repeat(40),
};

test('only the token it knows is let in, and the two refusals differ', async () => {
  const { base, octokit, plain } = await startGithub();
  await expect(octokit.checks.create(RUN)).resolves.toMatchObject({ status: 201 });
  const wrong = await refusal(silentOctokit(base, 'ghs_wrong').checks.create(RUN));
  expect(wrong).toMatchObject({ status: 401, text: expect.stringContaining('Bad credentials') });
  const path = `/repos/octo-org/shop/commits/${SHA}/check-runs`;
  const without = await fetch(`${base}${path}`, { headers: { 'user-agent': 'test' } });
  expect([without.status, await without.text()]).toEqual([
    401,
    expect.stringContaining('Requires authentication'),
  ]);
  expect((await plain('GET', path)).status).toBe(200);
});

test('every permission that is taken away refuses its own calls and no others', async () => {
  const { octokit, controls } = await startGithub();
  controls.addPull(PULL);
  controls.workflows.set('canary.yml', []);
  const deployment = { ...REPO, ref: SHA, auto_merge: false, required_contexts: [] };
  const dispatch = { ...REPO, workflow_id: 'canary.yml', ref: 'main' };
  const calls = {
    checks: () => octokit.checks.create(RUN),
    'pull-requests': () =>
      octokit.repos.listPullRequestsAssociatedWithCommit({ ...REPO, commit_sha: SHA }),
    deployments: () => octokit.repos.createDeployment(deployment),
    actions: () => octokit.actions.createWorkflowDispatch(dispatch),
  };
  const refused: string[] = [];
  for (const [taken, level] of Object.entries(controls.permissions)) {
    Object.assign(controls.permissions, { [taken]: 'none' });
    for (const [name, call] of Object.entries(calls)) {
      const answer = await call().catch(String);
      if (typeof answer === 'string') refused.push(`${name} without ${taken}: ${answer}`);
    }
    Object.assign(controls.permissions, { [taken]: level });
  }
  const text = /^(.+) without \1: HttpError: Resource not accessible by integration/;
  const names = Object.keys(calls);
  expect(refused).toHaveLength(names.length);
  expect(new Set(refused.map((line) => text.exec(line)?.[1]))).toEqual(new Set(names));
});

test('a comment needs one of two permissions, and reading is not writing', async () => {
  const { octokit, controls } = await startGithub();
  controls.addPull(PULL);
  const comment = () => octokit.issues.createComment({ ...REPO, issue_number: 12, body: 'hello' });
  controls.permissions.issues = 'none';
  await expect(comment()).resolves.toMatchObject({ status: 201 });
  controls.permissions['pull-requests'] = 'read';
  expect((await refusal(comment())).status).toBe(403);
  const listed = await octokit.issues.listComments({ ...REPO, issue_number: 12 });
  expect(listed.data).toHaveLength(1);
});

test('the hourly limit is counted down, refuses, and opens again after its hour', async () => {
  const { octokit, controls, clock } = await startGithub();
  controls.hourlyLimit = 2;
  const list = () => octokit.checks.listForRef({ ...REPO, ref: SHA });
  const reset = String(clock.time / 1000 + 3600);
  const first = await list();
  expect(first.headers).toMatchObject({
    'x-ratelimit-limit': '2',
    'x-ratelimit-remaining': '1',
    'x-ratelimit-reset': reset,
  });
  await list();
  const over = await refusal(list());
  expect(over).toMatchObject({ status: 403, text: expect.stringContaining('rate limit exceeded') });
  clock.time += 3_600_000;
  await expect(list()).resolves.toMatchObject({ status: 200 });
});

test('an outage answers everything alike, before anything is read, and says when to come back', async () => {
  const { plain, controls, state } = await startGithub();
  controls.down = 503;
  controls.retryAfter = 7;
  const answer = await plain('POST', '/repos/octo-org/shop/check-runs', RUN);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7']);
  expect(state.checkRuns).toEqual([]);
  controls.down = null;
  const path = `/repos/octo-org/shop/commits/${SHA}/check-runs`;
  expect((await plain('GET', path)).headers.has('retry-after')).toBe(false);
});

test('only paths of repositories are its own, and a body must be JSON', async () => {
  const { handler, base, controls } = await startGithub();
  const call = {
    method: 'POST',
    host: 'x',
    path: '/v1/token',
    query: new URLSearchParams(),
    headers: { authorization: `bearer ${controls.token}`, 'user-agent': 'test' },
    body: '{',
    base,
  };
  expect(await handler(call)).toBeNull();
  const broken = await handler({ ...call, path: '/repos/o/r/check-runs' });
  expect(broken).toMatchObject({ status: 400, body: { message: 'Problems parsing JSON' } });
  const nameless = await handler({ ...call, path: '/repos/o/r/check-runs', headers: {} });
  expect(nameless!.status).toBe(403);
});

test('a comment is written, changed in place, listed, and only on a pull request that exists', async () => {
  const { octokit, controls, clock } = await startGithub();
  controls.addPull(PULL);
  const issue = { ...REPO, issue_number: 12 };
  const made = await octokit.issues.createComment({ ...issue, body: 'Canary at 5 %' });
  clock.time += 60_000;
  const changed = { ...REPO, comment_id: made.data.id, body: 'Canary at 25 %' };
  await octokit.issues.updateComment(changed);
  const listed = await octokit.issues.listComments(issue);
  expect(listed.data).toMatchObject([
    {
      id: made.data.id,
      body: 'Canary at 25 %',
      created_at: '2026-11-20T15:00:00Z',
      updated_at: '2026-11-20T15:01:00Z',
      user: { login: 'github-actions[bot]', type: 'Bot' },
    },
  ]);
  const long = { ...issue, body: 'x'.repeat(65_537) };
  expect((await refusal(octokit.issues.createComment(long))).status).toBe(422);
  const blank = { ...issue, body: ' ' };
  expect((await refusal(octokit.issues.createComment(blank))).status).toBe(422);
  const nowhere = { ...REPO, issue_number: 13, body: 'x' };
  expect((await refusal(octokit.issues.createComment(nowhere))).status).toBe(404);
});

test('a pull request is found by its head and by the commit it was merged as', async () => {
  const { octokit, controls } = await startGithub();
  controls.addPull(PULL);
  const of = async (commit_sha: string) => {
    const answer = await octokit.repos.listPullRequestsAssociatedWithCommit({
      ...REPO,
      commit_sha,
    });
    return answer.data.map(({ number, merged_at }) => [number, merged_at]);
  };
  expect(await of(SHA)).toEqual([[12, PULL.mergedAt]]);
  expect(await of(PULL.mergeCommitSha)).toEqual([[12, PULL.mergedAt]]);
  expect(await of('d'.repeat(40))).toEqual([]);
});

test('whose the token is, GraphQL says and REST shows; nothing else is known there', async () => {
  const { octokit, controls, plain } = await startGithub();
  controls.login = 'shop-deployer[bot]';
  expect(await octokit.graphql('{ viewer { login } }')).toEqual({
    viewer: { login: 'shop-deployer[bot]' },
  });
  controls.addPull(PULL);
  controls.addComment({ ...PULL, author: 'octocat', body: 'Looks good' });
  const issue = { ...REPO, issue_number: 12 };
  await octokit.issues.createComment({ ...issue, body: 'Canary at 5 %' });
  const { data } = await octokit.issues.listComments(issue);
  expect(data.map(({ user }) => [user?.login, user?.type])).toEqual([
    ['octocat', 'User'],
    ['shop-deployer[bot]', 'Bot'],
  ]);
  await expect(octokit.graphql('{ viewer { email } }')).rejects.toThrow('no such field');
  expect((await plain('POST', '/graphql', undefined)).status).toBe(400);
  controls.token = 'another';
  expect((await refusal(octokit.graphql('{ viewer { login } }'))).status).toBe(401);
});

test('a job with an environment has a Deployment whose log is its own', async () => {
  const { octokit, controls } = await startGithub();
  const job = { repo: 'octo-org/shop', sha: SHA, environment: 'production', runId: 77 };
  controls.addJobDeployment(job);
  const { data } = await octokit.repos.listDeployments({ ...REPO, sha: SHA });
  expect(data).toMatchObject([{ environment: 'production', payload: {} }]);
  const deployment_id = data[0]!.id;
  const statuses = await octokit.repos.listDeploymentStatuses({ ...REPO, deployment_id });
  expect(statuses.data).toMatchObject([
    {
      state: 'in_progress',
      log_url: expect.stringMatching(
        /^https:\/\/github\.com\/octo-org\/shop\/actions\/runs\/77\/job\/\d+$/,
      ),
    },
  ]);
});
