/** https://docs.github.com/rest/checks/runs */
import type { Now } from '../contract.ts';
import { acceptOutput, type OutputBody } from './check-output.ts';
import { invalid, notFound, Refusal } from './refusal.ts';
import { ACTIONS_APP, app, instant, nodeId, numberOf, WEB } from './resources.ts';
import { commitOf, idOf, isSameRepo, page, type Request, type Route } from './route.ts';
import type { CheckRun, GithubState } from './state.ts';

type CheckRunBody = {
  readonly name?: string;
  readonly head_sha?: string;
  readonly external_id?: string;
  readonly status?: string;
  readonly conclusion?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly output?: OutputBody;
};

const DOCS = 'https://docs.github.com/rest/checks/runs';
const REPO = '/repos/{owner}/{repo}';

export function checkRunRoutes(state: GithubState, now: Now): readonly Route[] {
  const common = { permissions: ['checks'], documentation: DOCS } as const;
  const read = { ...common, method: 'GET', level: 'read' } as const;
  const one = `${REPO}/check-runs/{check_run_id}`;
  return [
    {
      ...common,
      method: 'POST',
      level: 'write',
      template: `${REPO}/check-runs`,
      answer: (request) => {
        const run = create(state, request, now());
        return { status: 201, body: render(run, request) };
      },
    },
    {
      ...common,
      method: 'PATCH',
      level: 'write',
      template: one,
      answer: (request) => {
        const run = find(state, request);
        update(run, JSON.parse(request.body), instant(now()));
        return { status: 200, body: render(run, request) };
      },
    },
    {
      ...read,
      template: one,
      answer: (request) => ({ status: 200, body: render(find(state, request), request) }),
    },
    {
      ...read,
      template: `${one}/annotations`,
      answer: (request) => {
        const run = find(state, request);
        const path = `/repos/${request.repo}/check-runs/${run.id}/annotations`;
        const { items, headers } = page(request, path, annotationsOf(run));
        return { status: 200, headers, body: items };
      },
    },
    {
      ...read,
      template: `${REPO}/commits/{ref}/check-runs`,
      answer: (request) => list(state, request),
    },
  ];
}

function find(state: GithubState, request: Request): CheckRun {
  const id = idOf(request, 'check_run_id');
  const run = state.checkRuns.find((run) => run.id === id && isSameRepo(request, run));
  if (run === undefined) throw notFound();
  return run;
}

function create(state: GithubState, request: Request, time: number): CheckRun {
  const body: CheckRunBody & Pick<Required<CheckRunBody>, 'name' | 'head_sha'> = JSON.parse(
    request.body,
  );
  const headSha = commitOf(body.head_sha);
  const isJobName = state.checkRuns.some(
    (run) =>
      run.isJob && run.name === body.name && run.headSha === headSha && isSameRepo(request, run),
  );
  if (isJobName) refuseEnding(body);
  const run: CheckRun = {
    id: state.nextId(),
    repo: request.repo.toLowerCase(),
    headSha,
    appId: ACTIONS_APP,
    isJob: false,
    name: body.name,
    externalId: null,
    status: 'queued',
    conclusion: null,
    startedAt: instant(time),
    completedAt: null,
    output: { title: null, summary: null, text: null },
    annotations: [],
  };
  update(run, body, instant(time));
  state.checkRuns.push(run);
  return run;
}

/** Everything is checked before anything is changed. */
function update(run: CheckRun, body: CheckRunBody, at: string): void {
  if (run.isJob) refuseEnding(body);
  else if (run.appId !== ACTIONS_APP) {
    const text = 'check run can only be modified by the GitHub App that created it.';
    throw new Refusal(403, `Invalid app_id \`${ACTIONS_APP}\` - ${text}`);
  }
  // A conclusion completes the run, whatever the status says (OpenAPI, "conclusion").
  const status = body.conclusion === undefined ? body.status : 'completed';
  if (status === 'completed' && body.conclusion === undefined) {
    throw invalid({ resource: 'CheckRun', code: 'missing_field', field: 'conclusion' });
  }
  if (body.conclusion === 'stale') {
    throw invalid({ resource: 'CheckRun', code: 'invalid', field: 'conclusion' });
  }
  const output = body.output === undefined ? run.output : acceptOutput(body.output);
  run.output = output;
  run.annotations = [...run.annotations, ...(body.output?.annotations ?? [])];
  run.name = body.name ?? run.name;
  run.externalId = body.external_id ?? run.externalId;
  run.startedAt = body.started_at ?? run.startedAt;
  if (status === undefined) return;
  run.status = status;
  run.conclusion = body.conclusion ?? null;
  run.completedAt = status === 'completed' ? (body.completed_at ?? at) : null;
}

/** https://github.blog/changelog/2025-02-12-notice-of-upcoming-deprecations-and-breaking-changes-for-github-actions */
function refuseEnding(body: CheckRunBody): void {
  if (body.status === undefined && body.conclusion === undefined) return;
  const text = 'Check run status and conclusions can only be updated internally by GitHub Actions';
  throw new Refusal(403, text);
}

function list(state: GithubState, request: Request): ReturnType<Route['answer']> {
  const ref = request.params['ref'] ?? '';
  const sha = commitOf(ref);
  const wanted = (name: string): string | null => request.query.get(name);
  const filter = choice(request, 'filter', ['latest', 'all']) ?? 'latest';
  const status = choice(request, 'status', ['queued', 'in_progress', 'completed']);
  const all = state.checkRuns
    .filter((run) => isSameRepo(request, run) && run.headSha === sha)
    .sort((a, b) => b.id - a.id);
  const newest = new Map<string, CheckRun>();
  for (const run of all) {
    const key = `${run.appId} ${run.name}`;
    if (!newest.has(key)) newest.set(key, run);
  }
  const runs = (filter === 'all' ? all : [...newest.values()]).filter(
    (run) =>
      (wanted('check_name') ?? run.name) === run.name &&
      (status ?? run.status) === run.status &&
      (wanted('app_id') ?? String(run.appId)) === String(run.appId),
  );
  const path = `/repos/${request.repo}/commits/${ref}/check-runs`;
  const { items, headers } = page(request, path, runs);
  const rendered = items.map((run) => render(run, request));
  return { status: 200, headers, body: { total_count: runs.length, check_runs: rendered } };
}

function choice(request: Request, name: string, known: readonly string[]): string | null {
  const value = request.query.get(name);
  if (value === null || known.includes(value)) return value;
  throw invalid({ resource: 'CheckRun', code: 'invalid', field: name });
}

/**
 * `details_url` is the run's own page whatever was sent, and `images` never come back: both as
 * reported for runs made with a workflow's token.
 */
function render(run: CheckRun, { repo, api }: Request): object {
  const url = `${api}/repos/${repo}/check-runs/${run.id}`;
  const page = `${WEB}/${repo}/runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeId('CheckRun', run.id),
    name: run.name,
    head_sha: run.headSha,
    external_id: run.externalId ?? '',
    url,
    html_url: page,
    details_url: page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      ...run.output,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    // One suite per commit and app: token-made runs share the commit's Actions suite.
    check_suite: { id: numberOf(`${run.repo} ${run.headSha} ${run.appId}`) },
    app: app(api, run.appId),
    pull_requests: [],
  };
}

function annotationsOf(run: CheckRun): readonly object[] {
  return run.annotations.map((annotation) => ({
    start_column: null,
    end_column: null,
    title: null,
    raw_details: null,
    ...annotation,
    blob_href: `${WEB}/${run.repo}/blob/${run.headSha}/${annotation.path}`,
  }));
}
