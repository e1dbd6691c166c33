/**
 * A start ends first what somebody else has abandoned. Its story is told in the log and in that
 * rollout's own check run (L6), and only if there is one. Nothing depends on it.
 */
import type { Caller, Goal } from '../core/decision-types.ts';
import type { ServiceRef } from '../core/types.ts';
import type { CheckReporter } from '../edges/github-reporter.ts';
import type { Ending, Observer } from '../engine/loop.ts';
import type { Log } from '../engine/ports.ts';
import { Story } from '../engine/story.ts';

/** Of whoever proves nothing: a start before it begins, a status. It ends no more than anybody may. */
export const NOBODY_DEAD: Goal = { kind: 'reconcile', dead: null };

export type Clearing = Observer & {
  end(ending: Ending): void;
  flush(): Promise<void>;
};

export type ClearingOptions = {
  readonly ref: ServiceRef;
  readonly caller: Caller;
  readonly log: Log;
  /** Of the rollout that is to begin: an earlier attempt of its run has the same check run. */
  readonly own: CheckReporter;
  readonly openAnother: () => CheckReporter;
};

export function watchClearing(o: ClearingOptions): Clearing {
  let story: Story | null = null;
  let another: CheckReporter | null = null;
  const reporterOf = (rolloutId: string): CheckReporter => {
    if (rolloutId === o.caller.rolloutId) return o.own;
    another ??= o.openAnother();
    return another;
  };
  const open = (): Story =>
    new Story({
      ...o,
      goal: NOBODY_DEAD,
      notices: [],
      forecast: null,
      reporter: { update: (report) => reporterOf(report.rolloutId).update(report) },
    });
  return {
    turn(service, memory, decision) {
      if (decision.do === 'write') story ??= open();
      story?.turn(service, memory, decision);
    },
    remark: (text) => o.log.line(text),
    end(ending) {
      try {
        const report = story?.end(ending) ?? null;
        if (report === null) return;
        const { rolloutId, phase, stable } = report;
        o.log.notice(`Rollout ${rolloutId} was abandoned: ${phase}, for ${stable}.`);
      } catch {
        // The start that comes next does not hang on what is told of another rollout (S15).
      }
    },
    async flush() {
      await another?.flush();
    },
  };
}
