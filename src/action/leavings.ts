/** What main leaves to its post step, saved whenever it changes: a runner that is killed says nothing more. */
import type { Caller, Doom, Goal } from '../core/decision-types.ts';
import type { Request } from '../core/inputs/inputs.ts';
import type { PostState } from '../edges/runner-state.ts';
import type { Runner } from '../edges/runner.ts';
import type { Observer } from '../engine/loop.ts';

/** Without `underWay`, what was sent last and not answered. */
type How = Pick<PostState, 'done' | 'brokeOff' | 'untold'> & Partial<Pick<PostState, 'underWay'>>;

export const AT_WORK: How = { done: false, brokeOff: null, untold: null };

export class Leavings {
  readonly #runner: Pick<Runner, 'saveState' | 'redact'>;
  readonly #request: Pick<Request, 'ref' | 'checkName' | 'isDryRun'>;
  readonly #caller: Caller;
  #doom: PostState['doom'] = null;
  #underWay: PostState['underWay'] = null;

  constructor(
    runner: Pick<Runner, 'saveState' | 'redact'>,
    request: Pick<Request, 'ref' | 'checkName' | 'isDryRun'>,
    caller: Caller,
  ) {
    this.#runner = runner;
    this.#request = request;
    this.#caller = caller;
  }

  /** Only who drives can leave something open behind. */
  save(goal: Goal, how: How): void {
    const { ref, checkName, isDryRun } = this.#request;
    if (goal.kind !== 'drive' || isDryRun) return;
    const { rolloutId, attempt } = this.#caller;
    const known = { service: ref, rolloutId, attempt, checkName };
    this.#runner.saveState({ ...known, doom: this.#doom, underWay: this.#underWay, ...how });
  }

  /** What main has found bad is bad for its post step, too (S10), and what it sent may still come. */
  watch(goal: Goal): Observer {
    return {
      turn: () => undefined,
      remark: () => undefined,
      doomed: ({ reason, why, rollout }: Doom) => {
        this.#doom = { reason, why: this.#runner.redact(why), rollout };
        this.save(goal, AT_WORK);
      },
      unanswered: (version) => {
        this.#underWay = version;
        this.save(goal, AT_WORK);
      },
    };
  }
}
