/**
 * Is a whole window really covered by data? A canary that hangs, or Monitoring behind its stated
 * delay, must not pass on its first minutes (S4). Where traffic is thin an empty row is natural, so
 * everything here is measured by what the other revision's requests in the same row let expect.
 */
import { countText, durationText, instantText, rateText } from '../report/report-numbers.ts';
import type { Minute } from '../judging-types.ts';
import { isIncident } from './guards.ts';
import { bothOf } from './shares.ts';
import type { Shares } from './shares.ts';
import { NaturalGaps } from './natural-gaps.ts';
import type { Gap } from './natural-gaps.ts';
import type { Instant, Millis } from '../types.ts';

/** One stage, from when it was served to the end of the data. */
export type StageWindow = {
  readonly from: Instant;
  readonly to: Instant;
  readonly minutes: readonly Minute[];
};

export type Coverage = Shares & {
  readonly samplePeriod: Millis;
  /** Failed part of the service's requests that is usual. */
  readonly errorRate: number;
  /** Some limit is relative to the stable revision. */
  readonly compares: boolean;
};

type Side = 'canary' | 'baseline';

/** What chance does by itself once in so many windows proves no silence: 14 requests or more. */
const RARITY = 1e6;
/** Of what was expected in the window. */
const MOST_MISSING = 0.1;
/**
 * How early the data may end: the rows need not begin with the window, and Monitoring may be behind
 * its stated delay for hours. A part of the window, in sample periods at least and at most.
 */
const LATE = { part: 0.2, least: 2, most: 5 };
const NAMES: Readonly<Record<Side, string>> = {
  canary: 'The canary',
  baseline: 'The stable revision',
};

/** Which data a closed window lacks, in one sentence; null: it is covered. */
export function missingText(window: StageWindow, coverage: Coverage): string | null {
  const { compares } = coverage;
  return (
    stopped(window, coverage, 'canary') ??
    gaps(window, coverage, 'canary') ??
    (compares ? stopped(window, coverage, 'baseline') : null) ??
    (compares ? gaps(window, coverage, 'baseline') : null) ??
    (compares ? failingAlone(window, coverage) : null) ??
    bothStopped(window, coverage)
  );
}

/** Since some minute the other side answers requests and this one none. */
function stopped(window: StageWindow, coverage: Coverage, side: Side): string | null {
  const { minutes, from, to } = window;
  const { samplePeriod } = coverage;
  const last = lastStart(minutes.filter((minute) => requestsOf(side, minute) > 0));
  const since = last === null ? from : last + samplePeriod;
  const silent = settledOf(window, samplePeriod).filter(
    ({ start }) => last === null || start > last,
  );
  const expected = surelyExpected(side, silent, coverage);
  const tolerated = side === 'baseline' && to - since <= tolerance(window, samplePeriod);
  if (expected === 0 || tolerated) return null;
  return `${NAMES[side]} has answered nothing since ${instantText(since)}, where its ${rateText(coverage[side] / 100)} of the traffic would have been about ${aboutText(expected)} requests.`;
}

/** Rows with requests of the other side only: more than thin traffic leaves empty by itself. */
function gaps(window: StageWindow, shares: Coverage, side: Side): string | null {
  const minutes = settledOf(window, shares.samplePeriod);
  const empty = minutes.filter(
    (minute) => requestsOf(side, minute) === 0 && requestsOf(otherOf(side), minute) > 0,
  );
  const missing = expectedOf(side, empty, shares);
  if (missing === 0) return null;
  const all = expectedOf(side, minutes, shares);
  const natural = new NaturalGaps(minutes.map((minute) => gapOf(side, minute, shares)));
  const isMuch = missing - natural.mean > MOST_MISSING * (all - natural.mean);
  if (!isMuch || natural.mayReach(missing, 1 / RARITY)) return null;
  const first = instantText(empty.reduce((least, { start }) => Math.min(least, start), Infinity));
  const when =
    empty.length === 1
      ? `the minute ${first}`
      : `${countText(empty.length)} minutes, the first of them ${first}`;
  return `${NAMES[side]} answered nothing in ${when}: about ${aboutText(missing)} of the ${aboutText(all)} requests expected of it are missing.`;
}

/** Where the canary fails and the stable revision has no data, nobody knows whose failure it is. */
function failingAlone(
  { minutes }: StageWindow,
  { errorRate, samplePeriod }: Coverage,
): string | null {
  const alone = minutes.filter(
    (minute) => requestsOf('canary', minute) > 0 && requestsOf('baseline', minute) === 0,
  );
  const requests = sumOf('canary', alone);
  const usual = Math.max(errorRate, failedPart('baseline', minutes));
  const errors = errorsOf('canary', alone);
  return isIncident({ errors, requests }, usual)
    ? `The canary failed ${countText(errors)} of ${countText(requests)} requests in ${durationText(alone.length * samplePeriod)} in which the stable revision answered nothing to compare them with.`
    : null;
}

/** A row in which the split, choosing a side for each request alone, left this side empty. */
function gapOf(side: Side, minute: Minute, shares: Shares): Gap {
  const share = shareOf(side, shares);
  const rest = shareOf(otherOf(side), shares);
  const requests = requestsOf('canary', minute) + requestsOf('baseline', minute);
  return { size: (requests * share) / rest, lnChance: requests * Math.log(rest) };
}

/** Since some minute nobody has data: nothing but the pace until then tells what should have come. */
function bothStopped(window: StageWindow, coverage: Coverage): string | null {
  const { minutes, from, to } = window;
  const { samplePeriod } = coverage;
  const last = lastStart(minutes.filter((minute) => hasData(minute, coverage)));
  // Without a single such row no check has an answer.
  if (last === null) return null;
  const end = last + samplePeriod;
  const spoken = Math.max(samplePeriod, end - from);
  const silent = to - end;
  if (silent <= tolerance(window, samplePeriod)) return null;
  const requests = sumOf('canary', minutes) + sumOf('baseline', minutes);
  const isChance = (spoken / (spoken + silent)) ** requests > 1 / RARITY;
  const expected = (requests / spoken) * silent;
  if (isChance) return null;
  return `There are no data from ${instantText(end)} to the end of the window ${durationText(silent)} later, where about ${aboutText(expected)} requests were expected.`;
}

/** Requests on either side, or a measured zero on all that count. */
function hasData(minute: Minute, { compares }: Coverage): boolean {
  const { canary, baseline } = minute;
  const isMeasured = canary !== null && (!compares || baseline !== null);
  return isMeasured || requestsOf('canary', minute) + requestsOf('baseline', minute) > 0;
}

function tolerance({ from, to }: StageWindow, samplePeriod: Millis): Millis {
  const periods = (LATE.part * (to - from)) / samplePeriod;
  return Math.min(LATE.most, Math.max(LATE.least, periods)) * samplePeriod;
}

/** 0 where the requests of the other side are so few that the split may have sent them all there. */
function surelyExpected(side: Side, minutes: readonly Minute[], shares: Shares): number {
  const others = sumOf(otherOf(side), minutes);
  const isChance = shareOf(otherOf(side), shares) ** others > 1 / RARITY;
  return isChance ? 0 : expectedOf(side, minutes, shares);
}

/** What the other side's requests let expect of this one. */
function expectedOf(side: Side, minutes: readonly Minute[], shares: Shares): number {
  const rest = shareOf(otherOf(side), shares);
  return rest > 0 ? (sumOf(otherOf(side), minutes) * shareOf(side, shares)) / rest : 0;
}

/** Of what the two sides get together. */
function shareOf(side: Side, shares: Shares): number {
  return shares[side] / 100 / bothOf(shares);
}

function otherOf(side: Side): Side {
  return side === 'canary' ? 'baseline' : 'canary';
}

function requestsOf(side: Side, minute: Minute): number {
  return minute[side]?.requests ?? 0;
}

function errorsOf(side: Side, minutes: readonly Minute[]): number {
  return minutes.reduce((sum, minute) => sum + (minute[side]?.errors ?? 0), 0);
}

function failedPart(side: Side, minutes: readonly Minute[]): number {
  const requests = sumOf(side, minutes);
  return requests === 0 ? 0 : errorsOf(side, minutes) / requests;
}

function sumOf(side: Side, minutes: readonly Minute[]): number {
  return minutes.reduce((sum, minute) => sum + requestsOf(side, minute), 0);
}

function lastStart(minutes: readonly Minute[]): Instant | null {
  return minutes.reduce<Instant | null>(
    (latest, { start }) => (latest === null ? start : Math.max(latest, start)),
    null,
  );
}

/** Two revisions need not be sampled at the same instants: the newest row may have one side only. */
function settledOf({ minutes, to }: StageWindow, samplePeriod: Millis): readonly Minute[] {
  return minutes.filter(({ start }) => start + 2 * samplePeriod <= to);
}

function aboutText(requests: number): string {
  return countText(Math.round(requests));
}
