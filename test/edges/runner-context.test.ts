import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import { headShaOf, readContext, type Environment } from '../../src/edges/runner-context.ts';
import { parseState, writeState, type PostState } from '../../src/edges/runner-state.ts';

const SHA = 'a'.repeat(40);
const HEAD = 'b'.repeat(40);

const JOB: Environment = {
  GITHUB_REPOSITORY: 'octo-org/shop',
  GITHUB_REPOSITORY_ID: '683120945',
  GITHUB_RUN_ID: '19482736450',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_SHA: SHA,
  GITHUB_EVENT_NAME: 'push',
  GITHUB_ACTOR: 'octocat',
  GITHUB_JOB: 'deploy',
  GITHUB_SERVER_URL: 'https://ghe.example',
  GITHUB_API_URL: 'https://ghe.example/api/v3',
};

describe('the context of a run', () => {
  test.each([
    ['github-hosted', true],
    ['self-hosted', false],
    ['', false],
  ])('is on a machine of GitHub if the runner says so: %j', (RUNNER_ENVIRONMENT, isHosted) => {
    expect(readContext({ ...JOB, RUNNER_ENVIRONMENT }, {})).toMatchObject({ isHosted });
  });

  test('comes from the variables of the runner', () => {
    expect(readContext(JOB, {})).toEqual({
      owner: 'octo-org',
      repo: 'shop',
      repositoryId: 683120945,
      runId: 19482736450,
      runAttempt: 2,
      sha: SHA,
      headSha: SHA,
      actor: 'octocat',
      serverUrl: 'https://ghe.example',
      apiUrl: 'https://ghe.example/api/v3',
      runUrl: 'https://ghe.example/octo-org/shop/actions/runs/19482736450',
      fromFork: false,
      isHosted: false,
      completedRun: null,
      dispatch: null,
      credentialFilePath: null,
      project: null,
      env: JOB,
    });
  });

  test.for([
    [{ GITHUB_TRIGGERING_ACTOR: 'ada' }, 'ada'],
    [{ GITHUB_TRIGGERING_ACTOR: '' }, 'octocat'],
    [{ GITHUB_ACTOR: '' }, ''],
  ] as const)('is of whoever has started this attempt: %j is %j', ([env, actor]) => {
    expect(readContext({ ...JOB, ...env }, {}).actor).toBe(actor);
  });

  test.for([
    ['GITHUB_REPOSITORY', ''],
    ['GITHUB_REPOSITORY', 'a/b/c'],
    ['GITHUB_REPOSITORY_ID', 'x'],
    ['GITHUB_RUN_ID', '0'],
    ['GITHUB_RUN_ID', '99999999999999999999'],
    ['GITHUB_RUN_ATTEMPT', '1.5'],
    ['GITHUB_SHA', 'main'],
  ] as const)('%s "%s" gives a rollout no identity and is refused by name', ([name, value]) => {
    const read = () => readContext({ ...JOB, [name]: value }, {});
    expect(read).toThrow(Problem);
    expect(read).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        findings: [expect.objectContaining({ subject: `The variable ${name}`, value })],
      }),
    );
  });

  test('outside of a job every missing variable is named at once', () => {
    const names = Object.keys(JOB).slice(0, 5);
    const findings = names.map((name) =>
      expect.objectContaining({ subject: `The variable ${name}`, value: null }),
    );
    expect(() => readContext({}, {})).toThrow(expect.objectContaining({ findings }));
  });

  test.for([
    [{ GOOGLE_GHA_CREDS_PATH: '/a', GOOGLE_APPLICATION_CREDENTIALS: '/b' }, '/a'],
    [{ GOOGLE_GHA_CREDS_PATH: ' ', GOOGLE_APPLICATION_CREDENTIALS: '/b' }, '/b'],
    [{}, null],
  ] as const)('credentials of %j are read from %s', ([env, path]) => {
    expect(readContext({ ...JOB, ...env }, {}).credentialFilePath).toBe(path);
  });

  test.for([
    [{ GOOGLE_CLOUD_PROJECT: 'a', GCLOUD_PROJECT: 'b', CLOUDSDK_CORE_PROJECT: 'c' }, 'a'],
    [{ GCLOUD_PROJECT: 'b', CLOUDSDK_CORE_PROJECT: 'c' }, 'b'],
    [{ CLOUDSDK_CORE_PROJECT: 'c' }, 'c'],
    [{ GOOGLE_CLOUD_PROJECT: '' }, null],
  ] as const)('the project of %j is %s', ([env, project]) => {
    expect(readContext({ ...JOB, ...env }, {}).project).toBe(project);
  });

  test('a server address that is none does not become a link', () => {
    const env = { ...JOB, GITHUB_SERVER_URL: 'javascript:alert(1)' };
    expect(readContext(env, {}).runUrl).toMatch(/^https:\/\/github\.com\/octo-org\/shop\//);
  });
});

describe('the commit that people look at', () => {
  const pull = { pull_request: { head: { sha: HEAD } } };
  test.for([
    ['pull_request', pull, HEAD],
    ['pull_request_target', pull, HEAD],
    ['merge_group', { merge_group: { head_sha: HEAD } }, HEAD],
    ['push', pull, SHA],
    // GITHUB_SHA is the tip of the branch or tag that was chosen.
    ['workflow_dispatch', { ref: 'refs/heads/other', inputs: { command: 'run' } }, SHA],
    ['pull_request', { action: 'closed', ...pull }, HEAD],
    ['workflow_run', { workflow_run: { head_sha: HEAD } }, SHA],
    ['pull_request', {}, SHA],
    ['pull_request', null, SHA],
    ['pull_request', 'text', SHA],
    ['pull_request', { pull_request: { head: { sha: '../x' } } }, SHA],
    ['merge_group', { merge_group: { head_sha: 7 } }, SHA],
  ] as const)('on %s with %j is %s', ([event, payload, sha]) => {
    expect(headShaOf(event, payload, SHA)).toBe(sha);
  });
});

describe('how the workflow is started by hand', () => {
  const given = { inputs: { command: 'run', at: '', dry_run: false, count: 3, odd: ['x'] } };
  const file = 'octo-org/shop/.github/workflows/deploy.yml@refs/heads/feature/a';
  const dispatchOf = (event: string, payload: unknown, workflowRef = file) =>
    readContext({ ...JOB, GITHUB_EVENT_NAME: event, GITHUB_WORKFLOW_REF: workflowRef }, payload)
      .dispatch;

  test('is known of a run that was started so, and takes a command', () => {
    expect(dispatchOf('workflow_dispatch', given)).toEqual({
      workflow: 'deploy.yml',
      ref: 'feature/a',
      inputs: { command: 'run', at: '', dry_run: 'false', count: '3' },
    });
  });

  test.for<[string, string, unknown, string?]>([
    ['another event', 'push', given],
    ['no command among the inputs', 'workflow_dispatch', { inputs: { service: 'web' } }],
    ['no inputs', 'workflow_dispatch', { inputs: null }],
    ['no payload', 'workflow_dispatch', 'text'],
    ['no file', 'workflow_dispatch', given, ''],
    ['a file elsewhere', 'workflow_dispatch', given, 'octo-org/shop/x.yml@refs/heads/main'],
    ['a pull request', 'workflow_dispatch', given, `${file.split('@')[0]}@refs/pull/7/merge`],
  ])('is not known with %s', ([, event, payload, workflowRef]) => {
    expect(dispatchOf(event, payload, workflowRef)).toBeNull();
  });
});

describe('a fork', () => {
  const from = (id: unknown) => ({ pull_request: { head: { repo: { id } } } });
  test.for([
    ['pull_request', from(1), true],
    ['pull_request', from(683120945), false],
    ['pull_request', { pull_request: { head: { repo: null } } }, true],
    ['pull_request', {}, false],
    ['pull_request_target', from(1), false],
    ['push', from(1), false],
  ] as const)('%s with %j: %s', ([event, payload, fromFork]) => {
    const env = { ...JOB, GITHUB_EVENT_NAME: event };
    expect(readContext(env, payload).fromFork).toBe(fromFork);
  });
});

describe('a run is proved dead', () => {
  const run = { id: 7, run_attempt: 2, status: 'completed' };
  const proof = { action: 'completed', workflow_run: run };
  const completedRun = (event: string, payload: unknown) =>
    readContext({ ...JOB, GITHUB_EVENT_NAME: event }, payload).completedRun;

  test('by a workflow_run event that says it is completed', () => {
    expect(completedRun('workflow_run', proof)).toEqual({ runId: 7, attempt: 2 });
  });

  test.for([
    ['push', proof],
    ['workflow_run', { ...proof, action: 'requested' }],
    ['workflow_run', { ...proof, workflow_run: { ...run, status: 'in_progress' } }],
    ['workflow_run', { ...proof, workflow_run: { ...run, run_attempt: '2' } }],
    ['workflow_run', { ...proof, workflow_run: { ...run, id: Number.NaN } }],
    ['workflow_run', {}],
  ] as const)('but not by %s %j', ([event, payload]) => {
    expect(completedRun(event, payload)).toBeNull();
  });
});

describe('state for the post step', () => {
  const state: PostState = {
    service: { project: 'example.com:acme', region: 'europe-west1', service: 'web' },
    rolloutId: '683120945-19482736450',
    attempt: 2,
    checkName: 'Canary: web (europe-west1)',
    brokeOff: null,
    untold: null,
    doom: null,
    underWay: null,
    done: false,
  };

  test('comes back as it was saved', () => {
    expect(parseState(writeState(state))).toEqual(state);
    const broken = { ...state, brokeOff: 'denied' } as const;
    expect(parseState(writeState(broken))).toEqual(broken);
  });

  test.for([
    '',
    'null',
    '[]',
    '"text"',
    '{',
    '{}',
    writeState(state).slice(0, -1),
    JSON.stringify({ ...state, service: null }),
    JSON.stringify({ ...state, service: { ...state.service, service: '../x' } }),
    JSON.stringify({ ...state, service: { ...state.service, region: 'a/b' } }),
    JSON.stringify({ ...state, service: { ...state.service, project: 'a%2fb' } }),
    JSON.stringify({ ...state, rolloutId: 7 }),
    JSON.stringify({ ...state, rolloutId: 'a\n::error::' }),
    JSON.stringify({ ...state, attempt: 0 }),
    JSON.stringify({ ...state, attempt: '2' }),
    JSON.stringify({ ...state, attempt: 1.5 }),
    JSON.stringify({ ...state, checkName: '' }),
    JSON.stringify({ ...state, checkName: 'a\nb' }),
    JSON.stringify({ ...state, done: 'false' }),
    JSON.stringify({ ...state, brokeOff: 'of boredom' }),
    JSON.stringify({ ...state, brokeOff: undefined }),
  ])('is not taken from %s', (text) => {
    expect(parseState(text)).toBeNull();
  });
});
