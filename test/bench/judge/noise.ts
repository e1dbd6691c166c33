/** The slow noises of one rollout: stationary first-order series over history and rollout together. */
import type { Environment, Wobble } from './environments.ts';
import { normal, randomOf } from './random.ts';
import type { Random } from './random.ts';

/** Values by minute, from `-historyMinutes` on; drawn as far as somebody has asked. */
export type Series = (minute: number) => number;

export type Noises = {
  readonly volume: Series;
  readonly sharedErrors: Series;
  readonly sharedLatency: Series;
  readonly canaryErrors: Series;
  readonly baselineErrors: Series;
  readonly canaryLatency: Series;
  readonly baselineLatency: Series;
  readonly canaryMemory: Series;
  readonly baselineMemory: Series;
  readonly sharedClientErrors: Series;
  readonly canaryClientErrors: Series;
  readonly baselineClientErrors: Series;
};

export function noisesOf(environment: Environment, key: readonly number[]): Noises {
  const { historyMinutes, ownErrors, ownLatency } = environment;
  let number = 0;
  const draw = (wobble: Wobble): Series => {
    number += 1;
    return series(wobble, -historyMinutes, randomOf(...key, number));
  };
  return {
    volume: draw(environment.volume),
    sharedErrors: draw(environment.sharedErrors),
    sharedLatency: draw(environment.sharedLatency),
    canaryErrors: draw(ownErrors),
    baselineErrors: draw(half(ownErrors)),
    canaryLatency: draw(ownLatency),
    baselineLatency: draw(half(ownLatency)),
    canaryMemory: draw({ deviation: 3, memory: 0.7 }),
    baselineMemory: draw({ deviation: 2, memory: 0.7 }),
    // Last, so that the sequences of the others are what they would be without them.
    sharedClientErrors: draw(environment.sharedErrors),
    canaryClientErrors: draw(ownErrors),
    baselineClientErrors: draw(half(ownErrors)),
  };
}

function half({ deviation, memory }: Wobble): Wobble {
  return { deviation: deviation / 2, memory };
}

export function series({ deviation, memory }: Wobble, first: number, random: Random): Series {
  if (deviation === 0) return () => 0;
  const drawn: number[] = [];
  const fresh = deviation * Math.sqrt(1 - memory * memory);
  return (minute) => {
    while (drawn.length <= minute - first) {
      const before = drawn.at(-1);
      drawn.push(
        before === undefined
          ? deviation * normal(random)
          : memory * before + fresh * normal(random),
      );
    }
    return drawn[minute - first]!;
  };
}

/** exp of a normal noise, with mean 1. */
export function factor(noise: number, deviation: number): number {
  return Math.exp(noise - (deviation * deviation) / 2);
}
