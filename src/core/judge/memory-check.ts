/** What the memory guard has found, in numbers and a sentence. */
import type { Findings } from './findings.ts';
import { AHEAD, isThere } from './memory-guard.ts';
import { unmeasured } from './told.ts';
import { durationText, rateText } from '../report/report-numbers.ts';
import type { Check } from '../judging-types.ts';

/** Only where memory is measured: it is a guard, and asks for no data. */
export function memoryCheck({ memory, judging, ruling, look }: Findings): readonly Check[] {
  const { maxMemory } = judging;
  if (memory === null || maxMemory === null) return [];
  const { trend, alarm, rows } = memory;
  if (trend === null) {
    return rows.every(({ canary }) => canary === null)
      ? []
      : [unmeasured('memory', 'Memory has been measured for too short a time to see a trend.')];
  }
  const text = (percent: number): string => rateText(percent / 100);
  const convicts = alarm && ruling.verdict === 'fail';
  const span = durationText(trend.span * look.samplePeriod);
  const ahead = durationText(AHEAD * look.samplePeriod);
  const [canary, baseline, limit] = [text(trend.canary), text(trend.baseline), rateText(maxMemory)];
  const goes = isThere(trend, maxMemory)
    ? `Memory is at ${canary} of the limit, where ${limit} is allowed (last ${span})`
    : `Memory rose from ${text(trend.first)} to ${canary} of the limit in ${span} and is heading for more than ${limit} within ${ahead}`;
  const why = alarm
    ? `${goes}; the stable revision, at ${baseline}, is not.`
    : `Memory ${canary} of the limit on the canary against ${baseline} on the stable revision (last ${span}): not shown to be heading for more than ${limit} by itself.`;
  return [
    {
      metric: 'memory',
      verdict: convicts ? 'fail' : ruling.verdict === 'pass' ? 'pass' : 'unknown',
      canary: trend.canary,
      baseline: trend.baseline,
      limit: 100 * maxMemory,
      logEvidence: null,
      why,
    },
  ];
}
