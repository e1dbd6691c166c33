/** One trouble at every call of a rollout, and who comes after it. Made once for each test file. */
import { splitOf } from '../../src/core/rollout/traffic.ts';
import type { Ending } from '../../src/engine/loop.ts';
import { GOOD, World } from '../engine/world.ts';
import type { CanaryBehaviour } from '../engine/world.ts';
import { MINUTE, aDrive, aPlan } from '../unit/build.ts';
import { Play, RECONCILE, RERUN, STRANGER } from './play.ts';
import type { Deed } from './play.ts';

const TROUBLES = ['before', 'after', 'lost', 'conflict', 'cancel', 'outsider'] as const;
type Trouble = (typeof TROUBLES)[number];

export type History = {
  readonly name: string;
  readonly trouble: Trouble;
  readonly world: World;
  readonly deeds: readonly Deed[];
  /** How many of the deeds were done before the one who comes after. */
  readonly first: number;
  readonly after: 're-run' | 'reconcile';
  /** Of the one who comes after. */
  readonly ending: Ending | null;
};

export const OUTSIDE = { 'web-00040-old': 100 };
const BAD_LATER: CanaryBehaviour = {
  ...GOOD,
  errorRate: (percent) => (percent >= 50 ? 0.2 : 0.001),
};

/** Short stages: what counts is that every kind of call is there. */
const BAKE = 2 * MINUTE;
const goal = aDrive({
  plan: aPlan({
    stages: [
      { percent: 5, bake: BAKE, least: BAKE, gate: false },
      { percent: 50, bake: BAKE, least: BAKE, gate: false },
    ],
  }),
});
/** Of each stage above 0 %, with the ingest delay. */
export const SHORTEST = BAKE + 3 * MINUTE;

export const histories: readonly History[] = await everyHistory();

async function everyHistory(): Promise<readonly History[]> {
  const all: History[] = [];
  for (const canary of [GOOD, BAD_LATER]) {
    const whole = new Play(new World(canary));
    await whole.run({ goal });
    for (let index = 0; index < whole.world.calls.length; index += 1) {
      for (const trouble of TROUBLES) {
        for (const after of ['re-run', 'reconcile'] as const) {
          const name = `${canary === GOOD ? 'good' : 'bad'}, ${trouble} at ${index}, ${after}`;
          all.push(await history({ name, canary, trouble, index, after }));
        }
      }
    }
  }
  return all;
}

async function history(of: {
  readonly name: string;
  readonly canary: CanaryBehaviour;
  readonly trouble: Trouble;
  readonly index: number;
  readonly after: 're-run' | 'reconcile';
}): Promise<History> {
  const { name, canary, trouble, index, after } = of;
  const world = new World(canary);
  const play = new Play(world);
  const controller = new AbortController();
  if (trouble === 'cancel') world.meanwhile = (at) => at === index && controller.abort();
  else if (trouble === 'outsider')
    world.meanwhile = (at) => at === index && world.setTraffic(OUTSIDE);
  else world.fault = (_, at) => (at === index ? trouble : null);
  await play.run({ goal, cancel: controller.signal });
  const first = play.deeds.length;
  if (after === 'reconcile') world.now += 24 * 60 * MINUTE;
  const next = after === 're-run' ? { goal, caller: RERUN } : { goal: RECONCILE, caller: STRANGER };
  const ending = await play.run(next);
  return { name, trouble, world, deeds: play.deeds, first, after, ending };
}

/** Each deed with those before it. */
export function* everyDeed(): Generator<{
  readonly name: string;
  readonly deed: Deed;
  readonly earlier: readonly Deed[];
}> {
  for (const { name, deeds } of histories) {
    for (const [index, deed] of deeds.entries()) {
      yield { name, deed, earlier: deeds.slice(0, index) };
    }
  }
}

/** The split a deed leaves. */
export function splitAfter({ from, next }: Deed): Readonly<Record<string, number>> {
  const split = splitOf(next);
  return split === 'as-found' ? from.asked : split;
}

export function isMove(deed: Deed): boolean {
  return JSON.stringify(sorted(splitAfter(deed))) !== JSON.stringify(sorted(deed.from.asked));
}

function sorted(split: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(split).sort(([a], [b]) => (a < b ? -1 : 1));
}
