/** What the demo plays: two rollouts, one that must succeed and one that must be undone. */
import { parseArgs } from 'node:util';

export type Act = {
  readonly name: 'good' | 'bad';
  readonly title: string;
  /** What the canary runs; the words are explained in the sandbox's revisions.ts. */
  readonly image: string;
  /** Runs of a workflow have numbers of their own, and the canary is named after it. */
  readonly runId: number;
};

const GOOD: Act = {
  name: 'good',
  title: 'A good canary',
  image: 'sandbox/app:v2',
  runId: 19_482_736_450,
};

/** Healthy when it is probed; 30 % errors as soon as it is four seconds old, with users on it. */
const BAD: Act = {
  name: 'bad',
  title: 'A bad canary',
  image: 'sandbox/app:v3_late-errors-4s',
  runId: 19_482_736_451,
};

export const USAGE = `npm run demo [-- [good|bad] [--image sandbox/app:WORDS]]

  good, bad   plays only the one rollout; both, one after the other, when left out
  --image     what the canary runs instead (of the two: the bad one)`;

/** Throws with a sentence for the person who typed it. */
export function actsFrom(words: readonly string[]): readonly Act[] {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: { image: { type: 'string' } },
    allowPositionals: true,
  });
  const [only, ...others] = positionals;
  if (others.length > 0) throw new Error(`'${others.join(' ')}' is one word too many.`);
  const { image } = values;
  const good = image !== undefined && only === 'good' ? { ...GOOD, image } : GOOD;
  const bad = image === undefined ? BAD : { ...BAD, image };
  switch (only) {
    case undefined:
      return [good, bad];
    case 'good':
      return [good];
    case 'bad':
      return [bad];
    default:
      throw new Error(`'${only}' is neither 'good' nor 'bad'.`);
  }
}
