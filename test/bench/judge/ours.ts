/** The shipped judge as a rule of the benchmark. */
import { decided, judge } from '../../../src/core/judge/judge.ts';
import type {
  Judging,
  Look as JudgesLook,
  Minute,
  Observation,
  ServedStage,
} from '../../../src/core/judging-types.ts';
import { decodeAsText } from './decode.ts';
import { ADAPTIVE, DEFAULTS, DELAY, ENOUGH, FIXED, WITHOUT_THIN_STAGES } from './schedule.ts';
import type { Context, Look, Rule, Schedule } from './types.ts';
import { MINUTE, instantOf } from './wire.ts';

/** benchmark.md 4: what the prototype's tables were measured with. */
const MAIN: Judging = {
  criteria: [
    { metric: 'error-rate', max: null, maxIncrease: 0.0005 },
    { metric: 'latency-p95', max: null, maxIncrease: 0.1 },
  ],
  minRequests: 1,
  confidence: 'normal',
  onInconclusive: 'promote',
  warmUp: 3,
  maxMemory: 0.95,
};

const CAREFUL: Judging = { ...MAIN, minRequests: ENOUGH };
/** What action.yml says where nothing is given. */
export const DEFAULT_JUDGING: Judging = {
  ...CAREFUL,
  criteria: [...MAIN.criteria, { metric: 'client-error-rate', max: null, maxIncrease: 0.01 }],
};

export const OURS = ruleOf({ name: 'ours, fixed', judging: MAIN, schedule: FIXED, logs: false });
export const OURS_WITH_LOGS = ruleOf({
  name: 'ours + logs, fixed',
  judging: MAIN,
  schedule: FIXED,
  logs: true,
});
export const OURS_ADAPTIVE = ruleOf({
  name: 'ours, adaptive',
  judging: MAIN,
  schedule: ADAPTIVE,
  logs: false,
});
export const OURS_ADAPTIVE_WITH_LOGS = ruleOf({
  name: 'ours + logs, adaptive',
  judging: MAIN,
  schedule: ADAPTIVE,
  logs: true,
});
export const OURS_NO_THIN_STAGES = ruleOf({
  name: 'ours + logs, thin stages left out',
  judging: CAREFUL,
  schedule: WITHOUT_THIN_STAGES,
  logs: true,
});
export const OURS_DEFAULTS = ruleOf({
  name: 'ours, defaults (5/20/50 %, 10 min)',
  judging: DEFAULT_JUDGING,
  schedule: DEFAULTS,
  logs: false,
});
export const OURS_HOLDING = ruleOf({
  name: 'ours, on_inconclusive: hold',
  judging: { ...MAIN, onInconclusive: 'hold' },
  schedule: FIXED,
  logs: false,
});

type Variant = {
  readonly name: string;
  readonly judging: Judging;
  readonly schedule: Schedule;
  readonly logs: boolean;
};

function ruleOf({ name, judging, schedule, logs }: Variant): Rule {
  return {
    name,
    schedule,
    reads: logs ? 'metrics and logs' : 'metrics',
    start(context) {
      const stages: ServedStage[] = [];
      return {
        look(look) {
          const asked = instantOf(look.stageFrom);
          stages[look.stage] ??= { percent: look.percents[look.stage]!, asked, from: asked };
          const [first, ...later] = stages;
          const judgesLook: JudgesLook = {
            samplePeriod: MINUTE,
            stages: [first!, ...later],
            nextPercent: look.percents[look.stage + 1] ?? 100,
            closed: look.bakeOver,
            early: false,
            lapsed: look.minute - look.stageFrom + 1 >= 2 * schedule.bake,
          };
          const seen = observed(context, look);
          const { verdict, settled, logEvidence } = decided(seen, judging, judgesLook);
          if (context.decodesAnew && isReadAnew(look)) {
            const again = judge({ ...seen, minutes: readAnew(look) }, judging, judgesLook);
            const isSame = again.verdict === verdict && again.settled === settled;
            if (!isSame || again.logEvidence !== logEvidence) {
              throw new Differs(name, look.minute, [logEvidence, again.logEvidence]);
            }
          }
          if (verdict === 'fail') return 'fail';
          return verdict === 'pass' || settled ? 'pass' : 'wait';
        },
      };
    },
  };
}

function observed({ history }: Context, { visible, log, minute }: Look): Observation {
  return {
    from: instantOf(0),
    // What is younger has not arrived: the action asks for no more.
    to: instantOf(Math.max(0, minute + 1 - DELAY)),
    minutes: visible.flatMap(({ row }) => (isEmpty(row) ? [] : [row])),
    history,
    log: log === null ? null : { minutes: [...log] },
    complete: true,
  };
}

/** A minute in which nobody has a point is not in the table. */
function isEmpty({ canary, baseline }: Minute): boolean {
  return canary === null && baseline === null;
}

/** Every table of some hours anew would take longer than all rollouts that are held for hours. */
function isReadAnew({ minute }: Look): boolean {
  return minute < 100 || minute % 20 === 0;
}

function readAnew({ truth }: Look): readonly Minute[] {
  return truth.length === 0 ? [] : decodeAsText(truth);
}

class Differs extends Error {
  constructor(rule: string, minute: number, [kept, anew]: readonly (number | null)[]) {
    super(
      `${rule}, minute ${minute}: ln E is ${kept} of rows read once, ${anew} of all read anew.`,
    );
  }
}
