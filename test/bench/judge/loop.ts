/** One rollout under one rule, minute by minute (benchmark.md, 4). */
import type { LoggedMinute } from '../../../src/core/judging-types.ts';
import { isHarmless } from './faults.ts';
import type { Rollout } from './rollout.ts';
import { AFTERMATH, DELAY, LONGEST } from './schedule.ts';
import type { Moment } from './true-rates.ts';
import type { Look, Rule, SeenRow, TruthRow } from './types.ts';

export type Ending = {
  readonly outcome: 'rolled-back' | 'promoted' | 'timeout';
  /** Minutes from the first live stage to this outcome. */
  readonly minutes: number;
  /** Requests that were expected to fail, or to be slow, because of the fault. */
  readonly blast: number;
  /** First minute in which the fault hurt. null: it never did before the outcome. */
  readonly onset: number | null;
};

export function play(rollout: Rollout, rule: Rule): Ending {
  const { cell, history, decodesAnew } = rollout;
  const { schedule } = rule;
  const percents = schedule.percents(history);
  const known = { environment: cell.environment, fault: cell.fault };
  const watch = rule.start({ history, percents, decodesAnew, known });
  const table = tableOf(rollout, rule, percents);
  const blast = blastOf(rollout);
  let [stage, stageFrom] = [0, 0];
  for (let minute = 0; minute < LONGEST; minute += 1) {
    const moment = { minute, percent: percents[stage] ?? 100, age: minute - stageFrom };
    blast.add(moment);
    const seen = table.live(moment);
    const bakeOver = minute - stageFrom + 1 >= schedule.bake;
    const answer = watch.look({ minute, stage, stageFrom, percents, bakeOver, ...seen });
    if (answer === 'fail') return blast.ending('rolled-back', minute + 1);
    if (answer === 'wait' || (schedule.pace === 'fixed' && !bakeOver)) continue;
    [stage, stageFrom] = [stage + 1, minute + 1];
    if (stage === percents.length) return promoted(blast, stageFrom);
  }
  return blast.ending('timeout', LONGEST);
}

function promoted(blast: Blast, minutes: number): Ending {
  const { onset } = blast.ending('promoted', minutes);
  for (let age = 0; age < AFTERMATH; age += 1) {
    blast.add({ minute: minutes + age, percent: 100, age });
  }
  return { ...blast.ending('promoted', minutes), onset };
}

/** What can be seen so far; it grows with every minute that is lived. */
function tableOf(
  rollout: Rollout,
  { reads }: Rule,
  percents: readonly number[],
): { live(moment: Moment): Pick<Look, 'visible' | 'truth' | 'log'> } {
  const lived: Moment[] = [];
  const visible: SeenRow[] = [];
  const truth: TruthRow[] = [];
  const log: LoggedMinute[] | null = reads === 'metrics' ? null : [];
  return {
    live(moment) {
      lived.push(moment);
      const seen = lived[moment.minute - DELAY];
      if (seen !== undefined) {
        truth.push(rollout.truth(seen));
        visible.push(seenRow(rollout, seen, { lived, percents }));
      }
      const logged = lived[moment.minute - rollout.cell.environment.logLate];
      if (log !== null && logged !== undefined) log.push(rollout.logged(logged));
      return { visible, truth, log };
    },
  };
}

function seenRow(
  rollout: Rollout,
  moment: Moment,
  { lived, percents }: { readonly lived: readonly Moment[]; readonly percents: readonly number[] },
): SeenRow {
  const row = rollout.row(moment, lived[moment.minute - 1] ?? null);
  return {
    minute: moment.minute,
    stage: percents.indexOf(moment.percent),
    share: moment.percent / 100,
    sinceChange: moment.age,
    canary: row.canary,
    baseline: row.baseline,
    row,
  };
}

type Blast = {
  add(moment: Moment): void;
  ending(outcome: Ending['outcome'], minutes: number): Ending;
};

function blastOf(rollout: Rollout): Blast {
  const { fault } = rollout.cell;
  let blast = 0;
  let onset: number | null = null;
  return {
    add(moment) {
      if (fault === null) return;
      const { minute, percent } = moment;
      blast += rollout.harm(moment);
      if (onset === null && !isHarmless(fault.at(minute, percent))) onset = minute;
    },
    ending: (outcome, minutes) => ({ outcome, minutes, blast, onset }),
  };
}
