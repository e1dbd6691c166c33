/**
 * Cloud Logging v2 (logging.proto): server errors from the request log, seconds old where the
 * counters are minutes old (judging.md 7). All rows of a rollout have one source: either the log
 * covers every row that was measured, or none is taken from it.
 */
import { lacksErrors, showsErrors, trustSample } from '../core/judge/log-trust.ts';
import type { ErrorLog } from '../core/judging-types.ts';
import type { Instant, Millis } from '../core/types.ts';
import type { Doctor, ErrorLogQuery, ErrorLogs } from '../engine/ports.ts';
import { checkNames } from './google-names.ts';
import { readPage } from './logging-call.ts';
import type { LoggingOptions } from './logging-call.ts';
import { SAYS } from './logging-notices.ts';
import { createLoggedRows } from './logging-rows.ts';
import type { LoggedRows } from './logging-rows.ts';
import { readWindow } from './logging-window.ts';
import type { Trouble } from './logging-window.ts';

/** After a refusal for too many reads, doubled each time: the quota is one of minutes. */
const FIRST_PAUSE: Millis = 90_000;
const LONGEST_PAUSE: Millis = 900_000;
/** Sample periods before now in which one side may have logged and the other not. */
const LEFT_ALONE = 0.5;

/** What the process knows of one rollout's log. */
type Known = {
  /** counters: for good, so that no row changes its source again. */
  source: 'undecided' | 'log' | 'counters';
  trusted: boolean;
  readonly from: Instant;
  /** Read up to here. */
  until: Instant;
  readonly rows: LoggedRows;
};

type LogReader = ErrorLogs & Pick<Doctor, 'checkLog'>;

/** @throws Problem `bad-input` for a name that could change the meaning of a filter. */
export function createErrorLogs(options: LoggingOptions): LogReader {
  checkNames(options.ref);
  return new Reader(options);
}

class Reader implements LogReader {
  readonly #options: LoggingOptions;
  readonly #rollouts = new Map<string, Known>();
  readonly #said = new Set<string>();
  /** The service will not give the log to this process. */
  #refused = false;
  #pause: Millis = FIRST_PAUSE;
  #pausedUntil: Instant | null = null;

  constructor(options: LoggingOptions) {
    this.#options = options;
  }

  async read(query: ErrorLogQuery, signal: AbortSignal): Promise<ErrorLog | null> {
    const known = this.#knownOf(query);
    if (this.#refused || known.source === 'counters') return null;
    const isPaused = this.#pausedUntil !== null && query.now < this.#pausedUntil;
    if (isPaused) return this.#logOf(known, query, 'paused');
    const trouble = await this.#advance(known, query, signal);
    if (signal.aborted) return null;
    this.#heed(trouble, query.now);
    return this.#logOf(known, query, trouble);
  }

  async checkLog(now: Instant, signal: AbortSignal): Promise<void> {
    const span = { from: now - 1_000, to: now };
    const read = await readPage(this.#options, { span, token: null }, signal);
    if (read.kind === 'denied' || read.kind === 'refused') this.#heed(read, now);
  }

  #knownOf({ canary, baseline, from }: ErrorLogQuery): Known {
    const key = JSON.stringify([canary, baseline]);
    const known = this.#rollouts.get(key);
    if (known !== undefined && known.from <= from) return known;
    const { source, trusted } = known ?? { source: 'undecided', trusted: false };
    const fresh = { source, trusted, from, until: from, rows: createLoggedRows() };
    this.#rollouts.set(key, fresh);
    return fresh;
  }

  /** Reads each whole row once, up to the newest that both sides have had time to log. */
  async #advance(known: Known, query: ErrorLogQuery, signal: AbortSignal): Promise<Trouble | null> {
    if (known.source === 'undecided' && !known.trusted) {
      const trouble = await this.#decideTrust(known, query, signal);
      if (!known.trusted) return trouble;
    }
    const from = rowAt(query, known.until);
    const to = rowAt(query, query.now - LEFT_ALONE * query.samplePeriod);
    const read = await readWindow(this.#options, { ...query, from, to }, signal);
    known.until = Math.max(known.until, read.until);
    const { samplePeriod } = query;
    known.rows.add(read, { anchor: anchorOf(query), samplePeriod, until: known.until });
    return read.trouble;
  }

  /** Once, at the start. */
  async #decideTrust(
    known: Known,
    query: ErrorLogQuery,
    signal: AbortSignal,
  ): Promise<Trouble | null> {
    const sample = trustSample(query.past, query.samplePeriod);
    if (sample === null) {
      known.trusted = true;
      return null;
    }
    const read = await readWindow(
      this.#options,
      { ...query, baseline: query.stable, ...sample },
      signal,
    );
    const logged = read.failures.filter(({ side }) => side === 'baseline').length;
    known.trusted = showsErrors(sample, logged) || read.capped.length > 0;
    if (!known.trusted && read.until >= sample.to) this.#giveUp(known, SAYS.lacking);
    return read.trouble;
  }

  #heed(trouble: Trouble | null, now: Instant): void {
    switch (trouble?.kind) {
      case 'denied':
        this.#refused = true;
        return this.#say(SAYS.denied(this.#options.ref.project));
      case 'refused':
        this.#refused = true;
        return this.#say(SAYS.refused(trouble.why));
      case 'limited':
        this.#pausedUntil = now + this.#pause;
        this.#pause = Math.min(LONGEST_PAUSE, 2 * this.#pause);
        return this.#say(SAYS.limited);
      case 'failed':
      case undefined:
        this.#pause = FIRST_PAUSE;
    }
  }

  /** null: it does not cover every row that was measured, or lacks what was counted in them. */
  #logOf(known: Known, query: ErrorLogQuery, why: Trouble | 'paused' | null): ErrorLog | null {
    const { samplePeriod, minutes } = query;
    const newest = minutes.at(-1)?.start ?? query.from - samplePeriod;
    const isCovered = known.trusted && known.until >= newest + samplePeriod;
    if (!isCovered || this.#refused) {
      if (known.source === 'log') this.#giveUp(known, SAYS.behind);
      else if (known.trusted && why === null) this.#say(SAYS.crowded);
      else if (why !== null && why !== 'paused' && why.kind === 'failed') {
        this.#say(SAYS.failed(why.why));
      }
      return null;
    }
    const span = { from: query.from, to: known.until, anchor: anchorOf(query), samplePeriod };
    const log = { minutes: known.rows.minutes(span) };
    if (lacksErrors(minutes, log)) {
      this.#giveUp(known, SAYS.lacking);
      return null;
    }
    known.source = 'log';
    return log;
  }

  #giveUp(known: Known, notice: string): void {
    known.source = 'counters';
    if (!this.#refused) this.#say(notice);
  }

  #say(notice: string): void {
    if (!this.#said.has(notice)) this.#options.onNotice(notice);
    this.#said.add(notice);
  }
}

/** The grid of the measured rows; while there is none, that of the history goes on. */
function anchorOf({ minutes, past, from }: ErrorLogQuery): Instant {
  return minutes[0]?.start ?? past.at(-1)?.start ?? from;
}

/** Start of the row that `instant` lies in. */
function rowAt(query: ErrorLogQuery, instant: Instant): Instant {
  const anchor = anchorOf(query);
  return anchor + Math.floor((instant - anchor) / query.samplePeriod) * query.samplePeriod;
}
