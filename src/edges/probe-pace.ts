/** Requests at an even rate, a few of them under way at once. */
import type { Millis } from '../core/types.ts';
import type { Clock } from '../engine/ports.ts';

const AT_ONCE = 20;

export type Pace = {
  readonly clock: Clock;
  /** A second. */
  readonly rate: number;
  /** Asked before each is sent; true ends it. */
  readonly isOver: () => boolean;
  readonly signal: AbortSignal;
};

/** All of what was sent is over when it returns. */
export async function sendPaced<Item>(
  items: Iterable<Item>,
  send: (item: Item) => Promise<void>,
  pace: Pace,
): Promise<void> {
  const { clock, rate, isOver, signal } = pace;
  const underWay = new Set<Promise<void>>();
  const begun = clock.monotonic();
  let turn = 0;
  for (const item of items) {
    const early: Millis = begun + (turn * 1_000) / rate - clock.monotonic();
    turn += 1;
    if (early > 0) await clock.sleep(early, signal);
    while (underWay.size >= AT_ONCE) await Promise.race(underWay);
    if (isOver() || signal.aborted) break;
    const one: Promise<void> = send(item).finally(() => underWay.delete(one));
    underWay.add(one);
  }
  await Promise.all(underWay);
}
