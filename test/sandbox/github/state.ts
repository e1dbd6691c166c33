/** Everything the fake remembers, open to tests. `repo` is "owner/name" in lower case. */

export type Output = {
  readonly title: string | null;
  readonly summary: string | null;
  readonly text: string | null;
};

export type Annotation = {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column?: number;
  readonly end_column?: number;
  readonly annotation_level: string;
  readonly message: string;
  readonly title?: string;
  readonly raw_details?: string;
};

export type CheckRun = {
  readonly id: number;
  readonly repo: string;
  readonly headSha: string;
  readonly appId: number;
  /** A job's own check: only GitHub Actions itself may say how it ended. */
  readonly isJob: boolean;
  name: string;
  externalId: string | null;
  status: string;
  conclusion: string | null;
  startedAt: string;
  completedAt: string | null;
  output: Output;
  annotations: readonly Annotation[];
};

export type Comment = {
  readonly id: number;
  readonly repo: string;
  /** Number of the issue or pull request. */
  readonly number: number;
  readonly author: string;
  readonly createdAt: string;
  body: string;
  updatedAt: string;
};

export type Pull = {
  readonly repo: string;
  readonly number: number;
  readonly headSha: string;
  readonly headRef: string;
  /** null: open. */
  readonly mergedAt: string | null;
  readonly mergeCommitSha: string | null;
};

/** Of one line of history, oldest first; the fake knows no branches. */
export type Commit = {
  readonly repo: string;
  readonly sha: string;
  readonly message: string;
};

export type Deployment = {
  readonly id: number;
  readonly repo: string;
  readonly ref: string;
  readonly task: string;
  readonly payload: unknown;
  readonly environment: string;
  readonly description: string | null;
  readonly transient: boolean;
  readonly production: boolean;
  readonly createdAt: string;
};

export type DeploymentStatus = {
  readonly id: number;
  readonly deploymentId: number;
  readonly state: string;
  readonly description: string;
  readonly environment: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly createdAt: string;
};

type Dispatch = {
  readonly repo: string;
  /** File name or number, as asked for. */
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly runId: number;
};

export type GithubState = {
  readonly checkRuns: CheckRun[];
  readonly comments: Comment[];
  readonly pulls: Pull[];
  readonly commits: Commit[];
  readonly deployments: Deployment[];
  readonly deploymentStatuses: DeploymentStatus[];
  readonly dispatches: Dispatch[];
  /** The next number for anything that gets one. */
  readonly nextId: () => number;
};

export function emptyState(): GithubState {
  let last = 30_000_000_000;
  return {
    checkRuns: [],
    comments: [],
    pulls: [],
    commits: [],
    deployments: [],
    deploymentStatuses: [],
    dispatches: [],
    nextId: () => ++last,
  };
}
