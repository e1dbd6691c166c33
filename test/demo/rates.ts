/** Rates of the last seconds out of counts since the beginning, as the clients saw them. */
import type { LoadStats } from '../sandbox/traffic/load.ts';

export type Sample = { readonly at: number; readonly stats: LoadStats };

export type Rate = {
  readonly perSecond: number;
  /** Share of answers with a 5xx status, 0 to 1; null: there was no answer. */
  readonly errors: number | null;
  readonly meanLatencyMs: number | null;
};

export type Rates = {
  readonly revisions: ReadonlyMap<string, Rate>;
  /** Requests per second that no revision answered: broken off, or refused on the way. */
  readonly lostPerSecond: number;
};

type Served = LoadStats['revisions'][string];

const WINDOW_MS = 2_000;
const NOTHING: Served = { requests: 0, statuses: {}, meanLatencyMs: 0 };

/** Adds a sample and forgets those before the window. */
export function keepRecent(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const start = next.at - WINDOW_MS;
  // One older sample stays, so that the whole window is covered.
  const first = samples.findLastIndex(({ at }) => at <= start);
  return [...samples.slice(Math.max(0, first)), next];
}

export function ratesOf(samples: readonly Sample[]): Rates {
  const [first, last] = [samples.at(0), samples.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) {
    return { revisions: new Map(), lostPerSecond: 0 };
  }
  const seconds = (last.at - first.at) / 1_000;
  const rates = Object.entries(last.stats.revisions).map(([name, now]): [string, Rate] => [
    name,
    rateBetween(first.stats.revisions[name] ?? NOTHING, now, seconds),
  ]);
  return {
    revisions: new Map(rates),
    lostPerSecond: (lostIn(last.stats) - lostIn(first.stats)) / seconds,
  };
}

/** Requests that ended without an answer of the app. */
export function lostIn({ answered, failed, revisions }: LoadStats): number {
  const known = Object.values(revisions).reduce((sum, { requests }) => sum + requests, 0);
  return failed + answered - known;
}

/** Answers with a 5xx status. */
export function errorsIn(statuses: Readonly<Record<string, number>>): number {
  return Object.entries(statuses)
    .filter(([status]) => /^5\d\d$/.test(status))
    .reduce((sum, [, count]) => sum + count, 0);
}

function rateBetween(before: Served, now: Served, seconds: number): Rate {
  const requests = now.requests - before.requests;
  const perSecond = requests / seconds;
  if (requests === 0) return { perSecond, errors: null, meanLatencyMs: null };
  const errors = errorsIn(now.statuses) - errorsIn(before.statuses);
  return {
    perSecond,
    errors: errors / requests,
    meanLatencyMs:
      (now.requests * now.meanLatencyMs - before.requests * before.meanLatencyMs) / requests,
  };
}
