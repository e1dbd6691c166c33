/** Schedules and constants of the loop (benchmark.md, 4). */
import type { Schedule } from './types.ts';

/** Rows become visible this many minutes late. */
export const DELAY = 3;
/** Later than this a rollout has timed out. */
export const LONGEST = 380;
/** So long a promoted canary goes on hurting. */
export const AFTERMATH = 30;

/** action.yml; a stage ends when the data of its ten minutes are there. */
export const DEFAULTS: Schedule = {
  pace: 'fixed',
  bake: 10 + DELAY,
  percents: () => [5, 20, 50],
};

const STAGES: readonly number[] = [1, 5, 25, 50];
/** 12 visible rows and the delay. */
const BAKE = 15;

export const FIXED: Schedule = { pace: 'fixed', bake: BAKE, percents: () => STAGES };
export const ADAPTIVE: Schedule = { pace: 'adaptive', bake: BAKE, percents: () => STAGES };

/** Requests of the canary that the judge as shipped asks for in a stage. */
export const ENOUGH = 20;

/** Leaves out the stages in which 12 rows are expected to hold fewer. */
export const WITHOUT_THIN_STAGES: Schedule = {
  ...FIXED,
  percents(history) {
    const requests = history.reduce((sum, { cell }) => sum + cell.requests, 0);
    const inTwelve = (12 * requests) / Math.max(1, history.length);
    const enough = STAGES.filter((percent) => (inTwelve * percent) / 100 >= ENOUGH);
    return enough.length > 0 ? enough : STAGES.slice(-1);
  },
};
