import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ending, Errand, Ports } from '../../src/engine/loop.ts';
import { CANARY, MINUTE, STABLE, aCaller, aDrive, aPlan, aSmoke, anOrder } from '../unit/build.ts';
import { Crash, GOOD, World } from './world.ts';

type With = {
  readonly goal?: Goal;
  readonly caller?: Caller;
  readonly cancel?: AbortSignal;
  readonly remarks?: string[];
};

function errand(world: World, with_: With = {}): Errand {
  return {
    goal: with_.goal ?? aDrive(),
    caller: with_.caller ?? aCaller(),
    ports: world.ports(),
    observer: { turn: () => undefined, remark: (text) => void with_.remarks?.push(text) },
    cancel: with_.cancel ?? new AbortController().signal,
  };
}

function drive(world: World, with_: With = {}): Promise<Ending> {
  return runLoop(errand(world, with_));
}

function phases(world: World): string[] {
  return world.writes
    .filter((sent) => sent.applied)
    .map(({ record }) => `${record.phase}:${record.percents[record.stage]}`);
}

const BAD_FROM_50 = { ...GOOD, errorRate: (percent: number) => (percent >= 50 ? 0.2 : 0.001) };

describe('a rollout', () => {
  test('of a good canary is promoted, stage by stage', async () => {
    const world = new World();
    expect(await drive(world)).toMatchObject({ outcome: 'promoted' });
    expect(phases(world)).toEqual(['active:0', 'active:5', 'active:50', 'promoted:100']);
    expect(world.asked).toEqual({ [CANARY]: 100 });
  });

  test('never makes a stage shorter than its bake and the ingest delay', async () => {
    const world = new World();
    await drive(world);
    const [, first, second, promoted] = world.writes;
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(13 * MINUTE);
    expect(promoted!.at - second!.at).toBeGreaterThanOrEqual(13 * MINUTE);
  });

  test('of a bad canary is restored before the stage is over', async () => {
    const world = new World({ ...GOOD, errorRate: () => 0.3 });
    expect(await drive(world)).toMatchObject({ outcome: 'rolled-back' });
    expect(phases(world)).toEqual(['active:0', 'active:5', 'rolled-back:5']);
    expect(world.asked).toEqual({ [STABLE]: 100 });
    expect(world.writes[2]!.at - world.writes[1]!.at).toBeLessThan(8 * MINUTE);
  });

  test('that turns bad under more load is restored from there', async () => {
    const world = new World(BAD_FROM_50);
    const ending = await drive(world);
    expect(ending).toMatchObject({ outcome: 'rolled-back' });
    expect(ending.memory.doom?.reason).toBe('fail:error-rate');
    expect(phases(world).at(-1)).toBe('rolled-back:50');
  });

  test('of a silent canary is held at the deadline, and never raised', async () => {
    const world = new World({ ...GOOD, errorRate: () => null });
    expect(await drive(world)).toMatchObject({ outcome: 'held' });
    expect(phases(world)).toEqual(['active:0', 'active:5', 'held:5']);
  });

  test('of a silent canary is restored where on_no_data says so', async () => {
    const world = new World({ ...GOOD, errorRate: () => null });
    const goal = aDrive({ plan: aPlan({ onNoData: 'rollback' }) });
    expect(await drive(world, { goal })).toMatchObject({ outcome: 'rolled-back' });
  });

  test('with Monitoring down all along is held, not promoted, and the log says what it answered', async () => {
    const world = new World();
    world.monitoring = 'down';
    const remarks: string[] = [];
    expect(await drive(world, { remarks })).toMatchObject({ outcome: 'held' });
    expect(remarks).toContain('Monitoring does not answer. No data for this look.');
  });

  test('with Monitoring denied stops with its reason and leaves the record', async () => {
    const world = new World();
    world.monitoring = 'denied';
    await expect(drive(world)).rejects.toMatchObject({ code: 'denied' });
    expect(world.record).toMatchObject({ phase: 'active' });
  });

  test('of a canary that does not start moves no traffic', async () => {
    const world = new World({ ...GOOD, starts: { failed: 'no port' } });
    expect(await drive(world)).toMatchObject({ outcome: 'start-failed' });
    expect(world.writes.every(({ record }) => record.percents[record.stage] === 0)).toBe(true);
  });

  test('of a canary that never gets ready gives up at the deploy timeout', async () => {
    const world = new World({ ...GOOD, startsIn: 60 * MINUTE });
    expect(await drive(world)).toMatchObject({ outcome: 'start-failed' });
  });

  test('of a canary that fails its probe moves no traffic', async () => {
    const world = new World({
      ...GOOD,
      probe: { ok: false, status: 503, why: 'Answered 503 three times.' },
    });
    const ending = await drive(world);
    expect(ending).toMatchObject({ outcome: 'rolled-back' });
    expect(ending.memory.doom?.why).toBe('Answered 503 three times.');
    expect(phases(world)).toEqual(['active:0', 'rolled-back:0']);
  });

  test('without smoke asks nothing of the tag', async () => {
    const world = new World();
    await drive(world, { goal: aDrive({ plan: aPlan({ smoke: null }) }) });
    expect(world.calls).not.toContain('probe');
    expect(world.asked).toEqual({ [CANARY]: 100 });
  });

  test('warms the canary up after its probes and before its first user', async () => {
    const world = new World();
    const smoke = aSmoke({ warmUp: 2.5 * MINUTE });
    const ending = await drive(world, { goal: aDrive({ plan: aPlan({ smoke }) }) });
    expect(ending).toMatchObject({ outcome: 'promoted' });
    const asked = world.calls.filter((call) => ['probe', 'warm-up', 'write'].includes(call));
    expect(asked.slice(0, 6)).toEqual(['write', 'probe', 'warm-up', 'warm-up', 'warm-up', 'write']);
    // Each piece is followed by a read: somebody may have come meanwhile.
    const from = world.calls.indexOf('warm-up');
    expect(world.calls.slice(from, from + 3)).toEqual(['warm-up', 'read', 'revision']);
  });

  test('asks how the canary is once it is warm: one that broke meanwhile gets nobody', async () => {
    const broken = { failed: 'The liveness probe failed.' };
    const world: World = new World({
      ...GOOD,
      get starts() {
        return world.calls.includes('warm-up') ? broken : 'ready';
      },
    });
    const smoke = aSmoke({ warmUp: MINUTE });
    const ending = await drive(world, { goal: aDrive({ plan: aPlan({ smoke }) }) });
    expect(ending).toMatchObject({
      outcome: 'start-failed',
      memory: { doom: { why: expect.stringContaining('liveness') } },
    });
    expect(phases(world)).toEqual(['active:0', 'start-failed:0']);
  });

  test('does not take an answer that fails to come after the warm-up for a canary that is not ready', async () => {
    const world = new World({ ...GOOD, startsIn: 10 * MINUTE - 5_000 });
    let asked = 0;
    world.fault = (call) => {
      if (!world.calls.includes('warm-up') || call !== 'revision') return null;
      asked += 1;
      return asked <= 3 ? 'lost' : null;
    };
    const smoke = aSmoke({ warmUp: MINUTE });
    const ports = world.ports();
    const probe: Ports['prober']['probe'] = async (...asked) => {
      world.now += 90_000;
      return ports.prober.probe(...asked);
    };
    const prober = { ...ports.prober, probe };
    const goal = aDrive({ plan: aPlan({ smoke }) });
    const ending = await runLoop({ ...errand(world), goal, ports: { ...ports, prober } });
    expect([ending.outcome, asked > 3]).toEqual(['promoted', true]);
  });

  test('with a long warm-up is not late for its own deadline', async () => {
    const world = new World({ ...GOOD, startsIn: 10 * MINUTE - 30_000 });
    const smoke = aSmoke({ warmUp: 10 * MINUTE });
    const ending = await drive(world, { goal: aDrive({ plan: aPlan({ smoke }) }) });
    expect(ending).toMatchObject({ outcome: 'promoted' });
  });

  test.each([
    [0.95, true],
    [null, false],
  ])('with max_memory at %s asks for memory: %s', async (maxMemory, isAsked) => {
    const world = new World(GOOD);
    const asked = new Set<boolean>();
    const ports = world.ports();
    const observe: Ports['metrics']['observe'] = (query, signal) => {
      asked.add(query.readsMemory);
      return ports.metrics.observe(query, signal);
    };
    const plan = aPlan({ judging: { ...aPlan().judging, maxMemory } });
    const metrics = { ...ports.metrics, observe };
    await runLoop({ ...errand(world), goal: aDrive({ plan }), ports: { ...ports, metrics } });
    expect([...asked]).toEqual([isAsked]);
  });

  test('without a fence does not start', async () => {
    const world = new World();
    world.fenced = false;
    expect(await drive(world)).toMatchObject({ outcome: 'refused' });
    expect(world.writes).toEqual([]);
  });

  test('on a service that never settles does not wait for ever to begin', async () => {
    const world = new World();
    const ports = world.ports();
    const cloudRun: typeof ports.cloudRun = {
      ...ports.cloudRun,
      read: async () => ({ ...(await ports.cloudRun.read()), ready: 'pending' }),
    };
    const begun = world.now;
    const run = runLoop({ ...errand(world), ports: { ...ports, cloudRun } });
    await expect(run).rejects.toMatchObject({ code: 'ended' });
    expect(world.now - begun).toBeLessThan(6 * MINUTE);
    expect(world.writes).toEqual([]);
  });

  test('whose service is deleted is over', async () => {
    const world = new World();
    const ports = world.ports();
    let reads = 0;
    const cloudRun = {
      ...ports.cloudRun,
      read: async () => {
        if ((reads += 1) > 4) throw new Problem('service-missing', { summary: '', advice: '' });
        return ports.cloudRun.read();
      },
    };
    const ending = await runLoop({ ...errand(world), ports: { ...ports, cloudRun } });
    expect(ending).toMatchObject({ outcome: 'gone', service: null });
  });
});

describe('writes', () => {
  test('an answer that is lost is read again, never sent again', async () => {
    const world = new World();
    world.fault = (call) => (call === 'write' ? 'lost' : null);
    expect(await drive(world)).toMatchObject({ outcome: 'promoted' });
    expect(phases(world)).toEqual(['active:0', 'active:5', 'active:50', 'promoted:100']);
    expect(world.writes).toHaveLength(4);
  });

  test('a conflict is read again and decided again', async () => {
    const world = new World();
    let left = 3;
    world.fault = (call) => (call === 'write' && (left -= 1) >= 0 ? 'conflict' : null);
    expect(await drive(world)).toMatchObject({ outcome: 'promoted' });
  });

  test('conflicts without end stop after 20 rereads, with the record intact', async () => {
    const world = new World();
    world.fault = (call) => (call === 'write' && world.writes.length === 2 ? 'conflict' : null);
    await expect(drive(world)).rejects.toMatchObject({ code: 'conflicts' });
    expect(world.record).toMatchObject({ phase: 'active', stage: 1 });
    expect(world.calls.filter((call) => call === 'write').length).toBeLessThanOrEqual(23);
  });

  test.each([
    ['a split the service refuses is undone', 'write-refused', 'rolled-back'],
    ['a permission that was taken away is for a person', 'denied', null],
  ] as const)('%s', async (_, code, outcome) => {
    const world = new World();
    const ports = world.ports();
    const cloudRun: typeof ports.cloudRun = {
      ...ports.cloudRun,
      write: async (from, next, change) =>
        next.stage === 2 && next.phase === 'active'
          ? { kind: 'refused', problem: new Problem(code, { summary: 'No.', advice: '' }) }
          : ports.cloudRun.write(from, next, change),
    };
    const run = runLoop({ ...errand(world), ports: { ...ports, cloudRun } });
    if (outcome === null) await expect(run).rejects.toMatchObject({ code });
    else expect(await run).toMatchObject({ outcome });
    expect(world.asked).toEqual(
      outcome === null ? { [STABLE]: 95, [CANARY]: 5 } : { [STABLE]: 100 },
    );
  });

  test('a start that is refused changes nothing', async () => {
    const world = new World();
    const ports = world.ports();
    const problem = new Problem('write-refused', { summary: 'Bad template.', advice: '' });
    const cloudRun = {
      ...ports.cloudRun,
      write: async () => ({ kind: 'refused', problem }) as const,
    };
    const run = runLoop({ ...errand(world), ports: { ...ports, cloudRun } });
    await expect(run).rejects.toThrow('Bad template.');
  });
});

describe('a process that dies', () => {
  const calls = async () => {
    const world = new World(BAD_FROM_50);
    await drive(world);
    return world.calls.length;
  };

  test('at any call, before or after it, leaves what a re-run finishes as if nothing had happened', async () => {
    const total = await calls();
    expect(total).toBeGreaterThan(40);
    for (let index = 0; index < total; index += 1) {
      for (const moment of ['before', 'after'] as const) {
        for (const canary of [GOOD, BAD_FROM_50]) {
          const world = new World(canary);
          world.fault = (_, at) => (at === index ? moment : null);
          await drive(world).catch((error: unknown) => {
            if (!(error instanceof Crash)) throw error;
          });
          const caller = aCaller({ attempt: 2, revision: 'web-c8y7innm-2' });
          await drive(world, { caller });
          const started = world.writes.filter(
            ({ record, applied }) => applied && record.reason === 'started',
          );
          const judged = started.at(-1)!.record.canary;
          expect(world.asked, `${moment} ${index}`).toEqual({
            [canary === GOOD ? judged : STABLE]: 100,
          });
        }
      }
    }
  });

  test('at any call is finished by a reconcile after the due time, with at most one write', async () => {
    const total = await calls();
    for (let index = 0; index < total; index += 1) {
      for (const moment of ['before', 'after'] as const) {
        const world = new World(GOOD);
        world.fault = (_, at) => (at === index ? moment : null);
        await drive(world).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
        });
        const promoted = world.asked[CANARY] === 100;
        const before = world.writes.length;
        world.now += 24 * 60 * MINUTE;
        await drive(world, {
          goal: { kind: 'reconcile', dead: null },
          caller: aCaller({ rolloutId: '1-3' }),
        });
        expect(world.writes.length - before, `${moment} ${index}`).toBeLessThanOrEqual(1);
        expect(world.asked).toEqual({ [promoted ? CANARY : STABLE]: 100 });
      }
    }
  });
});

describe('an outsider', () => {
  test('at any call is never overwritten', async () => {
    const world = new World();
    await drive(world);
    const total = world.calls.length;
    for (let index = 0; index < total; index += 1) {
      const raced = new World();
      raced.meanwhile = (at) => {
        if (at === index) raced.setTraffic({ 'web-00040-old': 100 });
      };
      await drive(raced).catch(() => undefined);
      const promotedBefore = index >= total - 1;
      expect(raced.asked, `call ${index}`).toEqual(
        promotedBefore ? raced.asked : expectedAfter(raced),
      );
    }
  });

  /** Only a rollout that started after the outsider, from the outsider's split, may move it. */
  function expectedAfter(world: World) {
    const first = world.writes.find(({ applied }) => applied);
    return first?.record.stable === 'web-00040-old'
      ? { [first.record.canary]: 100 }
      : { 'web-00040-old': 100 };
  }
});

describe('cancelling', () => {
  test('at any call of a good rollout leaves the stable revision or the promoted canary', async () => {
    const whole = new World();
    await drive(whole);
    for (let index = 0; index < whole.calls.length; index += 1) {
      const world = new World();
      const controller = new AbortController();
      world.meanwhile = (at) => {
        if (at === index) controller.abort();
      };
      const ending = await drive(world, { cancel: controller.signal });
      const promoted = ending.outcome === 'promoted';
      expect(world.asked, `call ${index}`).toEqual({ [promoted ? CANARY : STABLE]: 100 });
    }
  });

  test('needs one read and one write', async () => {
    const world = new World();
    const controller = new AbortController();
    let at = 0;
    world.meanwhile = (index) => {
      if (world.calls[index] === 'observe' && at === 0) {
        at = index;
        controller.abort();
      }
    };
    await drive(world, { cancel: controller.signal });
    expect(world.calls.slice(at + 1)).toEqual(['read', 'write', 'read']);
  });

  test('ends a read that gets no answer after a few tries', async () => {
    const world = new World();
    const controller = new AbortController();
    world.fault = (call) => {
      if (call !== 'read' || world.writes.length < 2) return null;
      controller.abort();
      return 'lost';
    };
    const run = drive(world, { cancel: controller.signal });
    await expect(run).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('the API being away', () => {
  test('for some minutes in the middle of a rollout is waited out', async () => {
    const world = new World();
    world.fault = (call, index) => (call === 'read' && index > 30 && index < 45 ? 'lost' : null);
    const remarks: string[] = [];
    expect(await drive(world, { remarks })).toMatchObject({ outcome: 'promoted' });
    expect(remarks).toContain('No answer. Reading again.');
  });

  test('past the due time is given up, with the record intact', async () => {
    const world = new World();
    world.fault = (call, index) => (call === 'read' && index > 30 ? 'lost' : null);
    await expect(drive(world)).rejects.toMatchObject({ code: 'unreachable' });
    expect(world.record).toMatchObject({ phase: 'active' });
  });

  test('before anything is open ends at once', async () => {
    const world = new World();
    world.fault = (call) => (call === 'read' ? 'lost' : null);
    await expect(drive(world)).rejects.toMatchObject({ code: 'unreachable' });
    expect(world.calls).toEqual(['read']);
  });

  test('for revisions only waits, and asks again', async () => {
    const world = new World();
    let lost = 0;
    world.fault = (call) => (call === 'revision' && lost++ > 0 && lost < 4 ? 'lost' : null);
    expect(await drive(world)).toMatchObject({ outcome: 'promoted' });
  });
});

describe('orders', () => {
  const order = (order: 'promote' | 'rollback') => anOrder(order);

  async function halfway(): Promise<World> {
    const world = new World();
    world.fault = () => (world.writes.length === 2 ? 'before' : null);
    await drive(world).catch(() => undefined);
    world.fault = () => null;
    world.now += 10_000;
    return world;
  }

  test('a rollback by a person restores at once, with one read and one write', async () => {
    const world = await halfway();
    const before = world.calls.length;
    const ending = await drive(world, {
      goal: order('rollback'),
      caller: aCaller({ rolloutId: '1-3' }),
    });
    expect(ending.outcome).toBe('rolled-back');
    expect(world.calls.slice(before, before + 2)).toEqual(['read', 'write']);
    expect(new Set(world.calls.slice(before + 2))).toEqual(new Set(['read']));
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });

  test('a promote by a person finishes at once', async () => {
    const world = await halfway();
    const ending = await drive(world, {
      goal: order('promote'),
      caller: aCaller({ rolloutId: '1-3' }),
    });
    expect(ending.outcome).toBe('promoted');
    expect(world.asked).toEqual({ [CANARY]: 100 });
  });

  test('an order whose answer is lost still says what became of it', async () => {
    const world = await halfway();
    world.fault = (call) => (call === 'write' ? 'lost' : null);
    const ending = await drive(world, {
      goal: order('rollback'),
      caller: aCaller({ rolloutId: '1-3' }),
    });
    expect(ending.outcome).toBe('rolled-back');
  });

  test('with nothing open it changes nothing', async () => {
    const world = new World();
    expect(await drive(world, { goal: order('rollback') })).toMatchObject({
      outcome: 'nothing-open',
    });
    expect(world.writes).toEqual([]);
  });
});
