/** What the tests of comment and Deployment have in common: a pull request, and what is told of it. */
import { createCommentWriter } from '../../src/edges/github-comment.ts';
import type { CommentOptions } from '../../src/edges/github-comment.ts';
import { createDeploymentWriter } from '../../src/edges/github-deployment.ts';
import type { DeploymentOptions } from '../../src/edges/github-deployment.ts';
import type { RolloutComment } from '../../src/core/report/report-comment.ts';
import type { DeploymentStatus } from '../../src/core/report/report-deployment.ts';
import { clockWith, SHA, startGithub } from './github-fixture.ts';

export const REPO = 'octo-org/shop';
export const MERGED = { mergedAt: '2026-11-20T10:00:00Z', mergeCommitSha: SHA };
export const RUN = 'https://github.com/octo-org/shop/actions/runs/77';

export async function startForge() {
  const github = await startGithub();
  // The client spaces the writes of one id, over all tests of this process.
  const marker = new URL(github.apiUrl).port;
  const notices: string[] = [];
  const common = {
    token: github.controls.token,
    apiUrl: github.apiUrl,
    owner: 'octo-org',
    repo: 'shop',
    headSha: SHA,
    hurry: new AbortController().signal,
    clock: clockWith({}),
    fetch: globalThis.fetch,
    redact: (text: string) => text.replaceAll('hunter2', '***'),
    notice: (text: string) => void notices.push(text),
  };
  const openComment = (changes: Partial<CommentOptions> = {}) =>
    createCommentWriter({ ...common, marker, ...changes });
  const openDeployment = (changes: Partial<DeploymentOptions> = {}) =>
    createDeploymentWriter({
      ...common,
      jobShas: [SHA],
      runUrls: [RUN],
      environment: 'web (europe-west1)',
      isNamed: false,
      externalId: github.rollout,
      description: 'Canary of web in europe-west1',
      ...changes,
    });
  const addPull = (number: number, changes: object = {}) =>
    github.controls.addPull({
      repo: REPO,
      number,
      headSha: 'b'.repeat(40),
      headRef: `change-${number}`,
      mergedAt: null,
      mergeCommitSha: null,
      ...changes,
    });
  /** Lines such as "GET /commits/:sha/pulls", as they came. */
  const asked = (): string[] =>
    github.journal
      .entries()
      .map(({ method, path }) =>
        `${method} ${path.replace(`/repos/${REPO}`, '').replace(SHA, ':sha')}`.replaceAll(
          /\/\d+/g,
          '/:id',
        ),
      );
  const { comments, deployments, deploymentStatuses } = github.state;
  const mark = `<!-- cloud-run-canary ${marker} -->\n`;
  return {
    ...github,
    marker,
    mark,
    notices,
    openComment,
    openDeployment,
    addPull,
    asked,
    comments,
    deployments,
    statuses: deploymentStatuses,
  };
}

export type Forge = Awaited<ReturnType<typeof startForge>>;

export function said(body: string, changes: Partial<RolloutComment> = {}): RolloutComment {
  return { body, makes: true, isLast: false, ...changes };
}

export function at(
  state: DeploymentStatus['state'],
  changes: Partial<DeploymentStatus> = {},
): DeploymentStatus {
  const environmentUrl = 'https://c-1---web.example.app';
  return { state, environmentUrl, description: `now ${state}`, logUrl: RUN, ...changes };
}
