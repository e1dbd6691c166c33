/** What a start tells of the rollout that it ends first. */
import { watchClearing } from '../../src/action/abandoned.ts';
import type { Clearing, ClearingOptions } from '../../src/action/abandoned.ts';
import type { Caller } from '../../src/core/decision-types.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import type { CheckReporter } from '../../src/edges/github-reporter.ts';
import { aCaller } from '../unit/build.ts';

export type Heard = {
  readonly clearing: Clearing;
  readonly notices: string[];
  readonly lines: string[];
  /** In the check run of the rollout that is to begin. */
  readonly own: Report[];
  /** In another check run; null: none was opened. */
  readonly another: () => readonly Report[] | null;
};

export function heard(
  caller: Caller = aCaller(),
  broken: {
    readonly notice?: (text: string) => never;
    readonly openAnother?: ClearingOptions['openAnother'];
  } = {},
): Heard {
  const notices: string[] = [];
  const lines: string[] = [];
  const own: Report[] = [];
  let another: Report[] | null = null;
  const add = (text: string) => void lines.push(text);
  const notice = broken.notice ?? ((text: string) => void notices.push(text));
  const clearing = watchClearing({
    ref: { project: 'p', region: 'europe-west1', service: 'web' },
    caller,
    log: { group: add, line: add, notice, warning: add },
    own: into(own),
    openAnother: broken.openAnother ?? (() => into((another = []))),
  });
  return { clearing, notices, lines, own, another: () => another };
}

function into(reports: Report[]): CheckReporter {
  return {
    update: async (report) => void reports.push(report),
    flush: async () => undefined,
    checkRunUrl: () => '',
    isBehind: () => false,
  };
}
