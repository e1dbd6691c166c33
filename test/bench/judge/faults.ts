/** What a bad canary does (benchmark.md, 3). */

/** Changes of the canary in one minute. */
export type Harm = {
  readonly errorsTimes: number;
  readonly errorsPlus: number;
  /** Added to the mean log latency. */
  readonly slower: number;
  /** Part of the requests that is five times slower. */
  readonly tail: number;
  /** Points of memory. */
  readonly memory: number;
};

export type Fault = {
  readonly name: string;
  /** One of those that the `M must` figure counts. */
  readonly must: boolean;
  at(minute: number, percent: number): Harm;
};

export const NO_HARM: Harm = { errorsTimes: 1, errorsPlus: 0, slower: 0, tail: 0, memory: 0 };
export const TAIL_SLOWER = Math.log(5);

/** No request is worse for it: memory alone hurts nobody yet. */
export function isHarmless(harm: Harm): boolean {
  const { errorsTimes, errorsPlus, slower, tail } = harm;
  return errorsTimes === 1 && errorsPlus === 0 && slower === 0 && tail === 0;
}

export const FAULTS: readonly Fault[] = [
  steady('err x1.5', { errorsTimes: 1.5 }, false),
  steady('err x2', { errorsTimes: 2 }, false),
  steady('err x5', { errorsTimes: 5 }),
  steady('err +1pp', { errorsPlus: 0.01 }),
  steady('err +10pp', { errorsPlus: 0.1 }),
  { name: 'crash@20', must: true, at: (minute) => (minute < 20 ? NO_HARM : CRASHED) },
  steady('lat x1.2', { slower: Math.log(1.2) }),
  steady('lat x1.5', { slower: Math.log(1.5) }),
  steady('lat x3', { slower: Math.log(3) }),
  steady('tail 5%x5', { tail: 0.05 }),
  { name: 'leak', must: true, at: leak },
  { name: 'scale +3pp', must: true, at: (_, percent) => (percent < 20 ? NO_HARM : OVERLOADED) },
];

const CRASHED: Harm = { ...NO_HARM, errorsPlus: 1 };
const OVERLOADED: Harm = { ...NO_HARM, errorsPlus: 0.03, slower: Math.log(1.3) };

function steady(name: string, harm: Partial<Harm>, must = true): Fault {
  const whole = { ...NO_HARM, ...harm };
  return { name, must, at: () => whole };
}

function leak(minute: number): Harm {
  return {
    ...NO_HARM,
    slower: Math.min(1.5, 0.012 * Math.max(0, minute - 8)),
    errorsPlus: Math.min(0.3, 0.002 * Math.max(0, minute - 25)),
    memory: 0.9 * minute,
  };
}
