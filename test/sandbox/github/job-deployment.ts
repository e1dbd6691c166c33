/** https://docs.github.com/actions/how-tos/deploy/configure-and-manage-deployments/control-deployments */
import { WEB } from './resources.ts';
import type { GithubState } from './state.ts';

export type JobDeployment = {
  readonly repo: string;
  readonly sha: string;
  readonly environment: string;
  readonly runId: number;
};

/** The job is at work: its log is what the status leads to. */
export function addJobDeployment(state: GithubState, job: JobDeployment, at: string): void {
  const { environment, sha, runId } = job;
  const id = state.nextId();
  const repo = job.repo.toLowerCase();
  state.deployments.push({
    id,
    repo,
    ref: sha,
    task: 'deploy',
    payload: {},
    environment,
    description: null,
    transient: false,
    production: environment === 'production',
    createdAt: at,
  });
  const logUrl = `${WEB}/${job.repo}/actions/runs/${runId}/job/${state.nextId()}`;
  state.deploymentStatuses.push({
    id: state.nextId(),
    deploymentId: id,
    state: 'in_progress',
    description: '',
    environment,
    environmentUrl: '',
    logUrl,
    createdAt: at,
  });
}
