/** The report for machines: the same numbers, no sentences to parse. */
import { byteLength, cutBytes } from './markdown.ts';
import type { Report, StageReport } from './report-model.ts';
import type { Judgement } from '../judging-types.ts';
import type { Instant } from '../types.ts';

const LONGEST = 256 * 1024;
const MOST_ROWS = 40;

/** At most 256 KiB: with its sentences if they fit, else with every text cut short. */
export function reportJson(report: Report): string {
  const whole = jsonOf(report, 2000);
  return byteLength(whole) <= LONGEST ? whole : jsonOf(report, 60);
}

function jsonOf(report: Report, textBytes: number): string {
  const { stages, served, notices, now, startedAt, timing, forecast, outlook: _, ...rest } = report;
  const value = {
    version: 1,
    ...rest,
    startedAt: instantOf(startedAt),
    now: instantOf(now),
    timing,
    served: Object.fromEntries(
      Object.entries(served)
        .slice(0, MOST_ROWS)
        .map(([name, percent]) => [cutBytes(name, textBytes), percent]),
    ),
    plan: forecast === null ? null : { ...forecast, at: instantOf(forecast.at) },
    stages: stages.slice(0, MOST_ROWS).map((stage) => stageOf(stage)),
    notices: notices.slice(0, MOST_ROWS),
  };
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'string' ? cutBytes(item, textBytes) : item,
  );
}

/** The minutes stay out: a week of them would not fit, and Monitoring keeps them. */
function stageOf({ judgement, startedAt, endedAt, ...rest }: StageReport): object {
  return {
    ...rest,
    startedAt: instantOf(startedAt),
    endedAt: instantOf(endedAt),
    judgement: judgement === null ? null : judgementOf(judgement),
  };
}

function judgementOf({ observation, checks, ...rest }: Judgement): object {
  return {
    ...rest,
    checks: checks.slice(0, MOST_ROWS),
    window: {
      from: instantOf(observation.from),
      to: instantOf(observation.to),
      complete: observation.complete,
      minutes: observation.minutes.length,
    },
  };
}

/** ISO 8601, UTC. */
function instantOf(at: Instant | null): string | null {
  const date = at === null ? null : new Date(at);
  return date === null || Number.isNaN(date.getTime()) ? null : date.toISOString();
}
