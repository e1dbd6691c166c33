/**
 * The comment on the pull request that brought the commit, also after the merge. There is one for
 * each check name and service: it is found again by a mark that nobody sees, and only where whoever
 * wrote it is whoever the token belongs to.
 */
import type { RolloutComment } from '../core/report/report-comment.ts';
import { openClient } from './github-client.ts';
import type { Asking, ClientOptions } from './github-client.ts';
import { Failed, field, idOf, isWorthAnotherLook, listOf } from './github-failure.ts';
import { Latest } from './github-latest.ts';
import type { Pressed } from './http-time.ts';

export type CommentOptions = ClientOptions &
  Pressed & {
    readonly headSha: string;
    /** What rollouts have in common that share a comment. */
    readonly marker: string;
    readonly notice: (text: string) => void;
  };

type Known = { readonly id: number; readonly body: string };

/** Each throws `Failed` and nothing else. */
type Comments = {
  /** null: the commit came without one. */
  pull(signal: AbortSignal): Promise<number | null>;
  find(pull: number, signal: AbortSignal): Promise<Known | null>;
  /** Sent exactly once. */
  create(pull: number, body: string, signal: AbortSignal): Promise<Known>;
  update(id: number, body: string, signal: AbortSignal): Promise<Known>;
};

const PAGE_SIZE = 100;
/** GitHub takes no more than 2,500 comments on one issue (reported). */
const MOST_PAGES = 30;
/** Whom the token of a job writes as. */
const USUAL_LOGIN = 'github-actions[bot]';

/** It never throws, and only `flush` makes anybody wait. */
export function createCommentWriter(options: CommentOptions): Latest<RolloutComment> {
  const mark = `<!-- cloud-run-canary ${options.marker} -->`;
  const comments = openComments(options, mark);
  let pull: number | null = null;
  let known: Known | null = null;
  /** A comment is looked for before it is made, also after an attempt whose answer was lost. */
  const write = async (body: string, makes: boolean, signal: AbortSignal): Promise<void> => {
    pull ??= await comments.pull(signal);
    if (pull === null) return;
    known ??= await comments.find(pull, signal);
    if (known === null && !makes) return;
    if (known?.body === body) return;
    known = await (known === null
      ? comments.create(pull, body, signal)
      : comments.update(known.id, body, signal));
  };
  return new Latest({
    clock: options.clock,
    hurry: options.hurry,
    isLast: ({ isLast }) => isLast,
    async send({ body: content, makes }, signal) {
      const body = `${mark}\n${options.redact(content)}`;
      try {
        await write(body, makes, signal);
      } catch (error) {
        if (signal.aborted || !isWorthAnotherLook(error, known !== null)) throw error;
        known = null;
        await write(body, makes, signal);
      }
    },
    complain(why) {
      const text = options.redact(`The comment on the pull request is not up to date: ${why}.`);
      const advice = 'It needs "pull-requests: write" in the permissions of the job.';
      options.notice(`${text} ${advice} The rollout goes on without it.`);
    },
  });
}

function openComments(options: CommentOptions, mark: string): Comments {
  const asking = openClient(options, `comment ${options.headSha} ${mark}`);
  const { client, place, ask } = asking;
  return {
    pull: (signal) => findPull(asking, options.headSha, signal),
    find: (pull, signal) => findOwn(asking, { pull, mark }, signal),
    create: (pull, body, signal) =>
      ask(async () => {
        // A lost answer must not make a second comment.
        const request = { signal, retries: 0 };
        const comment = { ...place, issue_number: pull, body, request };
        const { data } = await client.rest.issues.createComment(comment);
        return { id: idOf(data), body };
      }),
    update: (id, body, signal) =>
      ask(async () => {
        const comment = { ...place, comment_id: id, body, request: { signal } };
        const { data } = await client.rest.issues.updateComment(comment);
        return { id: idOf(data), body };
      }),
  };
}

async function findPull(
  { client, place, ask }: Asking,
  sha: string,
  signal: AbortSignal,
): Promise<number | null> {
  const pulls = await ask(async () => {
    const request = { ...place, commit_sha: sha, per_page: PAGE_SIZE, request: { signal } };
    const { data } = await client.rest.repos.listPullRequestsAssociatedWithCommit(request);
    return listOf(data);
  });
  const home = `${place.owner}/${place.repo}`.toLowerCase();
  const ours = pulls.filter((pull) => {
    const name = field(field(field(pull, 'base'), 'repo'), 'full_name');
    const isLive = field(pull, 'state') === 'open' || mergedAt(pull) !== '';
    return isLive && typeof name === 'string' && name.toLowerCase() === home;
  });
  const [best] = ours.sort((a, b) => closeness(b, sha) - closeness(a, sha) || newerFirst(a, b));
  return numberOf(best) || null;
}

/** A commit can be in several: the one that it ended, then the one that it is the newest of. */
function closeness(pull: unknown, sha: string): number {
  if (mergedAt(pull) !== '' && field(pull, 'merge_commit_sha') === sha) return 3;
  if (field(field(pull, 'head'), 'sha') === sha) return 2;
  return mergedAt(pull) === '' ? 0 : 1;
}

/** By the merge, two instants of one form, or empty; else by the number. */
function newerFirst(a: unknown, b: unknown): number {
  const [one, other] = [mergedAt(a), mergedAt(b)];
  return one === other ? numberOf(b) - numberOf(a) : one < other ? 1 : -1;
}

/** 0: none that can be one. */
function numberOf(pull: unknown): number {
  const number = field(pull, 'number');
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : 0;
}

function mergedAt(pull: unknown): string {
  const at = field(pull, 'merged_at');
  return typeof at === 'string' ? at : '';
}

type Wanted = { readonly pull: number; readonly mark: string };

/** The oldest, should there be several. */
async function findOwn(
  asking: Asking,
  { pull, mark }: Wanted,
  signal: AbortSignal,
): Promise<Known | null> {
  const { client, place, ask } = asking;
  const marked: { readonly id: number; readonly body: string; readonly login: unknown }[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const comments = await ask(async () => {
      const issue = { ...place, issue_number: pull, per_page: PAGE_SIZE, page };
      const { data } = await client.rest.issues.listComments({ ...issue, request: { signal } });
      return listOf(data);
    });
    for (const comment of comments) {
      const body = field(comment, 'body');
      if (typeof body !== 'string' || !body.startsWith(mark)) continue;
      const login = field(field(comment, 'user'), 'login');
      marked.push({ id: idOf(comment), body: body.replaceAll('\r\n', '\n'), login });
    }
    if (comments.length < PAGE_SIZE) break;
  }
  if (marked.length === 0) return null;
  const login = await ownLogin(asking, signal);
  const own = marked.filter((one) => one.login === login).sort((a, b) => a.id - b.id);
  return own[0] ?? null;
}

/**
 * The REST API does not tell an app's token whose it is; GraphQL tells every token. Whoever is not
 * told is most probably the job's own.
 */
async function ownLogin({ client, ask }: Asking, signal: AbortSignal): Promise<string> {
  try {
    const login = await ask(async () => {
      const data: unknown = await client.graphql('{ viewer { login } }', { request: { signal } });
      return field(field(data, 'viewer'), 'login');
    });
    return typeof login === 'string' && login !== '' ? login : USUAL_LOGIN;
  } catch (error) {
    if (signal.aborted || !(error instanceof Failed)) throw error;
    return USUAL_LOGIN;
  }
}
