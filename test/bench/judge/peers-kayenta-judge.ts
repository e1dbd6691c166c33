/**
 * Kayenta's NetflixACAJudge for metrics that must not increase (spinnaker/kayenta a69573be,
 * NetflixACAJudge.scala, MannWhitneyClassifier.scala, WeightedSumScorer.scala).
 */
import { shiftOf } from './peers-mann-whitney.ts';
import { normal, randomOf } from './random.ts';

export type MetricValues = {
  readonly group: 'errors' | 'latency';
  readonly canary: readonly number[];
  readonly baseline: readonly number[];
};

/** `error`: the test could not be made, which the score leaves out. */
export type Classification = 'pass' | 'high' | 'error';

/** Part of the estimated shift that the shift must surely exceed. */
const TOLERANCE = 0.25;
const WEIGHT = 50;
const GROUPS = ['errors', 'latency'] as const;

/** 0…100: each group's share of metrics that pass, by its weight. */
export function scoreOf(metrics: readonly MetricValues[], allowedIncrease: number): number {
  let score = 0;
  for (const group of GROUPS) {
    const verdicts = metrics
      .filter((metric) => metric.group === group)
      .map((metric) => classify(metric, allowedIncrease))
      .filter((verdict) => verdict !== 'error');
    const passed = verdicts.filter((verdict) => verdict === 'pass').length;
    score += verdicts.length === 0 ? WEIGHT : (WEIGHT * passed) / verdicts.length;
  }
  return Math.round(score * 100) / 100;
}

/** `allowedIncrease`: ratio of the means from which on an increase matters. */
export function classify(
  { canary, baseline }: Pick<MetricValues, 'canary' | 'baseline'>,
  allowedIncrease: number,
): Classification {
  // Kind to it: with nanStrategy "replace" a metric without data passes. By default it would count
  // as missing, and a stage in which half of the metrics are would score 0.
  if (canary.length === 0 || baseline.length === 0) return 'pass';
  const [distinctCanary, distinctBaseline] = [new Set(canary).size, new Set(baseline).size];
  if (distinctCanary === 1 && distinctBaseline === 1) {
    if (canary[0] === baseline[0]) return 'pass';
    return compare(blurred(canary), blurred(baseline), allowedIncrease);
  }
  return compare(canary, baseline, allowedIncrease);
}

function compare(
  canary: readonly number[],
  baseline: readonly number[],
  allowedIncrease: number,
): Classification {
  const shift = shiftOf(canary, baseline);
  if (shift === null) return 'error';
  if (shift.lower <= TOLERANCE * Math.abs(shift.estimate)) return 'pass';
  // Over a mean of 0 every increase is exceeded, as in the source.
  return meanOf(canary) / meanOf(baseline) >= allowedIncrease ? 'high' : 'pass';
}

/** The source blurs values that are all the same by a hundred-thousandth, with chance of its own. */
function blurred(values: readonly number[]): readonly number[] {
  const random = randomOf(values.length);
  return values.map((value) => value + value * 1e-5 * normal(random));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
