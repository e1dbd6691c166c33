/** Processes that share one service in memory, and a list of every write the service took of them. */
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import { Problem } from '../../src/core/problem.ts';
import type { RecordDraft, ServiceSnapshot } from '../../src/core/types.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ending, Observer, Ports } from '../../src/engine/loop.ts';
import type { ObservationQuery } from '../../src/engine/ports.ts';
import { Crash } from '../engine/world.ts';
import type { World } from '../engine/world.ts';
import { STABLE, aCaller, aDrive } from '../unit/build.ts';

/** A write that was taken, with what it replaced: the fence makes that the read it came from. */
export type Deed = {
  readonly caller: Caller;
  readonly from: ServiceSnapshot;
  readonly next: RecordDraft;
  /** Revisions that were ready at that moment, by the world's own books. */
  readonly ready: readonly string[];
  /** Last answered look of the process before it. */
  readonly looked: ObservationQuery | null;
  readonly creates: boolean;
};

export type With = {
  readonly goal?: Goal;
  readonly caller?: Caller;
  readonly cancel?: AbortSignal;
  readonly observer?: Observer;
  readonly ports?: (ports: Ports) => Ports;
};

const SILENT_OBSERVER: Observer = { turn: () => undefined, remark: () => undefined };
export const RECONCILE: Goal = { kind: 'reconcile', dead: null };
export const CLEAN_UP: Goal = { kind: 'clean-up', reason: 'cancelled', doom: null };
export const RERUN = aCaller({ attempt: 2, revision: 'web-c8y7innm-2' });
export const STRANGER = aCaller({ rolloutId: '683120945-19482736477', revision: 'web-c77-1' });

export class Play {
  readonly world: World;
  readonly deeds: Deed[] = [];

  constructor(world: World) {
    this.world = world;
  }

  /** null: the process died, or gave up with a Problem. */
  async run(with_: With = {}): Promise<Ending | null> {
    try {
      return await this.finish(with_);
    } catch (error) {
      if (error instanceof Crash || error instanceof Problem) return null;
      throw error;
    }
  }

  /** @throws what ended the process. */
  finish(with_: With = {}): Promise<Ending> {
    const caller = with_.caller ?? aCaller();
    const change = with_.ports ?? ((ports) => ports);
    return runLoop({
      goal: with_.goal ?? aDrive(),
      caller,
      ports: change(this.#noted(caller)),
      observer: with_.observer ?? SILENT_OBSERVER,
      cancel: with_.cancel ?? new AbortController().signal,
    });
  }

  #noted(caller: Caller): Ports {
    const ports = this.world.ports();
    let looked: ObservationQuery | null = null;
    return {
      ...ports,
      metrics: {
        ...ports.metrics,
        observe: async (query, signal) => {
          const answer = await ports.metrics.observe(query, signal);
          looked = query;
          return answer;
        },
      },
      cloudRun: {
        ...ports.cloudRun,
        write: async (from, next, plan) => {
          const before = this.world.writes.length;
          const ready = this.#ready();
          try {
            return await ports.cloudRun.write(from, next, plan);
          } finally {
            const sent = this.world.writes[before];
            if (sent?.applied === true) {
              this.deeds.push({ caller, from, next, ready, looked, creates: plan !== null });
            }
          }
        },
      },
    };
  }

  #ready(): readonly string[] {
    const made = [...this.world.revisions].filter(([, { readyAt }]) => readyAt <= this.world.now);
    return [STABLE, 'web-00040-old', ...made.map(([name]) => name)];
  }
}

/** Everything but Cloud Run's own read and write is down. */
export function onlyCloudRun(ports: Ports): Ports {
  const down = (): Promise<never> =>
    Promise.reject(new Problem('unreachable', { summary: 'Down.', advice: '' }));
  return {
    ...ports,
    cloudRun: { ...ports.cloudRun, proveFence: down },
    revisions: { state: down, missingPermissions: down },
    metrics: { timing: down, observe: down },
    prober: { probe: down, warmUp: down },
  };
}

/** Before the nth write of this process something else comes first, whole. */
export function beforeWrite(nth: number, other: () => Promise<unknown>): (ports: Ports) => Ports {
  let seen = 0;
  return (ports) => ({
    ...ports,
    cloudRun: {
      ...ports.cloudRun,
      write: async (from, next, plan) => {
        seen += 1;
        if (seen === nth) await other();
        return ports.cloudRun.write(from, next, plan);
      },
    },
  });
}

/** The nth write of this process has arrived; before its answer something else comes, whole. */
export function afterWrite(nth: number, other: () => Promise<unknown>): (ports: Ports) => Ports {
  let seen = 0;
  return (ports) => ({
    ...ports,
    cloudRun: {
      ...ports.cloudRun,
      write: async (from, next, plan) => {
        seen += 1;
        const answer = await ports.cloudRun.write(from, next, plan);
        if (seen === nth) await other();
        return answer;
      },
    },
  });
}
