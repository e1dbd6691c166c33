import { describe, expect, test } from 'vitest';
import type { Memory } from '../../src/core/decision-types.ts';
import { Problem } from '../../src/core/problem.ts';
import { runLoop } from '../../src/engine/loop.ts';
import { foresee } from '../../src/engine/foresight.ts';
import type { Foresight } from '../../src/engine/ports.ts';
import {
  MINUTE,
  NOW,
  STABLE,
  TIMING,
  aCaller,
  aDrive,
  aPlan,
  aQuietService,
  aRecord,
} from '../unit/build.ts';
import { GOOD, World, sealed } from './world.ts';

const cancel = new AbortController().signal;
const BASE = 'a'.repeat(40);

function look(world: World, with_: Partial<Foresight> = {}, given = {}) {
  return foresee(
    {
      plan: aPlan(),
      timing: TIMING,
      until: 100,
      caller: aCaller(),
      service: aQuietService(),
      acceptance: { kind: 'accepted' },
      ...given,
    },
    { ports: world.ports(), foresight: { ...world.foresight(), ...with_ }, cancel },
  );
}

const down = async () => {
  throw new Problem('unreachable', { summary: 'Down.', advice: '' });
};

describe('a forecast is made of', () => {
  test('whole hours of a week, that have arrived', async () => {
    const asked: unknown[] = [];
    const traffic: Foresight['traffic'] = async (window) => {
      asked.push(window);
      return { ...window, hours: [] };
    };
    await look(new World(), { traffic });
    const to = Date.parse('2026-11-20T15:00:00Z');
    expect(asked).toEqual([{ hour: 60 * MINUTE, from: to - 168 * 60 * MINUTE, to }]);
  });

  test('what is known, when the rest cannot be read', async () => {
    const world = new World();
    world.monitoring = 'down';
    expect(await look(world, { traffic: down, changes: down })).toMatchObject({
      traffic: { kind: 'unknown' },
      errorRate: null,
      changes: null,
      commits: null,
      stages: [{ requests: null }, { requests: null }],
    });
    const hours = await look(new World(), { traffic: down });
    expect(hours.traffic).toEqual({ kind: 'recent', over: 176 * MINUTE });
  });

  test('a bug is not swallowed', async () => {
    const traffic = async () => {
      throw new TypeError('bug');
    };
    await expect(look(new World(), { traffic })).rejects.toThrow('bug');
  });

  test('the commits since that of the stable revision, if both are known', async () => {
    const commit = aCaller().commit;
    expect((await look(new World())).commits).toMatchObject({ base: BASE, head: commit });
    const changes = async () => ({ changes: [], base: 'main; rm -rf', head: null });
    expect((await look(new World(), { changes })).commits).toBeNull();
    expect((await look(new World(), {}, { caller: aCaller({ commit: '' }) })).commits).toBeNull();
    // Other settings of the same commit bring none, and nobody has to be asked.
    const same = async () => ({ changes: [], base: commit, head: null });
    expect((await look(new World(), { changes: same })).commits).toBeNull();
  });

  test('the commits up to that of a revision that is brought, whatever the run is of', async () => {
    const head = 'e'.repeat(40);
    const changes = async () => ({ changes: [], base: BASE, head });
    const plan = aPlan({ brings: 'web-brought' });
    expect((await look(new World(), { changes }, { plan })).commits).toMatchObject({ head });
    const unlabelled = async () => ({ changes: [], base: BASE, head: null });
    expect((await look(new World(), { changes: unlabelled }, { plan })).commits).toBeNull();
  });

  test('the digest that serves, where an image is named by a tag', async () => {
    const world = new World();
    const digest = `web@sha256:${'c'.repeat(64)}`;
    const image = {
      what: 'image',
      name: '',
      how: 'changed',
      from: 'web:v1',
      to: 'web:v2',
    } as const;
    const changes = async () => ({ changes: [image], base: null, head: null });
    const ports = world.ports();
    const state = async () => ({ health: 'ready', digest }) as const;
    const service = aQuietService();
    const asked = { plan: aPlan(), timing: TIMING, until: 100, caller: aCaller(), service };
    const found = await foresee(
      { ...asked, acceptance: { kind: 'accepted' } },
      {
        ports: { ...ports, revisions: { ...ports.revisions, state } },
        foresight: { ...world.foresight(), changes },
        cancel,
      },
    );
    expect(found.changes).toEqual([{ ...image, from: `web:v1@sha256:${'c'.repeat(64)}` }]);
  });

  test('the stable revision, of two: that of the abandoned rollout, or the one that serves', async () => {
    const compared: string[] = [];
    const changes: Foresight['changes'] = async (_, stable) => {
      compared.push(stable);
      return { changes: [], base: null, head: null };
    };
    const asked = { [STABLE]: 95, 'web-canary': 5 };
    const late = aRecord({ due: NOW - 1 });
    await look(new World(), { changes }, { service: aQuietService({ asked, record: late }) });
    await look(
      new World(),
      { changes },
      { service: aQuietService({ latestCreated: 'web-other' }) },
    );
    expect(compared).toEqual([STABLE, STABLE]);
  });
});

describe('what was foreseen', () => {
  // The world counts whole errors: so many requests that rounding them does not matter.
  const plan = sealed(aPlan({ smoke: null, judging: { ...aPlan().judging, minRequests: 20 } }));

  async function judged(canaryRate: number, requestsPerMinute: number) {
    const world = new World({ ...GOOD, errorRate: () => canaryRate }, requestsPerMinute);
    const foreseen = await look(world, {}, { plan });
    const seen = new Map<number, number>();
    const observer = {
      turn(_: unknown, { stage }: Memory) {
        if (stage !== null && stage.judgement !== null) {
          seen.set(stage.index, stage.judgement.canaryRequests);
        }
      },
      remark: () => undefined,
    };
    const goal = aDrive({ plan });
    const ending = await runLoop({
      goal,
      caller: aCaller(),
      ports: world.ports(),
      observer,
      cancel,
    });
    return { foreseen, seen, ending };
  }

  test('of requests comes within a fifth', async () => {
    const { foreseen, seen } = await judged(0.001, 600);
    for (const [index, { requests }] of foreseen.stages.entries()) {
      const ratio = seen.get(index + 1)! / requests!;
      expect(ratio).toBeGreaterThan(0.8);
      expect(ratio).toBeLessThan(1.2);
    }
  });

  /** Whether the first stage has failed, and how long after its first request it did. */
  async function failedAfter(rate: number, pace: number): Promise<number | null> {
    const { record } = (await judged(rate, pace)).ending.service!;
    if (typeof record === 'string' || record.reason !== 'fail:error-rate') return null;
    return record.stage === 1 ? record.at - record.changedAt[1]! : null;
  }

  test.each([60_000, 200_000])(
    'of a regression comes within a fifth, at %i a minute',
    async (pace) => {
      const { foreseen } = await judged(0.001, pace);
      const [first] = foreseen.stages;
      const inTime = first!.earliest + 2 * MINUTE;
      expect(await failedAfter(0.001 + 1.2 * first!.proves!, pace)).toBeLessThanOrEqual(inTime);
      // Suspicious, it is watched for longer: what is undone then is not undone in its time.
      expect((await failedAfter(0.001 + 0.8 * first!.proves!, pace)) ?? Infinity).toBeGreaterThan(
        inTime,
      );
    },
  );

  test.each([60_000, 200_000])(
    'of what is ruled out comes within a fifth, at %i a minute',
    async (pace) => {
      const world = new World(GOOD, pace);
      const [first] = (await look(world, {}, { plan })).stages;
      const whys = await toldOf(world);
      const [, points] = /A rise of 5xx by (?:up to|more than) ([\d.]+) points?/.exec(whys)!;
      const ratio = (100 * first!.excludes!) / Number(points);
      expect(ratio).toBeGreaterThan(0.8);
      expect(ratio).toBeLessThan(1.25);
    },
  );

  /** What the judge says in the end of the first stage. */
  async function toldOf(world: World): Promise<string> {
    let said = '';
    const observer = {
      turn(_: unknown, { stage }: Memory) {
        if (stage?.index === 1 && stage.judgement !== null) said = stage.judgement.why;
      },
      remark: () => undefined,
    };
    const goal = aDrive({ plan });
    await runLoop({ goal, caller: aCaller(), ports: world.ports(), observer, cancel });
    return said;
  }
});
