/** Does the canary's memory grow towards its limit? (judging.md 6.6) */
import type { Findings } from './findings.ts';
import { memoryTrend } from './guards.ts';
import { memoryOf } from './stage-facts.ts';
import { unmeasured } from './told.ts';
import { durationText, rateText } from '../report/report-numbers.ts';
import type { Check } from '../judging-types.ts';

/** As many as the guard looks at. */
const ROWS = 12;
const NEWEST = 4;

/** Only where memory is measured: it is a guard, and asks for no data. */
export function memoryCheck({ rows, stage, ruling, look }: Findings): readonly Check[] {
  const visible = rows.filter((row) => row.visible);
  const points = memoryOf(visible);
  const canary = points.flatMap((point) => point.canary ?? []).slice(-ROWS);
  const baseline = points.flatMap((point) => point.baseline ?? []).slice(-NEWEST);
  const trend = memoryTrend(points);
  const [first] = canary;
  const latest = mean(canary.slice(-NEWEST));
  const stable = mean(baseline);
  if (first === undefined || latest === null || stable === null || trend === null) {
    return canary.length === 0
      ? []
      : [unmeasured('memory', 'Memory has been measured for too short a time to see a trend.')];
  }
  const alarm = ruling.verdict === 'fail' && stage.memoryAlarm;
  const verdict = alarm ? 'fail' : ruling.verdict === 'pass' ? 'pass' : 'unknown';
  const span = durationText(canary.length * look.samplePeriod);
  const ahead = durationText(120 * look.samplePeriod);
  const text = (percent: number): string => rateText(percent / 100);
  const why = stage.memoryAlarm
    ? `Memory rose from ${text(first)} to ${text(latest)} of the limit in ${span} and would reach it within ${ahead}; the stable revision stays at ${text(stable)}.`
    : `Memory ${text(latest)} of the limit on the canary against ${text(stable)} on the stable revision (last ${span}): not growing towards it.`;
  return [
    {
      metric: 'memory',
      verdict,
      canary: latest,
      baseline: stable,
      limit: null,
      logEvidence: null,
      why,
    },
  ];
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length;
}
