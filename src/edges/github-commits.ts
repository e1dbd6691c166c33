/**
 * Which commits a rollout brings: GitHub's comparison of two. It is only shown, so whatever is in
 * the way costs one notice and no more than a few seconds.
 */
import { Octokit } from '@octokit/rest';
import type { Commits } from '../core/forecast/forecast-types.ts';
import type { Millis } from '../core/types.ts';
import type { Clock } from '../engine/ports.ts';

export type CommitsOptions = {
  readonly token: string;
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly hurry: AbortSignal;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly notice: (text: string) => void;
  readonly redact: (text: string) => string;
};

const PATIENCE: Millis = 10_000;
const MOST_SHOWN = 50;
const PAGE_SIZE = 100;
const LONGEST_SUBJECT = 200;
const RELATIONS = ['ahead', 'behind', 'diverged', 'identical'] as const;

type Log = NonNullable<Commits['log']>;

/** Both are whole commit ids: whoever asks has looked. */
export async function compareCommits(
  options: CommitsOptions,
  base: string,
  head: string,
): Promise<Commits> {
  const { serverUrl, owner, repo, notice } = options;
  const url = `${serverUrl}/${owner}/${repo}/compare/${base}...${head}`;
  const commits = { base, head, url };
  if (options.token === '' || !isSafe(options.apiUrl)) return { ...commits, log: null };
  try {
    return { ...commits, log: await inTime(options, (signal) => logOf(options, commits, signal)) };
  } catch (error) {
    notice(`Which commits this rollout brings is not known: ${whyOf(error)}`);
    return { ...commits, log: null };
  }
}

async function logOf(
  options: CommitsOptions,
  { base, head }: Pick<Commits, 'base' | 'head'>,
  signal: AbortSignal,
): Promise<Log> {
  const silent = (): void => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const client = new Octokit({
    auth: options.token,
    baseUrl: options.apiUrl,
    userAgent: 'cloud-run-canary',
    log,
    request: { fetch: options.fetch, redirect: 'error', log },
  });
  const page = async (number: number): Promise<unknown> => {
    const { data } = await client.rest.repos.compareCommitsWithBasehead({
      owner: options.owner,
      repo: options.repo,
      basehead: `${base}...${head}`,
      per_page: PAGE_SIZE,
      page: number,
      request: { signal },
    });
    return data;
  };
  const first = await page(1);
  const total = field(first, 'total_commits');
  const relation = RELATIONS.find((one) => one === field(first, 'status'));
  if (relation === undefined || typeof total !== 'number' || !Number.isSafeInteger(total)) {
    throw new Unreadable();
  }
  // The oldest come first; what is newest is on the last page.
  const last = Math.ceil(total / PAGE_SIZE);
  const newest = last <= 1 ? first : await page(last);
  return { relation, total, shown: shownIn(newest, options.redact) };
}

/** Newest first; a message is whatever its author wrote. */
function shownIn(data: unknown, redact: CommitsOptions['redact']): Log['shown'] {
  const commits: unknown = field(data, 'commits');
  if (!Array.isArray(commits)) throw new Unreadable();
  return commits
    .slice(-MOST_SHOWN)
    .toReversed()
    .flatMap((one: unknown) => {
      const sha = field(one, 'sha');
      const message = field(field(one, 'commit'), 'message');
      if (typeof sha !== 'string' || typeof message !== 'string') return [];
      const [subject = ''] = message.split('\n');
      // Half a secret is not found any more.
      const shown = redact(subject).slice(0, LONGEST_SUBJECT).toWellFormed();
      return [{ sha, subject: shown }];
    });
}

class Unreadable extends Error {}
class Late extends Error {}

async function inTime<T>(
  { clock, hurry }: CommitsOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const cut = new AbortController();
  const done = new AbortController();
  const expire = async (): Promise<never> => {
    await clock.sleep(PATIENCE, AbortSignal.any([hurry, done.signal]));
    cut.abort();
    throw new Late();
  };
  try {
    return await Promise.race([work(cut.signal), expire()]);
  } finally {
    done.abort();
  }
}

/** Only the status is taken from an error of the client: the rest of it holds the token. */
function whyOf(error: unknown): string {
  if (error instanceof Late) return 'GitHub did not answer in time.';
  const status = field(error, 'status');
  if (error instanceof Unreadable || typeof status !== 'number' || status >= 500) {
    return 'GitHub gave no answer that can be read.';
  }
  return status === 403 || status === 404
    ? `GitHub answered ${status}. The token needs \`contents: read\`, and the stable revision must be of a commit of this repository.`
    : `GitHub answered ${status}.`;
}

function isSafe(apiUrl: string): boolean {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : null;
  const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url?.hostname ?? '');
  const isPrivate = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback);
  return isPrivate && `${url?.username ?? ''}${url?.password ?? ''}` === '';
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
