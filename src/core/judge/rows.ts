/**
 * Observation + stages → the rows that the tests count (judging.md 1.2, 7). A row in which the
 * percent changed belongs to no stage; a row that only the error log knows has estimated requests.
 */
import { isHardDown } from './count-evidence.ts';
import type { Counts } from './count-evidence.ts';
import { bothOf, sharesOf } from './shares.ts';
import type { Shares } from './shares.ts';
import type {
  Cell,
  LoggedMinute,
  Look,
  Minute,
  Observation,
  PastMinute,
  ServedStage,
} from '../judging-types.ts';
import type { Instant } from '../types.ts';

export type Row = {
  readonly start: Instant;
  /** What its numbers come from: as long as it is the same object, they are. */
  readonly source: Minute | LoggedMinute;
  /** As Monitoring counted; null: no point. */
  readonly canary: Cell | null;
  readonly baseline: Cell | null;
  /** 5xx of both sides, by the log if there is one; null: nothing to compare, or nothing for sure. */
  readonly errors: Counts | null;
  /** Monitoring has it. Otherwise only the log does, and how many requests there were is estimated. */
  readonly visible: boolean;
  /** Which of the look's stages was served from its beginning to its end. null: none. */
  readonly stage: number | null;
  /** The last change of percent that it may have seen: the index of the stage that was asked for. */
  readonly change: number;
  /** Whole sample periods of its stage before it. */
  readonly since: number;
  /** Its latencies set the bounds by which others are judged: a service without history. */
  readonly teaches: boolean;
};

/** Where a row lies in the rollout. */
type Place = Pick<Row, 'stage' | 'change' | 'since'>;

/** What a row of the log alone must guess. */
type Guess = {
  /** Of the whole service. */
  readonly requests: number;
  /** The canary's part of what both sides get. */
  readonly shareOf: (stage: number) => number;
};

/** Oldest first; without what was before the canary's first live stage. */
export function rowsOf(observation: Observation, look: Look): readonly Row[] {
  const { samplePeriod } = look;
  const minutes = inOrder(observation.minutes);
  const anchor = minutes[0]?.start ?? 0;
  const slotOf = (start: Instant): number => Math.round((start - anchor) / samplePeriod);
  const logged =
    observation.log && new Map(observation.log.minutes.map((one) => [slotOf(one.start), one]));
  const rows: Row[] = [];
  for (const minute of minutes) {
    const place = placeOf(minute.start, look);
    // Without a point of either side it is no row, and makes no stage older.
    if (place !== null && (minute.canary !== null || minute.baseline !== null)) {
      const one = logged?.get(slotOf(minute.start));
      const shares = place.stage === null ? null : sharesOf(look.stages[place.stage]);
      const errors = one === undefined ? countersOf(minute) : loggedErrors(minute, one, shares);
      rows.push(measured(minute, errors, place));
    }
  }
  return observation.log === null ? rows : [...rows, ...estimated(rows, observation, look)];
}

function inOrder(minutes: readonly Minute[]): readonly Minute[] {
  const sorted = minutes.every(({ start }, i) => start >= (minutes[i - 1]?.start ?? start));
  return sorted ? minutes : minutes.toSorted((a, b) => a.start - b.start);
}

/** null: before the canary had any traffic. */
function placeOf(start: Instant, { stages, samplePeriod }: Look): Place | null {
  const end = start + samplePeriod;
  const [first] = stages;
  if (start < first.asked) return null;
  const change = stages.findLastIndex(({ asked }) => asked < end);
  const from = stages[change]?.from ?? null;
  // A change in the middle of the row: part of it belonged to the stage before.
  if (from === null || start < from) return { stage: null, change, since: 0 };
  return { stage: change, change, since: Math.floor((start - from) / samplePeriod) };
}

function measured(minute: Minute, errors: Counts | null, place: Place): Row {
  const { start, canary, baseline } = minute;
  return {
    ...place,
    start,
    source: minute,
    canary,
    baseline,
    errors,
    visible: true,
    teaches: false,
  };
}

/** As Monitoring counted them. */
export function countersOf({ canary, baseline }: Pick<Row, 'canary' | 'baseline'>): Counts | null {
  if (canary === null || baseline === null) return null;
  return countsOf(
    { canary: canary.errors, baseline: baseline.errors },
    canary.requests,
    baseline.requests,
  );
}

/**
 * The log's count of a row that Monitoring has, too. More errors than were read are what took longest
 * to fail, not a fair part (pages come in the order of begin): those only show that a canary is down.
 */
function loggedErrors(minute: Minute, logged: LoggedMinute, shares: Shares | null): Counts | null {
  const { canary, baseline } = minute;
  const requests = requestsOf(minute, shares);
  if (!logged.capped) return requests && countsOf(logged, requests.canary, requests.baseline);
  const least = {
    canary: Math.max(logged.canary, canary?.errors ?? 0),
    baseline: Math.max(logged.baseline, baseline?.errors ?? 0),
  };
  const counts = requests && countsOf(least, requests.canary, requests.baseline);
  return counts !== null && isHardDown(counts) ? counts : countersOf(minute);
}

/**
 * The points of one side may come later than the other's. The split tells how many requests it has
 * had, as it does in rows that no side has a point of. null: in this row it tells nothing.
 */
function requestsOf(
  { canary, baseline }: Minute,
  shares: Shares | null,
): { readonly canary: number; readonly baseline: number } | null {
  if (canary !== null && baseline !== null) {
    return { canary: canary.requests, baseline: baseline.requests };
  }
  if (shares === null || shares.baseline === 0) return null;
  const odds = shares.canary / shares.baseline;
  return canary === null
    ? { canary: (baseline?.requests ?? 0) * odds, baseline: baseline?.requests ?? 0 }
    : { canary: canary.requests, baseline: canary.requests / odds };
}

/** The log may hold what was never counted: requests are at least the errors among them. */
function countsOf(
  failed: { readonly canary: number; readonly baseline: number },
  canaryRequests: number,
  baselineRequests: number,
): Counts | null {
  const canaryOf = Math.max(canaryRequests, failed.canary);
  const baselineOf = Math.max(baselineRequests, failed.baseline);
  if (canaryOf === 0 || baselineOf === 0) return null;
  return { canary: failed.canary, canaryOf, baseline: failed.baseline, baselineOf };
}

/** Rows newer than the newest of Monitoring that lie wholly in one stage. */
function estimated(
  visible: readonly Row[],
  { log, history }: Observation,
  look: Look,
): readonly Row[] {
  const guess = guessOf(visible, history.at(-1), look);
  if (guess === null || log === null) return [];
  const since = (visible.at(-1)?.start ?? -Infinity) + look.samplePeriod / 2;
  const later = log.minutes
    .filter(({ start }) => start >= since)
    .toSorted((a, b) => a.start - b.start);
  return later.flatMap((logged) => {
    const place = placeOf(logged.start, look);
    if (place === null || place.stage === null) return [];
    const both = guess.requests * bothOf(sharesOf(look.stages[place.stage]));
    const canary = both * guess.shareOf(place.stage);
    const errors = countsOf(logged, canary, both - canary);
    // More errors than were read are no fair part of them: they only show that a canary is down.
    if (logged.capped && (errors === null || !isHardDown(errors))) return [];
    const { start } = logged;
    const unseen = { canary: null, baseline: null, visible: false, teaches: false };
    return [{ ...place, ...unseen, start, source: logged, errors }];
  });
}

/** From so many rows with so many canary requests on, the measured share is the better guess. */
const MEASURED = { rows: 3, requests: 100 };

/** null: nothing tells how many requests there are. */
function guessOf(visible: readonly Row[], past: PastMinute | undefined, look: Look): Guess | null {
  // A row that one side's point is still missing of would be too small.
  const newest = visible.findLast(isWhole) ?? visible.at(-1);
  const requests =
    newest === undefined
      ? past === undefined || past.share === 0
        ? 0
        : past.cell.requests / past.share
      : ((newest.canary?.requests ?? 0) + (newest.baseline?.requests ?? 0)) /
        bothOf(sharesOf(look.stages[newest.change]));
  if (requests === 0) return null;
  const present = look.stages.length - 1;
  const own = visible.filter(({ stage }) => stage === present);
  const canary = own.reduce((sum, row) => sum + (row.canary?.requests ?? 0), 0);
  const all = own.reduce((sum, row) => sum + (row.baseline?.requests ?? 0), canary);
  const isMeasured = own.length >= MEASURED.rows && canary >= MEASURED.requests && all > canary;
  return {
    requests,
    shareOf: (stage) =>
      isMeasured && stage === present ? canary / all : plannedShare(look.stages[stage]),
  };
}

function plannedShare(stage: ServedStage | undefined): number {
  const shares = sharesOf(stage);
  return shares.canary / 100 / bothOf(shares);
}

function isWhole({ canary, baseline }: Row): boolean {
  return canary !== null && baseline !== null;
}
