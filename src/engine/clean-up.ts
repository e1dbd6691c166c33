/** The post step's part of the loop: a write that main has sent may come after main is gone. */
import type { Millis } from '../core/types.ts';
import { runLoop } from './loop.ts';
import type { Ending, Errand } from './loop.ts';

/** A request that nobody waits for any more is served within seconds, or never. */
const ARRIVES_WITHIN: Millis = 60_000;
const PAUSE: Millis = 3_000;

/**
 * `underWay`: version of the service from which main sent a write that was not answered; null: none.
 * With any other version that write is refused, or it is what is there now.
 */
export async function runCleanUp(errand: Errand, underWay: string | null): Promise<Ending> {
  const { clock } = errand.ports;
  const end = clock.monotonic() + ARRIVES_WITHIN;
  for (;;) {
    const ending = await runLoop(errand);
    const isAwaited = underWay !== null && ending.service?.version === underWay;
    if (!isAwaited || errand.cancel.aborted || clock.monotonic() >= end) return ending;
    await clock.sleep(PAUSE, errand.cancel);
  }
}
