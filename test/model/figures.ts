/** The last line of `npm run model`, for programs. */
import { MUTATIONS } from './mutations.ts';

export type Explored = {
  readonly states: number;
  readonly transitions: number;
  readonly violations: number;
};

export function figuresOf({ states, transitions, violations }: Explored, mutationsCaught: number) {
  return { states, transitions, violations, mutationsCaught, mutations: MUTATIONS.length };
}
