/** A rollout in virtual time, and the report that machines get of it. */
import { FILE_BYTES, reportJson } from '../../src/core/report/report-json.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import type { Queries, Trace } from '../../src/core/trace/trace-types.ts';
import { both } from '../../src/engine/harmless.ts';
import { Ledger } from '../../src/engine/ledger.ts';
import { runLoop } from '../../src/engine/loop.ts';
import { Story } from '../../src/engine/story.ts';
import { aCaller, aDrive } from '../unit/build.ts';
import type { World } from './world.ts';

type Drive = ReturnType<typeof aDrive>;

const SILENT = {
  group: () => undefined,
  line: () => undefined,
  notice: () => undefined,
  warning: () => undefined,
};

const QUERIES: Queries = {
  monitoring: [
    { metric: 'run.googleapis.com/request_count', filter: 'metric.type="…"', aggregation: null },
  ],
  logging: { filter: 'httpRequest.status>=500' },
};

export type Recorded = {
  readonly report: Report;
  readonly trace: Trace;
  /** What the file of it holds. */
  readonly json: string;
};

export async function recorded(world: World, goal: Drive = aDrive()): Promise<Recorded> {
  const caller = aCaller();
  const ref = { project: 'demo', region: 'europe-west1', service: 'web' };
  const reporter = { update: () => Promise.resolve() };
  const about = { ref, caller, goal, notices: [], forecast: null, log: SILENT, reporter };
  const [story, ledger] = [new Story(about), new Ledger()];
  ledger.follow(goal);
  const observer = both(story, ledger);
  const cancel = new AbortController().signal;
  const ending = await runLoop({ goal, caller, ports: world.ports(), observer, cancel });
  const report = story.end(ending)!;
  const trace = ledger.trace();
  return { report, trace, json: reportJson(report, { trace, queries: QUERIES }, FILE_BYTES) };
}
