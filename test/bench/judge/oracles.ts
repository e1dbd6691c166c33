/** Two rules that know the fault: how good any rule could be (benchmark.md, 6). */
import { NO_HARM } from './faults.ts';
import type { Harm } from './faults.ts';
import { knowingAll, knowingFault } from './oracle-rows.ts';
import { DEFAULTS, FIXED, WITHOUT_THIN_STAGES } from './schedule.ts';
import type { Context, Look, Rule, Schedule } from './types.ts';

const LIMIT = Math.log(100);
/** Of a healthy canary they believe that its errors have doubled. */
const SUSPECTED: Harm = { ...NO_HARM, errorsTimes: 2 };

function oracleAOf(name: string, schedule: Schedule): Rule {
  return wald(name, schedule, ({ truth }, i, { harm, known }) =>
    knowingAll(truth[i]!, harm, known.environment),
  );
}

function oracleBOf(name: string, schedule: Schedule): Rule {
  return wald(name, schedule, ({ truth, visible }, i, { harm, known }) => {
    const { canary, baseline } = visible[i]!;
    if (canary === null || baseline === null) return 0;
    return knowingFault({ canary, baseline, truth: truth[i]! }, harm, known.environment);
  });
}

export const ORACLE_A = oracleAOf('oracle A', FIXED);
export const ORACLE_A_NO_THIN_STAGES = oracleAOf(
  'oracle A, thin stages left out',
  WITHOUT_THIN_STAGES,
);
export const ORACLE_A_DEFAULTS = oracleAOf('oracle A, default stages', DEFAULTS);
export const ORACLE_B = oracleBOf('oracle B', FIXED);

type Terms = Pick<Context, 'known'> & { readonly harm: Harm };

/** A. Wald's sequential test; what it added up for a row stays. */
function wald(
  name: string,
  schedule: Schedule,
  evidence: (look: Look, row: number, terms: Terms) => number,
): Rule {
  return {
    name,
    schedule,
    reads: 'metrics',
    start({ known }) {
      let sum = 0;
      let rows = 0;
      return {
        look(look) {
          for (; rows < look.truth.length; rows += 1) {
            const { minute, share } = look.truth[rows]!;
            const harm = known.fault?.at(minute, Math.round(share * 100)) ?? SUSPECTED;
            sum += evidence(look, rows, { harm, known });
          }
          return sum >= LIMIT ? 'fail' : 'pass';
        },
      };
    },
  };
}
