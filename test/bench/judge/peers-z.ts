/** The two-proportion z test of textbooks, once at the end of a stage or every minute of it. */
import type { Counts } from '../../../src/core/judge/count-evidence.ts';
import { NO_ROWS, failed, pastSum, peer, slow, slowBucket, withRow } from './peers-rows.ts';
import type { Rule } from './types.ts';

/** 5 % on both sides. */
const CRITICAL = 1.96;
/** Slow: above the bound that one past request in twenty exceeded. */
export const SLOW_PART = 0.05;

export const FIXED_HORIZON_Z = zTest('Fixed-horizon two-proportion z, 5 % a stage', 'at the end');
export const PEEKING_Z = zTest('Naive peeking z, 5 %, every minute', 'every minute');

function zTest(name: string, looks: 'at the end' | 'every minute'): Rule {
  return peer(name, ({ history }) => {
    const bucket = slowBucket(pastSum(history), SLOW_PART);
    let [stage, ofStage] = [0, NO_ROWS];
    return (fresh, now) => {
      if (now.stage !== stage) [stage, ofStage] = [now.stage, NO_ROWS];
      for (const row of fresh) if (row.stage === stage) ofStage = withRow(ofStage, row);
      if (looks === 'at the end' && !now.bakeOver) return 'wait';
      const slower = bucket === null ? 0 : pooledZ(slow(ofStage, bucket));
      return Math.max(pooledZ(failed(ofStage)), slower) > CRITICAL ? 'fail' : 'pass';
    };
  });
}

/** How many standard errors the canary's share lies above the baseline's; 0: they cannot differ. */
export function pooledZ({ canary, canaryOf, baseline, baselineOf }: Counts): number {
  if (canaryOf === 0 || baselineOf === 0) return 0;
  const pooled = (canary + baseline) / (canaryOf + baselineOf);
  const variance = pooled * (1 - pooled) * (1 / canaryOf + 1 / baselineOf);
  return variance > 0 ? (canary / canaryOf - baseline / baselineOf) / Math.sqrt(variance) : 0;
}
