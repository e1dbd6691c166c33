/**
 * Which commits a rollout brings: GitHub's comparison of two. It is only shown, so whatever is in
 * the way costs one notice and no more than a few seconds.
 */
import type { Commits } from '../core/forecast/forecast-types.ts';
import type { Millis } from '../core/types.ts';
import { openClient } from './github-client.ts';
import type { ClientOptions } from './github-client.ts';
import { Failed, field, listOf, unreadable } from './github-failure.ts';
import { Late, within } from './http-time.ts';
import type { Pressed } from './http-time.ts';

export type CommitsOptions = ClientOptions &
  Pressed & {
    readonly serverUrl: string;
    readonly notice: (text: string) => void;
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
  try {
    const log = await within(options, PATIENCE, (signal) => logOf(options, commits, signal));
    return { ...commits, log };
  } catch (error) {
    const why = whyOf(error);
    if (why !== null) notice(`Which commits this rollout brings is not known: ${why}`);
    return { ...commits, log: null };
  }
}

async function logOf(
  options: CommitsOptions,
  { base, head }: Pick<Commits, 'base' | 'head'>,
  signal: AbortSignal,
): Promise<Log> {
  const { client, place, ask } = openClient(options, 'commits');
  const page = (number: number): Promise<unknown> =>
    ask(async () => {
      const { data } = await client.rest.repos.compareCommitsWithBasehead({
        ...place,
        basehead: `${base}...${head}`,
        per_page: PAGE_SIZE,
        page: number,
        request: { signal },
      });
      return data;
    });
  const first = await page(1);
  const total = field(first, 'total_commits');
  const relation = RELATIONS.find((one) => one === field(first, 'status'));
  if (relation === undefined || typeof total !== 'number' || !Number.isSafeInteger(total)) {
    throw unreadable();
  }
  // The oldest come first; what is newest is on the last page.
  const last = Math.ceil(total / PAGE_SIZE);
  const newest = last <= 1 ? first : await page(last);
  return { relation, total, shown: shownIn(newest, options.redact) };
}

/** Newest first; a message is whatever its author wrote. */
function shownIn(data: unknown, redact: CommitsOptions['redact']): Log['shown'] {
  return listOf(field(data, 'commits'))
    .slice(-MOST_SHOWN)
    .toReversed()
    .flatMap((one) => {
      const sha = field(one, 'sha');
      const message = field(field(one, 'commit'), 'message');
      if (typeof sha !== 'string' || typeof message !== 'string') return [];
      const [subject = ''] = message.split('\n');
      // Half a secret is not found any more.
      const shown = redact(subject).slice(0, LONGEST_SUBJECT).toWellFormed();
      return [{ sha, subject: shown }];
    });
}

/** null: nobody was asked. Without GitHub's own words, which may be anything. */
function whyOf(error: unknown): string | null {
  if (error instanceof Late) return 'GitHub did not answer in time.';
  const failure = error instanceof Failed ? error.failure : null;
  switch (failure?.kind) {
    case 'limited':
      return 'GitHub limits how much it is asked.';
    case 'denied':
      return failure.status === null ? null : deniedText(failure.status);
    case 'refused':
      return 'GitHub would not compare the two.';
    case 'unanswered':
    case undefined:
      return 'GitHub gave no answer that can be read.';
  }
}

function deniedText(status: number): string {
  return status === 401
    ? 'GitHub answered 401.'
    : `GitHub answered ${status}. The token needs \`contents: read\`, and the stable revision must be of a commit of this repository.`;
}
