/** One check per question: the numbers of both sides, the window, the ratio, and a sentence. */
import { ceilingCheck } from './ceiling-check.ts';
import type { Counts } from './count-evidence.ts';
import type { Exceedance } from './exceedance.ts';
import type { Findings } from './findings.ts';
import { slowestOf, slownessOf, summed, TIMES } from './gate.ts';
import { memoryCheck } from './memory-check.ts';
import type { LatencyMetric } from './questions.ts';
import { checkOf, rarelyText, toldOf, unmeasured } from './told.ts';
import type { Told } from './told.ts';
import { countText, latencyText, rateText } from '../report/report-numbers.ts';
import type { Check } from '../judging-types.ts';

const PERCENTILES: Readonly<Record<LatencyMetric, number>> = {
  latency: 0.95,
  'latency-p50': 0.5,
  'latency-p95': 0.95,
  'latency-p99': 0.99,
};

export function checksOf(findings: Findings): readonly Check[] {
  const { tests } = findings;
  const told = tests.list.map((test, i) => toldOf(test, i, findings));
  const named = (names: readonly string[]): readonly Told[] =>
    told.filter(({ test }) => names.includes(test.name));
  const slow = named(['slow-p99', 'slow-p50']);
  // Two bounds, one question: the one with more to say speaks.
  const loudest = slow.reduce<Told | null>((most, one) => louder(most, one), null);
  return withRarely(findings, [
    ...named(['errors']).map((one) => rateCheck('error-rate', one, findings)),
    ...named(['latency']).map((one) => latencyCheck(accusing(one, loudest), findings)),
    ...(loudest === null ? [] : [slowCheck(loudest, findings)]),
    ...named(['client-errors']).map((one) => rateCheck('client-error-rate', one, findings)),
    ...named(['ceiling']).flatMap((one) => ceilingCheck(one, findings)),
    ...memoryCheck(findings),
  ]);
}

/** Said once, by the check that gives the reason for the rollback. */
function withRarely(findings: Findings, checks: readonly Check[]): readonly Check[] {
  const first = checks.find(({ verdict }) => verdict === 'fail');
  const isEvidence = findings.leaders.length > 0;
  return checks.map((check) =>
    check === first && isEvidence
      ? { ...check, why: `${check.why} ${rarelyText(findings)}` }
      : check,
  );
}

function louder(most: Told | null, one: Told): Told {
  if (most === null || one.verdict === 'fail') return one;
  return most.verdict === 'fail' || (most.logEvidence ?? 0) >= (one.logEvidence ?? 0) ? most : one;
}

/** More slow requests are a slower revision: the gate has looked at its percentiles. */
function accusing(latency: Told, slow: Told | null): Told {
  return latency.verdict === 'fail' || slow?.verdict !== 'fail'
    ? latency
    : { ...slow, logEvidence: latency.logEvidence };
}

function rateCheck(
  metric: 'error-rate' | 'client-error-rate',
  told: Told,
  findings: Findings,
): Check {
  const { errorIncrease, clientErrorIncrease } = findings.tests.questions;
  const [name, times, points] =
    metric === 'error-rate'
      ? (['5xx', TIMES.errors, errorIncrease] as const)
      : (['4xx', TIMES['client-errors'], clientErrorIncrease] as const);
  const sum = inWholeRequests(summed(told.test, told.window.rows));
  if (sum.canaryOf === 0) {
    return unmeasured(
      metric,
      `${name} cannot be compared: in no row of this stage did both the canary and the stable revision answer requests.`,
    );
  }
  const [canary, baseline] = [sum.canary / sum.canaryOf, sum.baseline / sum.baselineOf];
  const limit = Math.min(1, Math.max(baseline + (points ?? 0), times * baseline));
  const about = aboutText(told);
  const numbers = `${name} ${about}${rateText(canary)} on the canary against ${about}${rateText(baseline)} on the stable revision (${ofText(sum, about)}, ${told.span})`;
  return checkOf(metric, told, { canary, baseline, limit, numbers });
}

function latencyCheck(told: Told, { tests }: Findings): Check {
  const { named, slowerThan } = tests.questions;
  const all = slownessOf(told.test, told.window.rows);
  const asked = all.find(({ quantile }) => quantile === PERCENTILES[named]) ?? null;
  // Whoever is accused hears the worst of it, unless the percentile that people know is bad enough.
  const isBad = asked !== null && asked.ratio >= (slowerThan ?? 1);
  const shown = told.speaksAgainst && !isBad ? slowestOf(all) : asked;
  if (shown === null) {
    return unmeasured(
      named,
      'Latency cannot be compared: in no row after the warm-up do both revisions have one of the same layout.',
    );
  }
  const { canary, baseline, ratio, quantile, isBeyond } = shown;
  const limit = baseline * (slowerThan ?? 1);
  const numbers = `p${Math.round(quantile * 100)} ${isBeyond ? 'at least ' : ''}${latencyText(canary)} on the canary against ${latencyText(baseline)} on the stable revision (${Number(ratio.toPrecision(3))} times as long, ${told.span})`;
  return checkOf(named, told, { canary, baseline, limit, numbers });
}

function slowCheck(told: Told, { tests }: Findings): Check {
  const bound = told.test.name === 'slow-p50' ? tests.noise.p50 : tests.noise.p99;
  const sum = summed(told.test, told.window.rows);
  if (bound === null || sum.canaryOf === 0) {
    return unmeasured(
      'slow-requests',
      'Slow requests cannot be compared: no latency of both sides.',
    );
  }
  const [canary, baseline] = [sum.canary / sum.canaryOf, sum.baseline / sum.baselineOf];
  const numbers = `${rateText(canary)} of the canary's requests took longer than ${latencyText(bound.boundMs)} against ${rateText(baseline)} of the stable revision's (${ofText(sum)}, ${told.span})`;
  return checkOf('slow-requests', told, {
    canary,
    baseline,
    limit: oddsLimit(baseline, bound),
    numbers,
  });
}

/** The rate at which the odds are as much higher as does not matter. */
function oddsLimit(baseline: number, { tolerance }: Exceedance): number {
  return (tolerance * baseline) / (1 - baseline + tolerance * baseline);
}

/** Of rows that only the log knows nobody has counted the requests. */
function aboutText({ window }: Told): string {
  return window.rows.some(({ visible }) => !visible) ? 'about ' : '';
}

/** Requests of rows that only the log knows are guessed, and in fractions. */
function inWholeRequests(counts: Counts): Counts {
  const [canaryOf, baselineOf] = [Math.ceil(counts.canaryOf), Math.ceil(counts.baselineOf)];
  return { ...counts, canaryOf, baselineOf };
}

function ofText({ canary, canaryOf, baseline, baselineOf }: Counts, about = ''): string {
  return `${countText(canary)} of ${about}${countText(canaryOf)} against ${countText(baseline)} of ${about}${countText(baselineOf)}`;
}
