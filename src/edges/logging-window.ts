/** Many rows of the log in few requests, for reads are rationed (60 a minute in a project, unconfirmed). */
import type { Instant, Millis } from '../core/types.ts';
import { logNameOf, readPage } from './logging-call.ts';
import type { LoggingOptions, PageRead } from './logging-call.ts';
import { readEntries } from './logging-entries.ts';
import type { Failure, Span } from './logging-entries.ts';

export type Trouble = Exclude<PageRead, { kind: 'page' }>;

export type WindowRead = {
  readonly failures: readonly Failure[];
  /** Everything before it was read; the rest is left for another time. */
  readonly until: Instant;
  /** Rows with more errors than are worth reading. */
  readonly capped: readonly Span[];
  /** What broke it off. null: nothing, or that it was too much for one look. */
  readonly trouble: Trouble | null;
};

export type WindowQuery = Span & {
  readonly canary: string;
  readonly baseline: string;
  readonly samplePeriod: Millis;
};

/** More in one row only say what so many say already. */
export const MOST_IN_ROW = 5_000;
/** A third of what the whole project may ask in a minute. */
const MOST_PAGES = 20;
/** The look waits for it. */
const LONGEST: Millis = 20_000;

/** `query` holds whole rows; they are read from the oldest on. */
export async function readWindow(
  options: LoggingOptions,
  query: WindowQuery,
  signal: AbortSignal,
): Promise<WindowRead> {
  const budget = budgetOf(options);
  const failures: Failure[] = [];
  const capped: Span[] = [];
  // Most of the time all rows fit into one page, so they are asked for together first.
  let together = rowsIn(query, query.samplePeriod);
  let until = query.from;
  while (until < query.to) {
    const span = { from: until, to: Math.min(query.to, until + together * query.samplePeriod) };
    const read = await readSpan(options, { query, span, budget }, signal);
    if (read.kind === 'trouble') return { failures, until, capped, trouble: read.trouble };
    if (read.kind === 'late') break;
    if (read.kind === 'too-many' && rowsIn(span, query.samplePeriod) > 1) {
      together = fewer(together, read.failures, { ...query, from: until });
      continue;
    }
    for (const failure of read.failures) failures.push(failure);
    if (read.kind === 'too-many') capped.push(span);
    until = span.to;
  }
  return { failures, until, capped, trouble: null };
}

function rowsIn({ from, to }: Span, samplePeriod: Millis): number {
  return Math.max(1, Math.round((to - from) / samplePeriod));
}

/** Pages come in the order of begin, and rows are cut by the end: what was read is only a hint. */
function fewer(
  together: number,
  read: readonly Failure[],
  { from, samplePeriod }: WindowQuery,
): number {
  const newest = read.reduce((latest, { at }) => Math.max(latest, at), from);
  const covered = Math.floor((newest - from) / samplePeriod);
  return Math.max(1, Math.min(covered, Math.floor(together / 2)));
}

type Budget = { spend(): boolean };

function budgetOf({ clock }: LoggingOptions): Budget {
  const end = clock.monotonic() + LONGEST;
  let pages = 0;
  return { spend: () => (pages += 1) <= MOST_PAGES && clock.monotonic() < end };
}

type SpanRead =
  | { readonly kind: 'whole' | 'too-many'; readonly failures: readonly Failure[] }
  /** The budget is spent. */
  | { readonly kind: 'late' }
  | { readonly kind: 'trouble'; readonly trouble: Trouble };

type SpanCall = { readonly query: WindowQuery; readonly span: Span; readonly budget: Budget };

async function readSpan(
  options: LoggingOptions,
  { query, span, budget }: SpanCall,
  signal: AbortSignal,
): Promise<SpanRead> {
  const { ref } = options;
  const selection = { ...ref, ...query, logName: logNameOf(ref) };
  const failures: Failure[] = [];
  let token: string | null = null;
  let entries = 0;
  while (budget.spend()) {
    const page: PageRead = await readPage(options, { span, token }, signal);
    if (page.kind !== 'page') return { kind: 'trouble', trouble: page };
    const read = readEntries(page.entries, selection);
    if (read === null) return { kind: 'trouble', trouble: UNREADABLE };
    for (const one of read) {
      if (one.at >= span.from && one.at < span.to) failures.push(one);
    }
    entries += page.entries.length;
    token = page.nextToken;
    if (token === null) return { kind: 'whole', failures };
    if (entries >= MOST_IN_ROW) return { kind: 'too-many', failures };
  }
  return { kind: 'late' };
}

const UNREADABLE: Trouble = {
  kind: 'failed',
  why: 'Cloud Logging answered an entry that cannot be read.',
};
