/**
 * Argo Rollouts, one background analysis of the success rate for the whole rollout
 * (argoproj/argo-rollouts 9f8d111d, analysis/analysis.go, docs/features/analysis.md): a query that
 * returns nothing is an error, and only errors in a row count.
 */
import { peer } from './peers-rows.ts';
import type { Rule } from './types.ts';

const SUCCESS_RATE = 0.95;
/** utils/defaults/defaults.go */
const CONSECUTIVE_ERROR_LIMIT = 4;

export const ARGO = argo('Argo (≥ 95 %, failureLimit 3)', 3);
export const ARGO_STRICT = argo('Argo (≥ 95 %, failureLimit 0)', 0);

function argo(name: string, failureLimit: number): Rule {
  return peer(name, () => {
    let [failures, errorsInARow] = [0, 0];
    return (fresh) => {
      const row = fresh.at(-1);
      if (row === undefined) return 'pass';
      const requests = row.canary?.requests ?? 0;
      errorsInARow = requests === 0 ? errorsInARow + 1 : 0;
      if (requests > 0 && 1 - (row.canary?.errors ?? 0) / requests < SUCCESS_RATE) failures += 1;
      const isOver = failures > failureLimit || errorsInARow > CONSECUTIVE_ERROR_LIMIT;
      return isOver ? 'fail' : 'pass';
    };
  });
}
