/** Why a rollout ended as it did, or is held, in the words that fit what was measured. */
import { isUndecided } from '../judge/verdict.ts';
import type { Report } from './report-model.ts';
import { decidingStage } from './report-stage.ts';
import { reasonWords } from './report-words.ts';
import type { ReasonWords } from './report-words.ts';

/** The record knows that there was no verdict in time, and the judgement whether data were the cause. */
const UNDECIDED: ReasonWords = {
  because: 'the data allowed no verdict in time',
  short: 'no verdict in time',
};

/** null: nothing is known of it. */
export function reasonOf(report: Report): ReasonWords | null {
  const { reason } = report;
  if (reason === null) return null;
  const judged = decidingStage(report)?.judgement ?? null;
  const hadData = judged !== null && isUndecided(judged.reason);
  return reason === 'unknown-at-deadline' && hadData ? UNDECIDED : reasonWords(reason);
}
