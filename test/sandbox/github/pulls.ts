/** https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit */
import { account, nodeId, numberOf, repository, WEB } from './resources.ts';
import { commitOf, isSameRepo, page, type Request, type Route } from './route.ts';
import type { GithubState, Pull } from './state.ts';

const DOCS =
  'https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit';

export function pullRoutes(state: GithubState): readonly Route[] {
  return [
    {
      method: 'GET',
      template: '/repos/{owner}/{repo}/commits/{commit_sha}/pulls',
      permissions: ['pull-requests'],
      level: 'read',
      documentation: DOCS,
      answer: (request) => {
        const sha = commitOf(request.params['commit_sha'] ?? '');
        const all = state.pulls.filter(
          (pull) => isSameRepo(request, pull) && [pull.headSha, pull.mergeCommitSha].includes(sha),
        );
        const path = `/repos/${request.repo}/commits/${sha}/pulls`;
        const { items, headers } = page(request, path, all);
        return { status: 200, headers, body: items.map((pull) => render(pull, request)) };
      },
    },
  ];
}

const OPENED = '2026-01-05T09:00:00Z';

function render(pull: Pull, { repo, api }: Request): object {
  const url = `${api}/repos/${repo}/pulls/${pull.number}`;
  const html = `${WEB}/${repo}/pull/${pull.number}`;
  const issue = `${api}/repos/${repo}/issues/${pull.number}`;
  const statuses = `${api}/repos/${repo}/statuses/${pull.headSha}`;
  const id = numberOf(`${repo}#${pull.number}`);
  const author = account(api, 'octocat', 'User');
  const urls = {
    commits: `${url}/commits`,
    review_comments: `${url}/comments`,
    review_comment: `${api}/repos/${repo}/pulls/comments{/number}`,
    comments: `${issue}/comments`,
    statuses,
  };
  const links = { self: url, html, issue, ...urls };
  const owner = repo.split('/')[0] ?? '';
  const end = (ref: string, sha: string): object => ({
    label: `${owner}:${ref}`,
    ref,
    sha,
    user: account(api, owner, 'Organization'),
    repo: repository(api, repo),
  });
  return {
    id,
    node_id: nodeId('PullRequest', id),
    number: pull.number,
    url,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    ...Object.fromEntries(Object.entries(urls).map(([name, href]) => [`${name}_url`, href])),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    state: pull.mergedAt === null ? 'open' : 'closed',
    locked: false,
    title: `Change ${pull.number}`,
    body: null,
    user: author,
    author_association: 'MEMBER',
    labels: [],
    milestone: null,
    assignee: null,
    assignees: [],
    auto_merge: null,
    draft: false,
    created_at: OPENED,
    updated_at: pull.mergedAt ?? OPENED,
    closed_at: pull.mergedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    head: end(pull.headRef, pull.headSha),
    base: end('main', '0'.repeat(40)),
  };
}
