/**
 * What a run leaves behind: outputs, files, job summary, and what it tells. Nothing of it may fail
 * what the rollout has come to (S15), so each part is written whatever becomes of the others.
 */
import type { Outcome } from '../core/decision-types.ts';
import { Problem } from '../core/problem.ts';
import { causeIn } from '../core/report/report-advice.ts';
import { redactedReport } from '../core/report/report-redacted.ts';
import type { Report } from '../core/report/report-model.ts';
import { outputsOf, renderSummary } from '../core/report/report.ts';
import type { Trace } from '../core/trace/trace-types.ts';
import type { Runner } from '../edges/runner.ts';
import { keepReport } from './keeping.ts';
import type { Reporting } from './reporting.ts';

export type Publishing = {
  readonly runner: Pick<
    Runner,
    'redact' | 'setOutputs' | 'warning' | 'writeReport' | 'writeSummary'
  >;
  readonly reporter: Pick<Reporting, 'flush' | 'checkRunUrl'>;
  readonly trace: () => Trace;
  /** As in deploy-cloudrun: who names a tag gets that tag's address. */
  readonly isTagGiven: boolean;
  /** What a step can be told of even where there is no report to write. */
  readonly outcome: Outcome;
};

export type Attempt = <T>(work: () => T | Promise<T>) => Promise<T | null>;

/** null: it failed. At most one warning, whatever fails; an error's own words may hold a secret. */
export function careful(runner: Pick<Runner, 'warning'>): Attempt {
  let hasWarned = false;
  return async (work) => {
    try {
      return await work();
    } catch {
      if (!hasWarned) runner.warning(UNWRITTEN);
      hasWarned = true;
      return null;
    }
  };
}

const UNWRITTEN = 'The report could not be written as a whole. The rollout is not affected.';

/** null: there is nothing to report of. GitHub may be slow, so what it has no part in comes first. */
export async function publish(publishing: Publishing, raw: Report | null): Promise<void> {
  const { runner, reporter } = publishing;
  const attempt = careful(runner);
  const report = raw === null ? null : await attempt(() => withoutSecrets(runner, raw));
  await attempt(() => writeOutputs(publishing, report, attempt));
  if (report !== null) await attempt(() => runner.writeSummary(renderSummary(report)));
  await attempt(() => reporter.flush());
  if (report !== null) {
    await attempt(() => runner.setOutputs({ check_run_url: reporter.checkRunUrl() }));
  }
}

function withoutSecrets(runner: Pick<Runner, 'redact'>, report: Report): Report {
  return redactedReport(report, (text) => runner.redact(text));
}

export async function writeSummary(
  runner: Pick<Runner, 'redact' | 'writeSummary'>,
  report: Report,
): Promise<void> {
  await runner.writeSummary(renderSummary(withoutSecrets(runner, report)));
}

async function writeOutputs(
  { runner, trace, isTagGiven, outcome }: Publishing,
  report: Report | null,
  attempt: Attempt,
): Promise<void> {
  const outputs = report && (await attempt(() => outputsOf(report)));
  if (report === null || outputs === null) return runner.setOutputs({ outcome });
  const kept = await attempt(() => keepReport(runner, report, trace()));
  const url = isTagGiven && report.canaryUrl !== '' ? report.canaryUrl : outputs.url;
  // Without the address of the check run: an empty one must not be taken for the last word.
  runner.setOutputs({ ...outputs, ...kept, url });
}

const NEXT_STEP = 'The check run and the job summary say what was measured and what to do next.';

/** The ending of a rollout that was to end otherwise; what Cloud Run says may have a cure. */
export async function unwanted(
  runner: Pick<Runner, 'warning'>,
  why: string,
  report: Report | null,
): Promise<Problem> {
  const cause = report === null ? null : await careful(runner)(() => causeIn(report));
  const advice = cause === null ? NEXT_STEP : `${cause.text} ${NEXT_STEP}`;
  const commands = cause?.commands ?? [];
  return new Problem('ended', { summary: report?.why ?? why, advice, commands });
}
