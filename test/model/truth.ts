/** What is really so, and no process can see. The promises are checked against it. */
import type { Split } from '../../src/core/types.ts';
import { OTHER, STABLE, canonical } from './service.ts';

/** What comes out when a process acts. */
export type Learnt =
  | { readonly kind: 'proof'; readonly canary: string; readonly percent: number }
  | ({ readonly kind: 'fail' } & Failure);

/** An attempt has judged a canary, and it failed. */
type Failure = {
  readonly rolloutId: string;
  readonly attempt: number;
  readonly canary: string;
};

/** What is known of one canary. */
export type Life = {
  /** The revision that had everything when it was started. */
  readonly stable: string | null;
  /** Percents at which it was really served and really passed; 0: its probes. */
  readonly proofs: readonly number[];
  /** Image found by the last look before it was first held at 0 %; null: not held, or not known. */
  readonly held: string | null;
  readonly ended: boolean;
};

export type Truth = {
  /** The split as the last write of ours left it. */
  readonly ours: Split;
  readonly lives: Readonly<Record<string, Life>>;
  /** Revisions that may be trusted with everything. */
  readonly proven: readonly string[];
  /** Highest attempt of each run that has written. */
  readonly owners: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  /** Runs that have had a rollout of their own, which has ended. */
  readonly over: readonly string[];
};

export const NOTHING_YET: Truth = {
  ours: { [STABLE]: 100 },
  lives: {},
  proven: [OTHER, STABLE],
  owners: {},
  failures: [],
  over: [],
};

const UNBORN: Life = { stable: null, proofs: [], held: null, ended: false };

export function lifeOf(truth: Truth, canary: string): Life {
  return truth.lives[canary] ?? UNBORN;
}

export function withLife(truth: Truth, canary: string, life: Partial<Life>): Truth {
  const next = { ...lifeOf(truth, canary), ...life };
  return { ...truth, lives: sorted({ ...truth.lives, [canary]: next }) };
}

export function withLearnt(truth: Truth, learnt: Learnt): Truth {
  if (learnt.kind === 'fail') {
    const { rolloutId, attempt, canary } = learnt;
    return withFailure(truth, { rolloutId, attempt, canary });
  }
  const life = lifeOf(truth, learnt.canary);
  // What is over needs no proof any more.
  if (life.ended || life.proofs.includes(learnt.percent)) return truth;
  const proofs = [...life.proofs, learnt.percent].sort((a, b) => a - b);
  return withLife(truth, learnt.canary, { proofs });
}

export function withOwner(truth: Truth, rolloutId: string, attempt: number): Truth {
  return { ...truth, owners: raised(truth.owners, rolloutId, attempt) };
}

function withFailure(truth: Truth, failure: Failure): Truth {
  const all = new Map([...truth.failures, failure].map((one) => [JSON.stringify(one), one]));
  const failures = [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  return { ...truth, failures };
}

export function withOver(truth: Truth, rolloutId: string): Truth {
  if (truth.over.includes(rolloutId)) return truth;
  return { ...truth, over: [...truth.over, rolloutId].sort() };
}

export function withoutOwners(truth: Truth): Truth {
  return { ...truth, owners: {} };
}

export function withProven(truth: Truth, revision: string): Truth {
  if (truth.proven.includes(revision)) return truth;
  return { ...truth, proven: [...truth.proven, revision].sort() };
}

export function withOurs(truth: Truth, split: Split): Truth {
  return { ...truth, ours: canonical(split) };
}

function raised(
  numbers: Readonly<Record<string, number>>,
  key: string,
  to: number,
): Readonly<Record<string, number>> {
  return sorted({ ...numbers, [key]: Math.max(numbers[key] ?? 0, to) });
}

function sorted<T>(values: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
