/** The report for machines, twice: the whole of it in a file, and what an output can hold. */
import type { Report } from '../core/report/report-model.ts';
import { FILE_BYTES, reportJson } from '../core/report/report-json.ts';
import type { Queries, Trace } from '../core/trace/trace-types.ts';
import type { ServiceRef } from '../core/types.ts';
import { errorFilter } from '../edges/logging-call.ts';
import { seriesQueries } from '../edges/monitoring-call.ts';
import type { Runner } from '../edges/runner.ts';

export async function keepReport(
  runner: Pick<Runner, 'writeReport'>,
  report: Report,
  trace: Trace,
): Promise<{ readonly report_json: string; readonly report_path: string }> {
  const traced = { trace, queries: trace.looks.length === 0 ? null : queriesOf(report.service) };
  return {
    report_json: reportJson(report, traced),
    report_path: await runner.writeReport(reportJson(report, traced, FILE_BYTES)),
  };
}

function queriesOf(ref: ServiceRef): Queries {
  return { monitoring: seriesQueries(ref), logging: { filter: errorFilter(ref) } };
}
