/** https://docs.github.com/rest/issues/comments */
import type { Now } from '../contract.ts';
import { invalid, notFound } from './refusal.ts';
import { ACTIONS_APP, ACTIONS_LOGIN, account, app, instant, nodeId, WEB } from './resources.ts';
import { idOf, isSameRepo, page, type Request, type Route } from './route.ts';
import type { Comment, GithubState } from './state.ts';

const DOCS = 'https://docs.github.com/rest/issues/comments';
const OF_ISSUE = '/repos/{owner}/{repo}/issues/{issue_number}/comments';
const MAX_BODY = 65_536;

/** `who`: whom the token belongs to. */
export function commentRoutes(state: GithubState, now: Now, who: () => string): readonly Route[] {
  // A comment on a pull request is allowed by either permission.
  const common = { permissions: ['issues', 'pull-requests'], documentation: DOCS } as const;
  return [
    {
      ...common,
      method: 'POST',
      level: 'write',
      template: OF_ISSUE,
      answer: (request) => {
        const at = instant(now());
        const comment: Comment = {
          id: state.nextId(),
          repo: request.repo.toLowerCase(),
          number: issueOf(state, request),
          author: who(),
          createdAt: at,
          updatedAt: at,
          body: acceptBody(request),
        };
        state.comments.push(comment);
        return { status: 201, body: render(comment, request) };
      },
    },
    {
      ...common,
      method: 'GET',
      level: 'read',
      template: OF_ISSUE,
      answer: (request) => {
        const number = issueOf(state, request);
        const all = state.comments.filter((c) => c.number === number && isSameRepo(request, c));
        const path = `/repos/${request.repo}/issues/${number}/comments`;
        const { items, headers } = page(request, path, all);
        return { status: 200, headers, body: items.map((comment) => render(comment, request)) };
      },
    },
    {
      ...common,
      method: 'PATCH',
      level: 'write',
      template: '/repos/{owner}/{repo}/issues/comments/{comment_id}',
      answer: (request) => {
        const id = idOf(request, 'comment_id');
        const comment = state.comments.find((c) => c.id === id && isSameRepo(request, c));
        if (comment === undefined) throw notFound();
        comment.body = acceptBody(request);
        comment.updatedAt = instant(now());
        return { status: 200, body: render(comment, request) };
      },
    },
  ];
}

/** The only issues the fake knows are pull requests. */
function issueOf(state: GithubState, request: Request): number {
  const number = idOf(request, 'issue_number');
  if (!state.pulls.some((pull) => pull.number === number && isSameRepo(request, pull))) {
    throw notFound();
  }
  return number;
}

function acceptBody(request: Request): string {
  const { body }: { readonly body: string } = JSON.parse(request.body);
  const fault = (message: string): Error =>
    invalid({ resource: 'IssueComment', code: 'unprocessable', field: 'data', message });
  if (body.trim() === '') throw fault("Body can't be blank");
  if (body.length > MAX_BODY) throw fault(`Body is too long (maximum is ${MAX_BODY} characters)`);
  return body;
}

function render(comment: Comment, { repo, api }: Request): object {
  const url = `${api}/repos/${repo}/issues/comments/${comment.id}`;
  const isBot = comment.author.endsWith('[bot]');
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url,
    html_url: `${WEB}/${repo}/pull/${comment.number}#issuecomment-${comment.id}`,
    issue_url: `${api}/repos/${repo}/issues/${comment.number}`,
    body: comment.body,
    user: account(api, comment.author, isBot ? 'Bot' : 'User'),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: 'NONE',
    ...(comment.author === ACTIONS_LOGIN
      ? { performed_via_github_app: app(api, ACTIONS_APP) }
      : {}),
  };
}
