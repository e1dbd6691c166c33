/** Listeners of the loop, kept from breaking it. */
import type { Observer } from './loop.ts';

/** Whoever only listens can break nothing (S15). */
export function harmless(observer: Observer): Observer {
  return {
    turn: (service, memory, decision) => tell(() => observer.turn(service, memory, decision)),
    remark: (text) => tell(() => observer.remark(text)),
  };
}

function tell(what: () => void): void {
  try {
    what();
  } catch {
    // There is nobody left to tell.
  }
}
