import { expect, test } from 'vitest';
import { refusal, REPO, SHA, startGithub } from './fixture.ts';

test('a deployment left to its defaults merges or conflicts; told not to, it is made', async () => {
  const { octokit, state } = await startGithub();
  const create = (extra: object) => octokit.repos.createDeployment({ ...REPO, ref: SHA, ...extra });
  expect((await create({})).status).toBe(202);
  expect((await refusal(create({ auto_merge: false }))).status).toBe(409);
  expect(state.deployments).toEqual([]);
  const made = await create({ auto_merge: false, required_contexts: [], environment: 'staging' });
  expect(made.data).toMatchObject({ sha: SHA, environment: 'staging', task: 'deploy' });
});

test('a success retires the earlier deployments of its environment, but not production', async () => {
  const { octokit } = await startGithub();
  const rollout = async (environment: string) => {
    const body = { ref: SHA, auto_merge: false, required_contexts: [], environment };
    const { data } = await octokit.repos.createDeployment({ ...REPO, ...body });
    const deployment_id = 'id' in data ? data.id : 0;
    const one = { ...REPO, deployment_id };
    await octokit.repos.createDeploymentStatus({ ...one, state: 'in_progress' });
    await octokit.repos.createDeploymentStatus({ ...one, state: 'success', description: 'done' });
    return one;
  };
  const states = async (one: { owner: string; repo: string; deployment_id: number }) =>
    (await octokit.repos.listDeploymentStatuses(one)).data.map(({ state }) => state);
  const [first, second] = [await rollout('staging'), await rollout('staging')];
  const [third, fourth] = [await rollout('production'), await rollout('production')];
  expect(await states(first)).toEqual(['inactive', 'success', 'in_progress']);
  expect(await states(second)).toEqual(['success', 'in_progress']);
  expect(await states(third)).toEqual(await states(fourth));
  const long = { ...first, state: 'error' as const, description: 'x'.repeat(141) };
  expect((await refusal(octokit.repos.createDeploymentStatus(long))).status).toBe(422);
  const listed = await octokit.repos.listDeployments({ ...REPO, environment: 'staging' });
  expect(listed.data.map(({ id }) => id)).toEqual([second.deployment_id, first.deployment_id]);
});

test('a workflow is dispatched with inputs it knows, with or without details of the run', async () => {
  const { octokit, controls, state } = await startGithub();
  controls.workflows.set('canary.yml', ['command']);
  const dispatch = { ...REPO, workflow_id: 'canary.yml', ref: 'main' };
  const quiet = await octokit.actions.createWorkflowDispatch({
    ...dispatch,
    inputs: { command: 'ramp' },
  });
  expect(quiet.status).toBe(204);
  const told = await octokit.request(
    'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches',
    { ...dispatch, return_run_details: true },
  );
  expect(told.data).toMatchObject({ workflow_run_id: state.dispatches[1]!.runId });
  expect(state.dispatches[0]).toMatchObject({ ref: 'main', inputs: { command: 'ramp' } });
  const odd = { ...dispatch, inputs: { colour: 'red' } };
  expect((await refusal(octokit.actions.createWorkflowDispatch(odd))).status).toBe(422);
  const unknown = { ...dispatch, workflow_id: 'other.yml' };
  expect((await refusal(octokit.actions.createWorkflowDispatch(unknown))).status).toBe(404);
});

test('transient ones, other repositories and those told to be left alone are not retired', async () => {
  const { octokit, state } = await startGithub();
  const rollout = async (extra: object, success: object = {}, repo = REPO.repo) => {
    const body = { ...REPO, ref: SHA, auto_merge: false, required_contexts: [], environment: 'qa' };
    const { data } = await octokit.repos.createDeployment({ ...body, ...extra, repo });
    const deployment_id = 'id' in data ? data.id : 0;
    const status = { ...REPO, repo, deployment_id, state: 'success' as const, ...success };
    await octokit.repos.createDeploymentStatus(status);
  };
  await rollout({ transient_environment: true });
  await rollout({}, {}, 'other');
  await rollout({});
  await rollout({}, { auto_inactive: false });
  expect(state.deploymentStatuses.map(({ state }) => state)).not.toContain('inactive');
  await rollout({});
  const retired = state.deploymentStatuses.filter(({ state }) => state === 'inactive');
  expect(retired.map(({ deploymentId }) => deploymentId)).toEqual(
    state.deployments.slice(2, 4).map(({ id }) => id),
  );
});

test('deployments are found by ref, commit, task and environment', async () => {
  const { octokit } = await startGithub();
  const other = 'c'.repeat(40);
  const make = { ...REPO, auto_merge: false, required_contexts: [] };
  await octokit.repos.createDeployment({ ...make, ref: SHA, environment: 'qa' });
  await octokit.repos.createDeployment({ ...make, ref: other, task: 'migrate' });
  const found = async (query: object) => {
    const { data } = await octokit.repos.listDeployments({ ...REPO, ...query });
    return data.map(({ sha }) => sha);
  };
  expect(await found({})).toEqual([other, SHA]);
  expect(await found({ ref: SHA })).toEqual([SHA]);
  expect(await found({ sha: other })).toEqual([other]);
  expect(await found({ task: 'migrate' })).toEqual([other]);
  expect(await found({ environment: 'qa' })).toEqual([SHA]);
});
