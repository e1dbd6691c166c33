/** https://docs.github.com/rest/deployments */
import type { Answer, Now } from '../contract.ts';
import { invalid, notFound, Refusal } from './refusal.ts';
import { account, instant, nodeId } from './resources.ts';
import { idOf, isSameRepo, page, type Request, type Route } from './route.ts';
import type { Deployment, DeploymentStatus, GithubState } from './state.ts';

type DeploymentBody = {
  readonly ref: string;
  readonly task?: string;
  readonly auto_merge?: boolean;
  readonly required_contexts?: readonly string[];
  readonly payload?: unknown;
  readonly environment?: string;
  readonly description?: string | null;
  readonly transient_environment?: boolean;
  readonly production_environment?: boolean;
};
type StatusBody = {
  readonly state: string;
  readonly description?: string;
  readonly environment?: string;
  readonly environment_url?: string;
  readonly log_url?: string;
  readonly target_url?: string;
  readonly auto_inactive?: boolean;
};

const ALL = '/repos/{owner}/{repo}/deployments';
const STATUSES = `${ALL}/{deployment_id}/statuses`;
const MAX_DESCRIPTION = 140;

export function deploymentRoutes(state: GithubState, now: Now): readonly Route[] {
  const common = {
    permissions: ['deployments'],
    documentation: 'https://docs.github.com/rest/deployments/deployments',
  } as const;
  const read = { ...common, method: 'GET', level: 'read' } as const;
  const write = { ...common, method: 'POST', level: 'write' } as const;
  return [
    { ...write, template: ALL, answer: (request) => create(state, request, instant(now())) },
    { ...read, template: ALL, answer: (request) => list(state, request) },
    {
      ...write,
      template: STATUSES,
      answer: (request) => {
        const deployment = find(state, request);
        const status = report(state, deployment, { request, at: instant(now()) });
        return { status: 201, body: renderStatus(status, request) };
      },
    },
    {
      ...read,
      template: STATUSES,
      answer: (request) => {
        const { id } = find(state, request);
        const all = state.deploymentStatuses.filter((status) => status.deploymentId === id);
        const path = `/repos/${request.repo}/deployments/${id}/statuses`;
        const { items, headers } = page(request, path, all.reverse());
        return { status: 200, headers, body: items.map((item) => renderStatus(item, request)) };
      },
    },
  ];
}

/**
 * Left to its defaults the call merges the default branch and waits for every status of the
 * commit. The fake has neither branches nor statuses, so both defaults end as they do on a branch
 * that is behind and a commit that is not green.
 */
function create(state: GithubState, request: Request, at: string): Answer {
  const body: DeploymentBody = JSON.parse(request.body);
  if (body.auto_merge !== false) {
    return { status: 202, body: { message: `Auto-merged main into ${body.ref} on deployment.` } };
  }
  if (body.required_contexts === undefined || body.required_contexts.length > 0) {
    throw new Refusal(409, `Conflict: Commit status checks failed for ${body.ref}.`);
  }
  const environment = body.environment ?? 'production';
  const deployment: Deployment = {
    id: state.nextId(),
    repo: request.repo.toLowerCase(),
    ref: body.ref,
    task: body.task ?? 'deploy',
    payload: body.payload ?? '',
    environment,
    description: described('Deployment', body.description ?? null),
    transient: body.transient_environment ?? false,
    production: body.production_environment ?? environment === 'production',
    createdAt: at,
  };
  state.deployments.push(deployment);
  return { status: 201, body: render(deployment, request) };
}

function described<T extends string | null>(resource: string, text: T): T {
  if (text === null || text.length <= MAX_DESCRIPTION) return text;
  const message = `description is too long (maximum is ${MAX_DESCRIPTION} characters)`;
  throw invalid({ resource, code: 'custom', field: 'description', message });
}

function find(state: GithubState, request: Request): Deployment {
  const id = idOf(request, 'deployment_id');
  const found = state.deployments.find((item) => item.id === id && isSameRepo(request, item));
  if (found === undefined) throw notFound();
  return found;
}

function report(
  state: GithubState,
  deployment: Deployment,
  { request, at }: { readonly request: Request; readonly at: string },
): DeploymentStatus {
  const body: StatusBody = JSON.parse(request.body);
  const status: DeploymentStatus = {
    id: state.nextId(),
    deploymentId: deployment.id,
    state: body.state,
    description: described('DeploymentStatus', body.description ?? ''),
    environment: body.environment ?? deployment.environment,
    environmentUrl: body.environment_url ?? '',
    logUrl: body.log_url ?? body.target_url ?? '',
    createdAt: at,
  };
  if (status.state === 'success' && body.auto_inactive !== false) retire(state, deployment, status);
  state.deploymentStatuses.push(status);
  return status;
}

/** `auto_inactive`: prior non-transient, non-production deployments of the environment. */
function retire(state: GithubState, by: Deployment, { environment, createdAt }: DeploymentStatus) {
  const prior = state.deployments.filter(
    (one) =>
      one.repo === by.repo &&
      one.environment === environment &&
      one.id < by.id &&
      !one.transient &&
      !one.production,
  );
  for (const { id } of prior) {
    state.deploymentStatuses.push({
      id: state.nextId(),
      deploymentId: id,
      state: 'inactive',
      description: '',
      environment,
      environmentUrl: '',
      logUrl: '',
      createdAt,
    });
  }
}

function list(state: GithubState, request: Request): Answer {
  const isAsked = (name: string, value: string): boolean => {
    const asked = request.query.get(name) ?? 'none';
    return asked === 'none' || asked === value;
  };
  const all = state.deployments
    .filter(
      (one) =>
        isSameRepo(request, one) &&
        isAsked('ref', one.ref) &&
        isAsked('sha', shaOf(one)) &&
        isAsked('task', one.task) &&
        isAsked('environment', one.environment),
    )
    .sort((a, b) => b.id - a.id);
  const { items, headers } = page(request, `/repos/${request.repo}/deployments`, all);
  return { status: 200, headers, body: items.map((item) => render(item, request)) };
}

/** The fake has no commits to look a branch up in. */
function shaOf({ ref }: Deployment): string {
  return /^[0-9a-f]{40}$/.test(ref) ? ref : '0'.repeat(40);
}

function render(deployment: Deployment, { repo, api }: Request): object {
  const url = `${api}/repos/${repo}/deployments/${deployment.id}`;
  return {
    url,
    id: deployment.id,
    node_id: nodeId('Deployment', deployment.id),
    sha: shaOf(deployment),
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: account(api, 'github-actions[bot]', 'Bot'),
    created_at: deployment.createdAt,
    updated_at: deployment.createdAt,
    statuses_url: `${url}/statuses`,
    repository_url: `${api}/repos/${repo}`,
    transient_environment: deployment.transient,
    production_environment: deployment.production,
  };
}

function renderStatus(status: DeploymentStatus, { repo, api }: Request): object {
  const deployment = `${api}/repos/${repo}/deployments/${status.deploymentId}`;
  return {
    url: `${deployment}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DeploymentStatus', status.id),
    state: status.state,
    creator: account(api, 'github-actions[bot]', 'Bot'),
    description: status.description,
    environment: status.environment,
    environment_url: status.environmentUrl,
    target_url: status.logUrl,
    log_url: status.logUrl,
    deployment_url: deployment,
    repository_url: `${api}/repos/${repo}`,
    created_at: status.createdAt,
    updated_at: status.createdAt,
  };
}
