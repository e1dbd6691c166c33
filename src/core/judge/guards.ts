/** Rules that stand beside the evidence ratio (judging.md 6.3 to 6.8). */
import { logSumExp } from './accumulate.ts';
import type { Counts } from './count-evidence.ts';

/** Harm is ruled out, or the smallest excluded one found, at 20 : 1. */
const RULED_OUT = Math.log(0.05);
/** What history weighs against the baseline's requests of one row. */
const PSEUDO_REQUESTS = 2000;
/** Of all requests at the next stage, and of the service's own error rate. */
const HARM = { ofAll: 0.0025, ofOwn: 0.5 };
const INCIDENT = { errors: 5, times: 5, points: 0.02 };
/** So many rows in succession are no burst. */
export const INCIDENT_ROWS = 3;
/** Odds of the canary's real share to the configured one. */
const SPLIT_ODDS = [1 / 4, 1 / 2, 2, 4];
const SMOKE = { tolerated: 0.01, broken: [0.05, 0.1, 0.2, 0.5, 0.95], enough: 100 };

export type HarmTerms = {
  /** The service's error rate in history. */
  readonly errorRate: number;
  readonly burst: number;
  readonly variance: number;
};

/**
 * The rise of the error rate that must be excluded before the canary gets so many percent: never
 * less than the user allows.
 */
export function harmLimit(
  nextPercent: number,
  { errorRate, allowed }: { readonly errorRate: number; readonly allowed: number },
): number {
  return Math.max(HARM.ofAll / (nextPercent / 100), HARM.ofOwn * errorRate, allowed);
}

/** ln of how much likelier the rows are if the canary fails `harm` more of its requests. */
export function harmEvidence(rows: readonly Counts[], harm: number, terms: HarmTerms): number {
  const { errorRate, burst, variance } = terms;
  let sum = 0;
  for (const { canary, canaryOf, baseline, baselineOf } of rows) {
    const expected = (baseline + PSEUDO_REQUESTS * errorRate) / (baselineOf + PSEUDO_REQUESTS);
    const evidence = canary * Math.log1p(harm / expected) - canaryOf * harm;
    sum += evidence / (burst + variance * canaryOf * expected);
  }
  return sum;
}

export function harmRuledOut(rows: readonly Counts[], harm: number, terms: HarmTerms): boolean {
  return harmEvidence(rows, harm, terms) <= RULED_OUT;
}

/** The smallest rise of the error rate that the rows exclude. null: not even that of every request. */
export function smallestExcluded(rows: readonly Counts[], terms: HarmTerms): number | null {
  if (!harmRuledOut(rows, 1, terms)) return null;
  // The evidence starts at 0 and is concave in harm: once excluded, everything larger is.
  let [open, excluded] = [0, 1];
  for (let round = 0; round < 40; round += 1) {
    const middle = (open + excluded) / 2;
    if (harmRuledOut(rows, middle, terms)) excluded = middle;
    else open = middle;
  }
  return excluded;
}

/** Is the stable revision failing itself? Its rows, oldest first. */
export function baselineIncident(
  rows: readonly { readonly errors: number; readonly requests: number }[],
  errorRate: number,
): boolean {
  const newest = rows.slice(-INCIDENT_ROWS);
  const errors = newest.reduce((sum, row) => sum + row.errors, 0);
  const requests = newest.reduce((sum, row) => sum + row.requests, 0);
  return isIncident({ errors, requests }, errorRate);
}

/** So far above what is usual that nobody calls it noise. */
export function isIncident(
  { errors, requests }: { readonly errors: number; readonly requests: number },
  errorRate: number,
): boolean {
  const usual = Math.max(INCIDENT.times * errorRate, errorRate + INCIDENT.points);
  return errors >= INCIDENT.errors && errors > usual * requests;
}

/** ln of the evidence that the canary is not served its share of the requests. Alarm at ln 1000. */
export function splitEvidence(canary: number, requests: number, share: number): number {
  const logs = SPLIT_ODDS.map(
    (odds) => canary * Math.log(odds) - requests * Math.log(share * odds + 1 - share),
  );
  return logSumExp(logs) - Math.log(logs.length);
}

/** How much likelier so many failures are if the canary is broken than if 1 in 100 probes fails. */
export function smokeEvidence(failed: number, probes: number): number {
  const { tolerated, broken } = SMOKE;
  return mean(
    broken.map(
      (part) => (part / tolerated) ** failed * ((1 - part) / (1 - tolerated)) ** (probes - failed),
    ),
  );
}

/** The smallest number of failed probes that fails stage 0. null: so few probes never do. */
export function smokeFailures(probes: number): number | null {
  for (let failed = 1; failed <= probes; failed += 1) {
    if (smokeEvidence(failed, probes) >= SMOKE.enough) return failed;
  }
  return null;
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
