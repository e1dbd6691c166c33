/** `stages: auto`: the ramp that the benchmark measured, without the stages that could show nothing. */
import type { MetricTiming } from '../judging-types.ts';
import type { Percent, Stage } from '../types.ts';

const PERCENTS = [1, 5, 25, 50] as const;
const MINUTE = 60_000;
/** Three rows of warm-up, and three that are judged: the floor of a stage (judging.md 6.3). */
const LEAST_PERIODS = 6;
const PERIODS = 12;

type Ramp = readonly [Stage, ...Stage[]];

/** With Cloud Run's sample period of a minute, and before anything is known of the service. */
export const AUTO_RAMP: Ramp = rampOf(MINUTE);

/**
 * A stage too thin to bring the canary `minRequests` requests proves nothing and costs its time: it
 * is left out. The last stage stays, whatever it brings.
 * @param requestsPerPeriod of the whole service; null: not known, so no stage is left out.
 */
export function autoStages(
  timing: MetricTiming,
  requestsPerPeriod: number | null,
  minRequests: number,
): Ramp {
  const ramp = rampOf(timing.samplePeriod);
  const expected = ({ percent }: Stage): number =>
    requestsPerPeriod === null ? Infinity : (percent / 100) * requestsPerPeriod * PERIODS;
  const first = ramp.findIndex((stage) => expected(stage) >= minRequests);
  const [head, ...rest] = ramp.slice(first);
  return head === undefined ? ramp : [head, ...rest];
}

function rampOf(samplePeriod: number): Ramp {
  const stage = (percent: Percent): Stage => ({
    percent,
    bake: PERIODS * samplePeriod,
    least: LEAST_PERIODS * samplePeriod,
    gate: false,
  });
  const [head, ...rest] = PERCENTS;
  return [stage(head), ...rest.map(stage)];
}
