/**
 * Keeps the looks and transitions of a rollout for the report that others can check. What it keeps
 * is bounded: a stage may last for a week, and each look has the whole table again.
 */
import { planFor } from '../core/rollout/plan.ts';
import { sharing } from '../core/trace/sharing.ts';
import type { Looked, Trace, TracedLook, Transition } from '../core/trace/trace-types.ts';
import type { Goal } from '../core/decision-types.ts';
import type { Observation } from '../core/judging-types.ts';
import type { Plan, ServiceSnapshot } from '../core/types.ts';
import type { Observer } from './loop.ts';

/** Sixteen hours of looks every minute; of longer rollouts the latest, and those with data. */
const MOST_LOOKS = 1_000;
/** Three of each stage, if there are as many stages as there may be. */
const MOST_DATA = 60;
const MOST_TRANSITIONS = 100;

export class Ledger implements Observer {
  #goal: Goal | null = null;
  #plan: Plan | null = null;
  #latest: Observation | null = null;
  readonly #looks: TracedLook[] = [];
  readonly #transitions: Transition[] = [];
  #forgottenLooks = 0;
  #forgottenTransitions = 0;

  /** What this process is for, once that is known. */
  follow(goal: Goal): void {
    this.#goal = goal;
    this.#plan = goal.kind === 'drive' ? goal.plan : null;
  }

  turn(service: ServiceSnapshot): void {
    const { record } = service;
    this.#plan =
      this.#goal?.kind === 'drive' ? planFor(this.#goal, service) : (service.plan ?? this.#plan);
    if (typeof record === 'string') return;
    const last = this.#transitions.at(-1);
    if (last?.transition === record.transition && last.at === record.at) return;
    const { rolloutId, transition, at, phase, stage, reason, owner, attempt, percents } = record;
    const percent = percents[stage] ?? 0;
    const place = { phase, stage, percent };
    this.#transitions.push({ rolloutId, transition, at, ...place, reason, owner, attempt });
    if (this.#transitions.length <= MOST_TRANSITIONS) return;
    this.#transitions.shift();
    this.#forgottenTransitions += 1;
  }

  looked({ at, stage, observation, judging, look, judgement }: Looked): void {
    const shared = sharing(observation, this.#latest);
    this.#latest = shared;
    const { observation: _, notices: __, ...said } = judgement;
    const { from, to } = observation;
    const percent = look.stages.at(-1)?.percent ?? 0;
    const data = { observation: shared, judging, look };
    this.#forgetData(stage);
    this.#looks.push({ ...said, at, stage, percent, from, to, closed: look.closed, data });
    if (this.#looks.length <= MOST_LOOKS) return;
    // Of those with data there are never so many.
    this.#looks.splice(
      this.#looks.findIndex((one) => one.data === null),
      1,
    );
    this.#forgottenLooks += 1;
  }

  remark(): void {
    // Said in the log, and decides nothing.
  }

  trace(): Trace {
    return {
      plan: this.#plan,
      looks: [...this.#looks],
      transitions: [...this.#transitions],
      forgotten: { looks: this.#forgottenLooks, transitions: this.#forgottenTransitions },
    };
  }

  /** Data stay with the last look of a stage, and with each that came to something new. */
  #forgetData(stage: number): void {
    const [previous, newest] = [this.#looks.at(-2), this.#looks.at(-1)];
    const isNothingNew = newest?.stage === stage && sameSaid(previous, newest);
    if (isNothingNew) this.#looks[this.#looks.length - 1] = { ...newest, data: null };
    const withData = this.#looks.flatMap(({ data }, index) => (data === null ? [] : [index]));
    if (withData.length < MOST_DATA) return;
    const oldest = withData.find((index) => !this.#isLastOfStage(index)) ?? withData[0] ?? 0;
    const look = this.#looks[oldest];
    if (look !== undefined) this.#looks[oldest] = { ...look, data: null };
  }

  #isLastOfStage(index: number): boolean {
    return this.#looks[index]?.stage !== this.#looks[index + 1]?.stage;
  }
}

function sameSaid(one: TracedLook | undefined, other: TracedLook): boolean {
  return one?.stage === other.stage && one.verdict === other.verdict && one.reason === other.reason;
}
