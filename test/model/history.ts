/** How a state came about: only parents are kept, so each event on the way is found again. */
import type { States } from './states.ts';
import type { Steps } from './steps.ts';

/** One event a line, from the first state to this one. */
export function historyOf(steps: Steps, states: States, index: number): readonly string[] {
  const parent = states.parent(index);
  if (parent < 0) return [];
  const from = new Uint32Array(steps.width);
  const to = new Uint32Array(steps.width);
  states.read(parent, from);
  states.read(index, to);
  const event = eventBetween(steps, from, to);
  return [...historyOf(steps, states, parent), event];
}

function eventBetween(steps: Steps, from: Uint32Array, to: Uint32Array): string {
  let found: string | null = null;
  steps.after(from, (what) => {
    if (found === null && steps.next.every((number, i) => number === to[i])) found = what;
  });
  if (found === null) throw new Error('a state has a parent that does not lead to it');
  return found;
}
