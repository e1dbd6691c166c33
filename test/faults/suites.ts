/** Which schedules are played: durability.md, 5.5. */
import { FURTHER, GRID } from './kinds.ts';
import type { Fault, Kind } from './kinds.ts';
import type { Continuation } from './life.ts';
import { play } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { TRUTHS } from './settings.ts';
import type { Manner, Truth } from './settings.ts';
import { CONTINUATIONS } from './tally.ts';

const USUAL: Manner = { onNoData: 'rollback', onCancel: 'rollback' };
export const FRESH: Manner = { ...USUAL, baseline: 'fresh' };
const GAPS: readonly number[] = [1, 2, 3, 6];
/** Calls until a rollout with a clone has users on its canary. */
const STARTING = 24;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** A truth and a continuation, and how many calls they take when nothing goes wrong. */
type Ground = {
  readonly truth: Truth;
  readonly continuation: Continuation;
  readonly calls: number;
  readonly manner?: Manner;
};

export function plain(
  ground: Pick<Ground, 'truth' | 'continuation' | 'manner'>,
  faults: readonly Fault[],
) {
  const { truth, continuation, manner = USUAL } = ground;
  return { truth, continuation, faults, manner, rules: {} } satisfies Schedule;
}

export async function grounds(manner = USUAL): Promise<readonly Ground[]> {
  const found: Ground[] = [];
  for (const truth of TRUTHS) {
    for (const continuation of CONTINUATIONS) {
      const { calls } = await play(plain({ truth, continuation, manner }, []));
      found.push({ truth, continuation, calls, manner });
    }
  }
  return found;
}

export function* clean(all: readonly Ground[]): Generator<Schedule> {
  for (const ground of all) yield plain(ground, []);
}

/**
 * Every kind of the grid at every call. In short, the two continuations of a silent canary share its
 * calls: most of them are one long wait for data.
 */
export function* singles(all: readonly Ground[], isShort: boolean): Generator<Schedule> {
  const isSilent = ({ truth }: Ground) => truth === 'silent-from-10';
  yield* everywhere(
    all.filter((ground) => !isSilent(ground)),
    GRID,
    1,
  );
  yield* everywhere(all.filter(isSilent), GRID, isShort ? 2 : 1);
}

/** The kinds of the other rows; in short, at every sixth call. */
export function* further(all: readonly Ground[], isShort: boolean): Generator<Schedule> {
  yield* everywhere(all, FURTHER, isShort ? 6 : 1);
}

/**
 * With a clone: its start is new, so every call of that, and every seventh of what follows. In short, a
 * third of both.
 */
export function* fresh(all: readonly Ground[], isShort: boolean): Generator<Schedule> {
  const kinds = [...GRID, ...FURTHER];
  const starts = all.map((ground) => ({ ...ground, calls: STARTING }));
  const stride = isShort ? 3 : 1;
  yield* everywhere(starts, kinds, stride);
  yield* everywhere(all, kinds, 7 * stride);
}

/** The same, of a canary that is brought. */
export function* brought(schedules: Iterable<Schedule>): Generator<Schedule> {
  for (const one of schedules) yield { ...one, manner: { ...one.manner, brings: true } };
}

/** The first call of each kind and of each ground moves on, so that together they strike everywhere. */
export function* everywhere(
  all: readonly Ground[],
  kinds: readonly Kind[],
  stride: number,
): Generator<Schedule> {
  for (const [row, ground] of all.entries()) {
    for (const [column, kind] of kinds.entries()) {
      for (let at = (row + column) % stride; at < ground.calls; at += stride) {
        yield plain(ground, [{ kind, at }]);
      }
    }
  }
}

/**
 * Ordered pairs of the grid's kinds: this share of them, spread by multiples of the golden ratio, which
 * keep step with no row, column or gap.
 */
export function* pairs(all: readonly Ground[], share: number): Generator<Schedule> {
  let number = 0;
  for (const ground of all) {
    for (let at = 0; at < ground.calls; at += 1) {
      for (const first of GRID) {
        for (const second of GRID) {
          for (const gap of GAPS) {
            number += 1;
            if ((number * GOLDEN) % 1 >= share) continue;
            const later = { kind: second, at: at + gap };
            yield plain(ground, [{ kind: first, at }, later]);
          }
        }
      }
    }
  }
}

export function pairsOf(all: readonly Ground[]): number {
  const calls = all.reduce((sum, ground) => sum + ground.calls, 0);
  return calls * GRID.length ** 2 * GAPS.length;
}

/** Three to ten faults anywhere, and the choices that the other suites leave alone. */
export function* random(
  all: readonly Ground[],
  o: { readonly seed: number; readonly count: number },
): Generator<Schedule> {
  const next = randomFrom(o.seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
  for (let number = 0; number < o.count; number += 1) {
    const ground = pick(all);
    const truth: Truth = next() < 0.2 ? 'bad-then-good' : ground.truth;
    const faults = Array.from({ length: 3 + Math.floor(next() * 8) }, () => ({
      kind: pick(next() < 0.8 ? GRID : FURTHER),
      at: Math.floor(next() * ground.calls * 1.2),
    }));
    const manner = {
      onNoData: pick(['hold', 'rollback'] as const),
      onCancel: pick(['hold', 'rollback'] as const),
    };
    const rules = {
      statusBumpsVersion: next() < 0.7,
      generationCounts: pick(['spec', 'every-write'] as const),
    };
    yield { ...plain(ground, faults), truth, manner, rules };
  }
}

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
