/**
 * Concurrency groups: one runs, one waits, and a newer one that waits takes the place of the older.
 * https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
 */
import type { Concurrency } from './file.ts';

type Waiting = { readonly enter: () => void; readonly displace: () => void };
type Group = { running: { readonly cancel: () => void } | null; waiting: Waiting | null };

export type Ticket = { readonly leave: () => void };

export class Groups {
  readonly #groups = new Map<string, Group>();

  /** null: a newer one came, or the run was cancelled while it waited. */
  async enter(
    { group: name, cancelInProgress }: Concurrency,
    cancel: () => void,
    signal: AbortSignal,
  ): Promise<Ticket | null> {
    const group = this.#group(name);
    if (group.running === null) return this.#take(group, cancel);
    if (cancelInProgress) group.running.cancel();
    group.waiting?.displace();
    const isIn = await new Promise<boolean>((done) => {
      const waiting = { enter: () => done(true), displace: () => done(false) };
      group.waiting = waiting;
      signal.addEventListener('abort', () => {
        if (group.waiting !== waiting) return;
        group.waiting = null;
        done(false);
      });
    });
    return isIn ? this.#take(group, cancel) : null;
  }

  #take(group: Group, cancel: () => void): Ticket {
    group.running = { cancel };
    return {
      leave: () => {
        group.running = null;
        const { waiting } = group;
        group.waiting = null;
        waiting?.enter();
      },
    };
  }

  /** Names do not tell capitals apart. */
  #group(name: string): Group {
    const key = name.toLowerCase();
    const found = this.#groups.get(key) ?? { running: null, waiting: null };
    this.#groups.set(key, found);
    return found;
  }
}
