/** Listeners of the loop, kept from breaking it. */
import type { Observer } from './loop.ts';

/** Whoever only listens can break nothing (S15). */
export function harmless(observer: Observer): Observer {
  return {
    turn: (service, memory, decision) => tell(() => observer.turn(service, memory, decision)),
    remark: (text) => tell(() => observer.remark(text)),
    looked: (look) => tell(() => observer.looked?.(look)),
    doomed: (doom) => tell(() => observer.doomed?.(doom)),
    unanswered: (version) => tell(() => observer.unanswered?.(version)),
  };
}

/** Neither hears less for what the other does. */
export function both(one: Observer, other: Observer): Observer {
  const [first, second] = [harmless(one), harmless(other)];
  return {
    turn(...what) {
      first.turn(...what);
      second.turn(...what);
    },
    remark(text) {
      first.remark(text);
      second.remark(text);
    },
    looked(look) {
      first.looked?.(look);
      second.looked?.(look);
    },
    doomed(doom) {
      first.doomed?.(doom);
      second.doomed?.(doom);
    },
    unanswered(version) {
      first.unanswered?.(version);
      second.unanswered?.(version);
    },
  };
}

function tell(what: () => void): void {
  try {
    what();
  } catch {
    // There is nobody left to tell.
  }
}
