/** The variables a job has, as documented for a push to the default branch. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compileCache } from '../compile-cache.ts';

export type JobEvent = { readonly name: string; readonly payload: object };

export type JobOptions = {
  readonly event: JobEvent;
  /** null: an empty directory of its own. */
  readonly workspace: string | null;
  readonly actionDirectory: string;
  /** Added to the environment, or in place of what is there. */
  readonly env: Readonly<Record<string, string>>;
};

export type Job = {
  readonly env: Readonly<Record<string, string>>;
  readonly workspace: string;
  /** A fresh directory in the runner's own. */
  readonly directory: (name: string) => string;
  readonly cleanUp: () => void;
};

const SHA = '8f3c1d2e4b5a69788796a5b4c3d2e1f00f1e2d3c';

export function openJob({ event, workspace, actionDirectory, env }: JobOptions): Job {
  const home = mkdtempSync(join(tmpdir(), 'runner-'));
  const directory = (name: string): string => {
    const path = join(home, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const temp = directory('temp');
  const eventPath = join(directory('workflow'), 'event.json');
  writeFileSync(eventPath, JSON.stringify(event.payload));
  const cwd = workspace ?? directory('workspace');
  return {
    workspace: cwd,
    directory: (name) => directory(join('commands', name)),
    cleanUp: () => rmSync(home, { recursive: true, force: true }),
    env: {
      ...hostEnvironment(home),
      ...pushEnvironment(),
      GITHUB_ACTION_PATH: actionDirectory,
      GITHUB_EVENT_NAME: event.name,
      GITHUB_EVENT_PATH: eventPath,
      GITHUB_WORKSPACE: cwd,
      RUNNER_TEMP: temp,
      RUNNER_TOOL_CACHE: directory('tools'),
      RUNNER_WORKSPACE: dirname(cwd),
      ...env,
    },
  };
}

/** Of the machine only what a hosted runner has as well. */
function hostEnvironment(home: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    RUNNER_ARCH: process.arch === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'GitHub Actions 1',
    RUNNER_OS: 'Linux',
    // No runner has this: it changes how long a start takes, and nothing else.
    ...compileCache(),
  };
}

function pushEnvironment(): Record<string, string> {
  return {
    GITHUB_ACTION: '__octo-org_cloud-run-canary',
    GITHUB_ACTION_REF: 'v1',
    GITHUB_ACTION_REPOSITORY: 'octo-org/cloud-run-canary',
    GITHUB_ACTOR: 'octocat',
    GITHUB_ACTOR_ID: '583231',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_BASE_REF: '',
    GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
    GITHUB_HEAD_REF: '',
    GITHUB_JOB: 'deploy',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_PROTECTED: 'true',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'octo-org/shop',
    GITHUB_REPOSITORY_ID: '123456789',
    GITHUB_REPOSITORY_OWNER: 'octo-org',
    GITHUB_REPOSITORY_OWNER_ID: '987654',
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '7000000001',
    GITHUB_RUN_NUMBER: '42',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: SHA,
    GITHUB_TRIGGERING_ACTOR: 'octocat',
    GITHUB_WORKFLOW: 'Deploy',
    GITHUB_WORKFLOW_REF: 'octo-org/shop/.github/workflows/deploy.yml@refs/heads/main',
    GITHUB_WORKFLOW_SHA: SHA,
  };
}
