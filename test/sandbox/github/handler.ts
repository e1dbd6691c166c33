import type { Answer, Call, Handler, Now } from '../contract.ts';
import {
  accessControls,
  authenticate,
  authorize,
  outage,
  rateLimit,
  type AccessControls,
} from './access.ts';
import { checkRunRoutes } from './check-runs.ts';
import { compareRoutes } from './compare.ts';
import { commentRoutes } from './comments.ts';
import { deploymentRoutes } from './deployments.ts';
import { viewerAnswer } from './graphql.ts';
import { addJobDeployment, type JobDeployment } from './job-deployment.ts';
import { dispatchRoutes, type Workflows } from './dispatches.ts';
import { pullRoutes } from './pulls.ts';
import { notFound, Refusal } from './refusal.ts';
import { ACTIONS_APP, instant } from './resources.ts';
import type { Request, Route } from './route.ts';
import { openSchema } from './schema.ts';
import {
  emptyState,
  type CheckRun,
  type Comment,
  type Commit,
  type GithubState,
  type Pull,
} from './state.ts';

type GithubControls = AccessControls & {
  /** Workflows that can be dispatched; none at first. */
  readonly workflows: Workflows;
  /** A check run somebody else made: a job's own, or another app's. */
  readonly addCheckRun: (run: {
    readonly repo: string;
    readonly headSha: string;
    readonly name: string;
    readonly by: 'job' | { readonly appId: number };
  }) => CheckRun;
  readonly addPull: (pull: Pull) => void;
  /** A comment that somebody else wrote, or wrote long ago. */
  readonly addComment: (comment: Pick<Comment, 'repo' | 'number' | 'author' | 'body'>) => void;
  /** What GitHub makes by itself for a job that names an environment. */
  readonly addJobDeployment: (job: JobDeployment) => void;
  /** The next commit of a repository. */
  readonly addCommit: (commit: Commit) => void;
};

export type Github = {
  readonly handler: Handler;
  readonly state: GithubState;
  readonly controls: GithubControls;
};

// Compiled once for all sandboxes of a process: meanwhile nothing else of it moves.
const schema = openSchema();

/** A GitHub that keeps what it is told, for every repository somebody names. */
export function githubHandler({ now }: { readonly now: Now }): Github {
  const state = emptyState();
  const controls = openControls(state, now);
  const limit = rateLimit(controls, now);
  const routes = [
    ...checkRunRoutes(state, now),
    ...commentRoutes(state, now, () => controls.login),
    ...pullRoutes(state),
    ...compareRoutes(state),
    ...deploymentRoutes(state, now),
    ...dispatchRoutes(state, controls.workflows),
  ];
  let requests = 0;

  const handler: Handler = (call) => {
    const isGraphql = call.path === '/graphql' && call.method === 'POST';
    if (!call.path.startsWith('/repos/') && !isGraphql) return null;
    requests += 1;
    const found = match(routes, call);
    const answer =
      outage(controls) ??
      refused(found?.route.documentation ?? 'https://docs.github.com/rest', () => {
        authenticate(call, controls);
        limit.spend();
        if (isGraphql) return viewerAnswer(call, controls);
        if (found === null) throw notFound();
        authorize(found.route, controls);
        return found.route.answer({ ...found.request, body: readBody(call, found.route) });
      });
    const id = `SANDBOX:${requests}`;
    return {
      ...answer,
      headers: { ...limit.headers(), 'x-github-request-id': id, ...answer.headers },
    };
  };
  return { handler, state, controls };
}

function openControls(state: GithubState, now: Now): GithubControls {
  return {
    ...accessControls(),
    workflows: new Map(),
    addCheckRun: ({ repo, headSha, name, by }) => {
      const run: CheckRun = {
        id: state.nextId(),
        repo: repo.toLowerCase(),
        headSha,
        appId: by === 'job' ? ACTIONS_APP : by.appId,
        isJob: by === 'job',
        name,
        externalId: null,
        status: 'in_progress',
        conclusion: null,
        startedAt: instant(now()),
        completedAt: null,
        output: { title: null, summary: null, text: null },
        annotations: [],
      };
      state.checkRuns.push(run);
      return run;
    },
    addComment: (comment) => {
      const at = instant(now());
      const repo = comment.repo.toLowerCase();
      state.comments.push({ ...comment, repo, id: state.nextId(), createdAt: at, updatedAt: at });
    },
    addJobDeployment: (job) => addJobDeployment(state, job, instant(now())),
    addPull: (pull) => {
      state.pulls.push({ ...pull, repo: pull.repo.toLowerCase() });
    },
    addCommit: (commit) => {
      state.commits.push({ ...commit, repo: commit.repo.toLowerCase() });
    },
  };
}

function refused(documentation: string, act: () => Answer): Answer {
  try {
    return act();
  } catch (error) {
    if (error instanceof Refusal) return error.answer(documentation);
    throw error;
  }
}

type Found = { readonly route: Route; readonly request: Omit<Request, 'body'> };

function match(routes: readonly Route[], call: Call): Found | null {
  const parts = call.path.split('/');
  for (const route of routes) {
    const names = route.template.split('/');
    if (route.method !== call.method || names.length !== parts.length) continue;
    const isSame = names.every((name, i) => name.startsWith('{') || name === parts[i]);
    if (!isSame) continue;
    const params: Record<string, string> = {};
    for (const [i, name] of names.entries()) {
      if (name.startsWith('{')) params[name.slice(1, -1)] = decode(parts[i] ?? '');
    }
    const repo = `${params['owner']}/${params['repo']}`;
    return { route, request: { repo, params, query: call.query, api: call.base } };
  }
  return null;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function readBody(call: Call, route: Route): string {
  if (route.method === 'GET') return '{}';
  const text = call.body === '' ? '{}' : call.body;
  const faults = schema.requestFaults(route, parseObject(text));
  if (faults.length > 0) throw new Refusal(422, `Invalid request.\n\n${faults.join('\n')}`);
  return text;
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    throw new Refusal(400, 'Problems parsing JSON');
  }
  throw new Refusal(400, 'Body should be a JSON object');
}
