/** Which of its stages a report speaks of. */
import type { Report, StageReport } from './report-model.ts';

/** The stages that are watched: all but the 0 % one, which is proved by probes. */
export function watched(report: Report): readonly StageReport[] {
  return report.stages.filter((stage) => stage.percent > 0);
}

/** The stage at work, or the last one that was. */
export function currentStage(report: Report): StageReport | null {
  return (
    report.stages.find((stage) => stage.state === 'running') ??
    report.stages.findLast((stage) => stage.startedAt !== null) ??
    null
  );
}

/** The stage whose judgement settled the matter: the failed one, else the last that was judged. */
export function decidingStage(report: Report): StageReport | null {
  const judged = report.stages.filter((stage) => stage.judgement !== null);
  return judged.findLast((stage) => stage.judgement?.verdict === 'fail') ?? judged.at(-1) ?? null;
}
