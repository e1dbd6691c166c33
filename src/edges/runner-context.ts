/** Who runs us, for which commit: from the runner's variables and the event's payload. */
import type { Dispatch } from '../core/decision-types.ts';
import { Problem } from '../core/problem.ts';
import type { Finding } from '../core/problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type RunContext = {
  readonly owner: string;
  readonly repo: string;
  readonly repositoryId: number;
  /** The same on every re-run. */
  readonly runId: number;
  /** Grows with every re-run. */
  readonly runAttempt: number;
  readonly sha: string;
  /** The commit people look at: the head of a pull request, not its trial merge. */
  readonly headSha: string;
  readonly actor: string;
  readonly serverUrl: string;
  readonly apiUrl: string;
  readonly runUrl: string;
  /** The machine is GitHub's: it is in nobody's VPC. */
  readonly isHosted: boolean;
  /** A pull request from a fork: its token may only read, and there are no secrets. */
  readonly fromFork: boolean;
  /** What a workflow_run event says has ended; null on any other event. */
  readonly completedRun: CompletedRun | null;
  /** How this workflow is started by hand; null: nothing shows that it can be, and given a command. */
  readonly dispatch: Dispatch | null;
  readonly credentialFilePath: string | null;
  /** From the environment, as earlier steps leave it. */
  readonly project: string | null;
  readonly env: Environment;
};

type CompletedRun = {
  readonly runId: number;
  readonly attempt: number;
};

const NUMBER = /^[1-9]\d{0,14}$/;
const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

const REQUIRED = {
  GITHUB_REPOSITORY: /^[\w.-]+\/[\w.-]+$/,
  GITHUB_REPOSITORY_ID: NUMBER,
  GITHUB_RUN_ID: NUMBER,
  GITHUB_RUN_ATTEMPT: NUMBER,
  GITHUB_SHA: COMMIT,
} as const;

/** @throws Problem `bad-input`, naming every variable without which a rollout has no identity. */
export function readContext(env: Environment, payload: unknown): RunContext {
  refuseOutsideOfJobs(env);
  const text = (name: string): string => env[name] ?? '';
  const [owner = '', repo = ''] = text('GITHUB_REPOSITORY').split('/');
  const repositoryId = Number(env['GITHUB_REPOSITORY_ID']);
  const runId = Number(env['GITHUB_RUN_ID']);
  const eventName = text('GITHUB_EVENT_NAME');
  const serverUrl = webAddress(env['GITHUB_SERVER_URL']) ?? 'https://github.com';
  return {
    owner,
    repo,
    repositoryId,
    runId,
    runAttempt: Number(env['GITHUB_RUN_ATTEMPT']),
    sha: text('GITHUB_SHA'),
    headSha: headShaOf(eventName, payload, text('GITHUB_SHA')),
    // Of a re-run: who has started it, not whoever pushed.
    actor: firstOf(env, ['GITHUB_TRIGGERING_ACTOR', 'GITHUB_ACTOR']) ?? '',
    serverUrl,
    apiUrl: firstOf(env, ['GITHUB_API_URL']) ?? 'https://api.github.com',
    runUrl: `${serverUrl}/${owner}/${repo}/actions/runs/${runId}`,
    isHosted: env['RUNNER_ENVIRONMENT'] === 'github-hosted',
    fromFork: isFromFork(eventName, payload, repositoryId),
    completedRun: eventName === 'workflow_run' ? completedRunOf(payload) : null,
    dispatch: dispatchOf(eventName, payload, text('GITHUB_WORKFLOW_REF')),
    credentialFilePath: firstOf(env, ['GOOGLE_GHA_CREDS_PATH', 'GOOGLE_APPLICATION_CREDENTIALS']),
    project: firstOf(env, ['GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT', 'CLOUDSDK_CORE_PROJECT']),
    env,
  };
}

function refuseOutsideOfJobs(env: Environment): void {
  const findings = Object.entries(REQUIRED).flatMap(([name, form]) =>
    form.test(env[name] ?? '') ? [] : [notSet(name, env[name])],
  );
  if (findings.length === 0) return;
  const summary = 'This does not run in a job of GitHub Actions.';
  throw new Problem('bad-input', { summary, findings, advice: '' });
}

/** On a pull request GITHUB_SHA is a trial merge, where nobody would see a check run. */
export function headShaOf(eventName: string, payload: unknown, sha: string): string {
  const head = eventName.startsWith('pull_request')
    ? at(payload, 'pull_request', 'head', 'sha')
    : eventName === 'merge_group'
      ? at(payload, 'merge_group', 'head_sha')
      : null;
  return typeof head === 'string' && COMMIT.test(head) ? head : sha;
}

/** `pull_request_target` runs with the rights of the base repository. */
function isFromFork(eventName: string, payload: unknown, repositoryId: number): boolean {
  if (!eventName.startsWith('pull_request') || eventName === 'pull_request_target') return false;
  const head = at(payload, 'pull_request', 'head');
  return head !== undefined && at(head, 'repo', 'id') !== repositoryId;
}

function completedRunOf(payload: unknown): CompletedRun | null {
  const run = at(payload, 'workflow_run');
  const [runId, attempt] = [at(run, 'id'), at(run, 'run_attempt')];
  const isOver = at(payload, 'action') === 'completed' && at(run, 'status') === 'completed';
  return isOver && isCount(runId) && isCount(attempt) ? { runId, attempt } : null;
}

/**
 * Only an event that was one shows which inputs the workflow takes. `GITHUB_WORKFLOW_REF` is
 * `owner/repo/.github/workflows/file.yml@refs/heads/branch`.
 */
function dispatchOf(eventName: string, payload: unknown, workflowRef: string): Dispatch | null {
  if (eventName !== 'workflow_dispatch') return null;
  const [, workflow = '', ref = ''] =
    /^[^/]+\/[^/]+\/\.github\/workflows\/([^/@\s]+\.ya?ml)@refs\/(?:heads|tags)\/(\S{1,250})$/.exec(
      workflowRef,
    ) ?? [];
  const given = at(payload, 'inputs');
  if (workflow === '' || typeof given !== 'object' || given === null) return null;
  const inputs = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      ['string', 'number', 'boolean'].includes(typeof value) ? [[name, String(value)]] : [],
    ),
  );
  return Object.hasOwn(inputs, 'command') ? { workflow, ref, inputs } : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined,
    value,
  );
}

function firstOf(env: Environment, names: readonly string[]): string | null {
  return names.map((name) => env[name]?.trim() ?? '').find((value) => value !== '') ?? null;
}

/** It becomes a link in the report. */
function webAddress(text: string | undefined): string | null {
  return /^https?:\/\/[\w.:-]+$/.test(text ?? '') ? (text ?? null) : null;
}

function notSet(name: string, value: string | undefined): Finding {
  return {
    subject: `The variable ${name}`,
    value: value ?? null,
    wrong: 'is not what the runner sets',
    advice: 'Use this action as a step of a job.',
  };
}
