/** The post step: restores what a cancelled, failed or killed main left active. Silent otherwise. */
import type { Goal } from '../core/decision-types.ts';
import { Problem } from '../core/problem.ts';
import type { ProblemCode } from '../core/problem.ts';
import { isGoodEnding } from '../core/rollout/outcome.ts';
import { runCleanUp } from '../engine/clean-up.ts';
import { sweepClones } from '../engine/sweep.ts';
import { Story } from '../engine/story.ts';
import { callerOf } from './caller.ts';
import type { Host } from './host.ts';
import { careful, writeSummary } from './publish.ts';
import { openReporter, postReporting } from './reporting.ts';
import { readAccess } from './setup.ts';
import { tellOnceMore } from './untold.ts';
import { openPorts } from './wiring.ts';

/** A problem's own words are in the log, where they are masked; here is what they were about. */
const CAUSES: Readonly<Record<ProblemCode, string>> = {
  'bad-input': 'an input was wrong',
  preflight: 'something was not as a rollout needs it',
  'bad-credentials': 'the credentials did not work',
  denied: 'a permission is missing',
  'service-missing': 'the service was not found',
  'bad-answer': 'an answer could not be understood',
  unreachable: 'an address did not answer',
  'revision-name-taken': "the canary's name was taken",
  'write-refused': 'Cloud Run refused a write',
  conflicts: 'the service did not take a write in time',
  ended: 'it waited in vain',
  internal: 'of a fault of its own',
};

/** true: nothing is left open by this attempt. @throws Problem when that cannot be found out. */
export async function cleanUp(host: Host): Promise<boolean> {
  const { runner, cancel } = host;
  const state = runner.readState();
  // Main never came as far as its first write, or it saw its rollout through.
  if (state === null || state.done) return true;
  const context = await runner.context();
  const caller = callerOf(state.service, context);
  if (caller.rolloutId !== state.rolloutId || caller.attempt !== state.attempt) return true;
  if (state.untold !== null) {
    await tellOnceMore(host, state, { context, untold: state.untold });
    return true;
  }
  runner.group('Cleaning up after a rollout that did not finish');
  const access = await readAccess(runner, context, state.service.region);
  const shown = postReporting(runner, { ref: state.service, checkName: state.checkName });
  const reporter = openReporter(host, shown, context);
  const { brokeOff, doom, underWay } = state;
  const reason = brokeOff === null ? 'cancelled' : 'broke-off';
  const goal: Goal = { kind: 'clean-up', reason, doom };
  const notices = [
    ...(brokeOff === null ? [] : [`The run broke off: ${CAUSES[brokeOff]}. Its log says more.`]),
    ...(doom === null
      ? []
      : [`The run was undoing ${canaryOf(doom.rollout)} when it ended. ${doom.why}`]),
  ];
  const about = { ref: state.service, caller, goal, notices, forecast: null };
  const story = new Story({ ...about, log: runner, reporter });
  const ports = openPorts(access, state.service, { ...host, undoes: true });
  const errand = { goal, caller, ports, observer: story, cancel };
  const ending = await runCleanUp(errand, underWay).catch(unlessMissing);
  if (ending === null) {
    runner.line('The service does not exist any more, so nothing is left to clean up.');
    return true;
  }
  const attempt = careful(runner);
  const report = await attempt(() => story.end(ending));
  if (report !== null) await attempt(() => writeSummary(runner, report));
  await attempt(() => reporter.flush());
  await sweepClones({ ...ports, log: runner }, ending);
  const isGood = isGoodEnding(ending, goal);
  const advice = 'Look at the traffic of the service by hand.';
  if (!isGood) runner.fail(new Problem('ended', { summary: ending.why, advice }));
  return isGood;
}

/** Of the key of a rollout: it may not be the one that is reported. */
function canaryOf(rollout: string): string {
  return rollout.split(':').at(-1) ?? '';
}

/** null: there is no service. Main has seen it go, and failed for that. */
function unlessMissing(error: unknown): null {
  if (error instanceof Problem && error.code === 'service-missing') return null;
  throw error;
}
