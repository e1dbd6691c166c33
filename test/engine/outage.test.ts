/** A stage has passed, and before it is raised the service or the runner is silent for minutes. */
import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ports } from '../../src/engine/loop.ts';
import { MINUTE, STABLE, aCaller, aDrive, aPlan } from '../unit/build.ts';
import { GOOD, World, sealed } from './world.ts';

const OUTAGE = 12 * MINUTE;
const stage = { percent: 50, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false };
const PLAN = sealed(aPlan({ stages: [stage] }));

type Silent = 'revisions' | 'canary' | 'service' | 'runner';

/** From the look that closes the stage on the canary fails, and this does not answer. */
class Silence {
  since = Infinity;
  #hasSlept = false;
  readonly #world: World;
  readonly #what: Silent;

  constructor(what: Silent) {
    this.#what = what;
    this.#world = new World({ ...GOOD, errorRate: () => (this.since < Infinity ? 0.5 : 0.001) });
  }

  get world(): World {
    return this.#world;
  }

  ports(): Ports {
    const ports = this.#world.ports();
    const { metrics, revisions, cloudRun } = ports;
    return {
      ...ports,
      metrics: {
        ...metrics,
        observe: async (query, signal) => {
          const seen = await metrics.observe(query, signal);
          if (this.since === Infinity && query.to >= query.from + stage.bake) {
            this.since = this.#world.now;
          }
          return seen;
        },
      },
      revisions: {
        ...revisions,
        state: async (revision) => {
          this.#refuse('revisions');
          const state = await revisions.state(revision);
          this.#sleep();
          const isSilent = this.#what === 'canary' && this.#isNow();
          return isSilent ? { health: 'pending', digest: null } : state;
        },
      },
      cloudRun: {
        ...cloudRun,
        read: async () => {
          this.#refuse('service');
          return cloudRun.read();
        },
      },
    };
  }

  #isNow(): boolean {
    const { now } = this.#world;
    return now >= this.since && now < this.since + OUTAGE;
  }

  #refuse(what: Silent): void {
    if (this.#what !== what || !this.#isNow()) return;
    this.#world.now += 10_000;
    throw new Problem('unreachable', { summary: 'No answer.', advice: '' });
  }

  #sleep(): void {
    if (this.#what !== 'runner' || this.#hasSlept || !this.#isNow()) return;
    this.#hasSlept = true;
    this.#world.now += OUTAGE;
  }
}

describe('a pass that nobody has looked after for minutes raises nothing', () => {
  test.each<[Silent, string]>([
    ['revisions', 'the state of revisions cannot be read'],
    ['canary', 'the canary is not known to be ready'],
    ['service', 'the service cannot be read'],
    ['runner', 'the runner stands still'],
  ])('%s: %s', async (what) => {
    const silence = new Silence(what);
    const observer = { turn: () => undefined, remark: () => undefined };
    const cancel = new AbortController().signal;
    const goal = aDrive({ plan: PLAN });
    const ports = silence.ports();
    const ending = await runLoop({ goal, caller: aCaller(), ports, observer, cancel });
    expect(silence.since).toBeLessThan(Infinity);
    expect(ending).toMatchObject({ outcome: 'rolled-back' });
    expect(silence.world.asked).toEqual({ [STABLE]: 100 });
  });
});
