/**
 * A report without secrets, taken out before anything is rendered: a secret that has been escaped or
 * cut on the way is not found any more. Ids, times and the words of ours by which a report is looked
 * up stay as they are; what is rendered is looked through once more.
 */
import type { Dispatch } from '../decision-types.ts';
import type { Forecast } from '../forecast/forecast-types.ts';
import type { Judgement } from '../judging-types.ts';
import type { Finding } from '../problem.ts';
import type { Report, StageReport } from './report-model.ts';

type Redact = (text: string) => string;

export function redactedReport(report: Report, redact: Redact): Report {
  const { forecast, refusal, outlook, stages, served } = report;
  const { why, said, stable, canary, clone, image, tag, url, canaryUrl } = report;
  const texts = { why, said, stable, canary, clone, image, tag, url, canaryUrl };
  return {
    ...report,
    ...inEach(texts, redact),
    served: Object.fromEntries(
      Object.entries(served).map(([name, percent]) => [redact(name), percent]),
    ),
    stages: stages.map((stage) => inStage(stage, redact)),
    notices: report.notices.map(redact),
    forecast: forecast === null ? null : inForecast(forecast, redact),
    refusal:
      refusal === null
        ? null
        : {
            findings: refusal.findings.map((finding) => inFinding(finding, redact)),
            advice: redact(refusal.advice),
            commands: refusal.commands.map(redact),
          },
    outlook: {
      ...outlook,
      dispatch: outlook.dispatch === null ? null : inDispatch(outlook.dispatch, redact),
    },
  };
}

function inEach<Key extends string>(
  texts: Readonly<Record<Key, string>>,
  redact: Redact,
): Readonly<Record<Key, string>>;
function inEach(texts: Readonly<Record<string, string>>, redact: Redact) {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, redact(text)]));
}

function inStage(stage: StageReport, redact: Redact): StageReport {
  const { judgement, note } = stage;
  return {
    ...stage,
    note: redact(note),
    judgement: judgement === null ? null : inJudgement(judgement, redact),
  };
}

function inJudgement(judgement: Judgement, redact: Redact): Judgement {
  const { why, notices, checks } = judgement;
  return {
    ...judgement,
    why: redact(why),
    notices: notices.map(redact),
    checks: checks.map((check) => ({ ...check, why: redact(check.why) })),
  };
}

function inFinding(finding: Finding, redact: Redact): Finding {
  const { subject, value, wrong, advice, command } = finding;
  return {
    ...inEach({ subject, wrong, advice }, redact),
    value: value === null ? null : redact(value),
    ...(command === undefined ? {} : { command: redact(command) }),
  };
}

function inDispatch({ workflow, ref, inputs }: Dispatch, redact: Redact): Dispatch {
  return { ...inEach({ workflow, ref }, redact), inputs: inEach(inputs, redact) };
}

function inForecast(forecast: Forecast, redact: Redact): Forecast {
  const { acceptance, changes, commits } = forecast;
  const inValue = (value: string | null): string | null => (value === null ? null : redact(value));
  return {
    ...forecast,
    acceptance:
      acceptance?.kind === 'untried' ? { ...acceptance, why: redact(acceptance.why) } : acceptance,
    changes:
      changes?.map((change) => ({
        ...change,
        name: redact(change.name),
        from: inValue(change.from),
        to: inValue(change.to),
      })) ?? null,
    commits: commits === null ? null : inCommits(commits, redact),
  };
}

function inCommits(
  commits: NonNullable<Forecast['commits']>,
  redact: Redact,
): NonNullable<Forecast['commits']> {
  const { log } = commits;
  if (log === null) return commits;
  const shown = log.shown.map(({ sha, subject }) => ({ sha, subject: redact(subject) }));
  return { ...commits, log: { ...log, shown } };
}
