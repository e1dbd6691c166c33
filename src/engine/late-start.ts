/**
 * A start that was none when it was checked: something was open then, and has ended since. The checks
 * are made again before the first thing that only a start does.
 */
import { EMPTY_MEMORY } from '../core/rollout/memory.ts';
import type { ServiceSnapshot } from '../core/types.ts';
import { runLoop } from './loop.ts';
import type { Ending, Errand } from './loop.ts';
import type { Preflight } from './preflight.ts';

/** `check` null: what there is to check was checked for a start. @throws Refusal as the check does. */
export async function runChecked(
  errand: Errand,
  check: (() => Promise<Preflight>) | null,
): Promise<Ending> {
  if (check === null) return runLoop(errand);
  try {
    return await runLoop(checkedFirst(errand, check));
  } catch (error) {
    if (error instanceof Unchanged) return unchangedEnding(error.service);
    throw error;
  }
}

export function unchangedEnding(service: ServiceSnapshot): Ending {
  const why = 'What was asked for is already what serves all traffic.';
  return { outcome: 'unchanged', why, service, memory: EMPTY_MEMORY };
}

class Unchanged extends Error {
  readonly service: ServiceSnapshot;

  constructor(service: ServiceSnapshot) {
    super('unchanged');
    this.service = service;
  }
}

function checkedFirst(errand: Errand, check: () => Promise<Preflight>): Errand {
  const { ports, observer } = errand;
  const { cloudRun } = ports;
  return {
    ...errand,
    ports: {
      ...ports,
      cloudRun: {
        ...cloudRun,
        // Nobody but a start has its fence proved, and each does.
        async proveFence(from) {
          const { unchanged, service, notices } = await check();
          if (unchanged) throw new Unchanged(service);
          for (const notice of notices) observer.remark(notice);
          return cloudRun.proveFence(from);
        },
      },
    },
  };
}
