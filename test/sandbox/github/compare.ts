/** https://docs.github.com/rest/commits/commits#compare-two-commits */
import { notFound } from './refusal.ts';
import { account, nodeId, numberOf, WEB } from './resources.ts';
import { isSameRepo, page, type Request, type Route } from './route.ts';
import type { Commit, GithubState } from './state.ts';

const DOCS = 'https://docs.github.com/rest/commits/commits#compare-two-commits';

export function compareRoutes(state: GithubState): readonly Route[] {
  return [
    {
      method: 'GET',
      template: '/repos/{owner}/{repo}/compare/{basehead}',
      permissions: ['contents'],
      level: 'read',
      documentation: DOCS,
      answer: (request) => {
        const all = state.commits.filter((commit) => isSameRepo(request, commit));
        const { api, repo, params } = request;
        const basehead = params['basehead'] ?? '';
        const [base = '', head = ''] = basehead.split('...');
        const from = all.findIndex(({ sha }) => sha === base);
        const to = all.findIndex(({ sha }) => sha === head);
        const [baseCommit, headCommit] = [all[from], all[to]];
        if (baseCommit === undefined || headCommit === undefined) throw notFound();
        const ahead = all.slice(from + 1, to + 1);
        const path = `/repos/${repo}/compare/${basehead}`;
        // "ordered chronologically", whichever page is asked for.
        const { items, headers } = page(request, path, ahead);
        const web = `${WEB}/${repo}/compare/${basehead}`;
        return {
          status: 200,
          headers,
          body: {
            url: api + path,
            html_url: web,
            permalink_url: web,
            diff_url: `${web}.diff`,
            patch_url: `${web}.patch`,
            base_commit: render(baseCommit, request),
            merge_base_commit: render(from < to ? baseCommit : headCommit, request),
            status: from === to ? 'identical' : from < to ? 'ahead' : 'behind',
            ahead_by: ahead.length,
            behind_by: Math.max(0, from - to),
            total_commits: ahead.length,
            commits: items.map((commit) => render(commit, request)),
            files: [],
          },
        };
      },
    },
  ];
}

const MADE = { name: 'Mona', email: 'mona@example.com', date: '2026-01-05T09:00:00Z' };

function render({ sha, message }: Commit, { repo, api }: Request): object {
  const url = `${api}/repos/${repo}/commits/${sha}`;
  const git = `${api}/repos/${repo}/git`;
  const person = account(api, 'octocat', 'User');
  return {
    url,
    sha,
    node_id: nodeId('Commit', numberOf(sha)),
    html_url: `${WEB}/${repo}/commit/${sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${git}/commits/${sha}`,
      author: MADE,
      committer: MADE,
      message,
      comment_count: 0,
      tree: { sha, url: `${git}/trees/${sha}` },
      verification: {
        verified: false,
        reason: 'unsigned',
        payload: null,
        signature: null,
        verified_at: null,
      },
    },
    author: person,
    committer: person,
    parents: [],
  };
}
