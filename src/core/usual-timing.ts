import type { MetricTiming } from './judging-types.ts';

/** As Cloud Run's metrics are documented: in force where nobody says otherwise. */
export const USUAL_TIMING: MetricTiming = { samplePeriod: 60_000, ingestDelay: 180_000 };
