/**
 * How much likelier one row's split of failed (or slow) requests is if the canary is worse
 * (judging.md 4.1, 4.4). Only the split counts: what made both sides fail has cancelled.
 */
import { risingExcess } from './log-gamma.ts';

/** Events among requests, on both sides of one row. */
export type Counts = {
  readonly canary: number;
  readonly canaryOf: number;
  readonly baseline: number;
  readonly baselineOf: number;
};

export type CountNoise = {
  /** Of the log odds between two equally good revisions. 0: none, as in textbooks; never in production. */
  readonly variance: number;
  /** Variance of the counts relative to independent events. */
  readonly burst: number;
};

type Totals = { readonly canaryOf: number; readonly baselineOf: number; readonly events: number };

/** What one row says to every alternative: so many trials, and which part of them speaks against the canary. */
type Split = Totals & {
  /** The canary's expected part of the events, less this, is what speaks against it. */
  readonly offset: number;
  readonly trials: number;
  /** The part that is expected if it is no worse. */
  readonly neutral: number;
  /** Counts worth as much as independent ones: against the canary, and for it. */
  readonly against: number;
  readonly inFavour: number;
  readonly variance: number;
  readonly neutralExcess: number;
};

/** judging.md 5, hard down. */
const HARD_DOWN = { requests: 20, part: 0.5, times: 2 };

/**
 * How many of the events the canary is expected to have if its odds are so many times the
 * baseline's, once or more: the x for which x (baselineOf − events + x) is odds times
 * (canaryOf − x) (events − x).
 */
export function expectedShare(totals: Totals, odds: number): number {
  const { canaryOf, baselineOf, events } = totals;
  const b = baselineOf - events + odds * (canaryOf + events);
  const c = odds * canaryOf * events;
  // Of the two roots the one inside the range, written so that nothing cancels.
  return (2 * c) / (b + Math.sqrt(b * b - 4 * (odds - 1) * c));
}

/** ln of the likelihood ratio. 0 where nothing, or nothing but events, was counted. */
export function countEvidence(counts: Counts, odds: number, noise: CountNoise): number {
  const split = splitOf(counts, noise);
  return split === null ? 0 : evidenceOf(split, odds);
}

/** countEvidence for several odds: what they share is worked out once. */
export function countEvidences(
  counts: Counts,
  odds: readonly number[],
  noise: CountNoise,
): readonly number[] {
  const split = splitOf(counts, noise);
  return odds.map((times) => (split === null ? 0 : evidenceOf(split, times)));
}

/** ln of the likelihood ratio of an event rate `ratio` times the allowed one against the allowed one. */
export function ceilingEvidence(
  events: number,
  requests: number,
  terms: { readonly allowed: number; readonly ratio: number; readonly burst: number },
): number {
  const { allowed, ratio, burst } = terms;
  return (events * Math.log(ratio) - requests * allowed * (ratio - 1)) / burst;
}

/** A dead canary need not wait for a second row: the cap of one row is lifted. */
export function isHardDown({ canary, canaryOf, baseline, baselineOf }: Counts): boolean {
  return (
    canaryOf >= HARD_DOWN.requests &&
    canary >= HARD_DOWN.part * canaryOf &&
    canary > (HARD_DOWN.times * baseline * canaryOf) / Math.max(1, baselineOf)
  );
}

function splitOf(counts: Counts, noise: CountNoise): Split | null {
  const { canary, canaryOf, baseline, baselineOf } = counts;
  const events = canary + baseline;
  const requests = canaryOf + baselineOf;
  if (events >= requests) return null;
  // Each event has hit one of two sides. Where the baseline has the fewest requests, each of those
  // has failed or not, which says the same and is nearer to independent trials (see the tests).
  const isMinor = baselineOf < Math.min(events, canaryOf);
  const offset = isMinor ? events - baselineOf : 0;
  const trials = isMinor ? baselineOf : events;
  const neutral = ((events * canaryOf) / requests - offset) / trials;
  // Nor is it inside without an event, or without a request on either side.
  if (!(neutral > 0 && neutral < 1)) return null;
  // Drawing without replacement varies less than independent trials do.
  const free = (requests - trials) / requests;
  const worth = 1 / (free * noise.burst);
  const against = worth * (isMinor ? baselineOf - baseline : canary);
  const inFavour = worth * baseline;
  // The noise is one of log odds; the expected part moves by the free part of it.
  const variance = noise.variance * free * free;
  const neutralExcess = excessOf(neutral, variance, { against, inFavour });
  const totals = { canaryOf, baselineOf, events, offset, trials, neutral };
  return { ...totals, against, inFavour, variance, neutralExcess };
}

function evidenceOf(split: Split, odds: number): number {
  const { offset, trials, neutral, against, inFavour, variance } = split;
  const worse = (expectedShare(split, odds) - offset) / trials;
  if (!(worse > 0 && worse < 1)) return 0;
  return (
    against * Math.log(worse / neutral) +
    inFavour * Math.log((1 - worse) / (1 - neutral)) +
    excessOf(worse, variance, split) -
    split.neutralExcess
  );
}

/** What a beta-binomial adds to the logarithm of a binomial probability with the same mean. */
function excessOf(
  part: number,
  variance: number,
  { against, inFavour }: { readonly against: number; readonly inFavour: number },
): number {
  const a = 1 / (variance * (1 - part));
  const b = 1 / (variance * part);
  return (
    risingExcess(a, against) + risingExcess(b, inFavour) - risingExcess(a + b, against + inFavour)
  );
}
