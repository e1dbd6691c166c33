/** One check per question: the numbers of both sides, the window, the ratio, and a sentence. */
import { ceilingCheck } from './ceiling-check.ts';
import type { Counts } from './count-evidence.ts';
import type { Exceedance } from './exceedance.ts';
import type { Findings } from './findings.ts';
import { slowestOf, summed, TIMES } from './gate.ts';
import { memoryCheck } from './memory-check.ts';
import { checkOf, toldOf, unmeasured } from './told.ts';
import type { Told } from './told.ts';
import { countText, latencyText, rateText } from '../report/report-numbers.ts';
import type { Check } from '../judging-types.ts';

export function checksOf(findings: Findings): readonly Check[] {
  const { tests } = findings;
  const told = tests.list.map((test, i) => toldOf(test, i, findings));
  const named = (names: readonly string[]): readonly Told[] =>
    told.filter(({ test }) => names.includes(test.name));
  const slow = named(['slow-p99', 'slow-p50']);
  // Two bounds, one question: the one with more to say speaks.
  const loudest = slow.reduce<Told | null>((most, one) => louder(most, one), null);
  return [
    ...named(['errors']).map((one) => rateCheck('error-rate', one, findings)),
    ...named(['latency']).map((one) => latencyCheck(one)),
    ...(loudest === null ? [] : [slowCheck(loudest, findings)]),
    ...named(['client-errors']).map((one) => rateCheck('client-error-rate', one, findings)),
    ...named(['ceiling']).flatMap((one) => ceilingCheck(one, findings)),
    ...memoryCheck(findings),
  ];
}

function louder(most: Told | null, one: Told): Told {
  if (most === null || one.verdict === 'fail') return one;
  return most.verdict === 'fail' || (most.logEvidence ?? 0) >= (one.logEvidence ?? 0) ? most : one;
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
  const sum = summed(told.test, told.window.rows);
  if (sum.canaryOf === 0) {
    return unmeasured(
      metric,
      `${name} cannot be compared: in no row of this stage did both the canary and the stable revision answer requests.`,
    );
  }
  const [canary, baseline] = [sum.canary / sum.canaryOf, sum.baseline / sum.baselineOf];
  const limit = Math.min(1, Math.max(baseline + (points ?? 0), times * baseline));
  const numbers = `${name} ${rateText(canary)} on the canary against ${rateText(baseline)} on the stable revision (${ofText(sum)}, ${told.span})`;
  return checkOf(metric, told, { canary, baseline, limit, numbers });
}

function latencyCheck(told: Told): Check {
  const slowest = slowestOf(told.test, told.window.rows);
  if (slowest === null) {
    return unmeasured(
      'latency',
      'Latency cannot be compared: in no row after the warm-up do both revisions have one of the same layout.',
    );
  }
  const { canary, baseline, ratio, quantile } = slowest;
  const numbers = `Requests take ${Number(ratio.toPrecision(3))} times as long on the canary as on the stable revision (p${Math.round(quantile * 100)} ${latencyText(canary)} against ${latencyText(baseline)}, ${told.span})`;
  return checkOf('latency', told, { canary, baseline, limit: null, numbers });
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

function ofText({ canary, canaryOf, baseline, baselineOf }: Counts): string {
  const [ours, theirs] = [Math.round(canaryOf), Math.round(baselineOf)];
  return `${countText(canary)} of ${countText(ours)} against ${countText(baseline)} of ${countText(theirs)}`;
}
