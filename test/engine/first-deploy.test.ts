/** The loop of a first deployment on a service in memory, in virtual time. */
import { describe, expect, test } from 'vitest';
import { dryFirst } from '../../src/action/first-revision.ts';
import { Problem, ServiceMissing } from '../../src/core/problem.ts';
import type { Acceptance } from '../../src/core/forecast/forecast-types.ts';
import type { FirstDeployment } from '../../src/core/service-types.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import { deployFirst } from '../../src/engine/first-deploy.ts';
import type { FirstErrand } from '../../src/engine/first-deploy.ts';
import { FirstRefusal } from '../../src/engine/first-refusal.ts';
import type { FirstAnswer, ProbeResult } from '../../src/engine/ports.ts';
import { CANARY, MINUTE, NOW, aCaller, aPlan, aQuietService } from '../unit/build.ts';
import { World } from './world.ts';

const plan = aPlan();
const GOOD: ProbeResult = { ok: true, status: 200, why: 'Answered 200.' };

type Setting = {
  /** What becomes of the nth write; taken, if it is not said. */
  readonly answers?: readonly ('taken' | 'lost' | 'never' | 'refused')[];
  readonly startsIn?: number;
  readonly fails?: boolean;
  readonly probe?: ProbeResult;
  /** Somebody else's first revision, already there or made at the first write. */
  readonly theirs?: 'before' | 'meanwhile';
  /** And it fails, too. */
  readonly theirsFail?: true;
  /** Reads, counted from 0, that have no answer. */
  readonly deaf?: readonly number[];
  readonly cancelAt?: number;
  /** The run is cancelled while the smoke test goes on. */
  readonly cutShort?: true;
  /** What refuses a write is no answer of Cloud Run. */
  readonly unsent?: true;
  /** What a dry run of the write is answered; a Problem is thrown. `made`: it is made all the same. */
  readonly dry?: Acceptance | Problem | 'made';
  /** Ingress of the service as it would be. */
  readonly ingress?: string;
};

/** Cloud Run as far as a first deployment sees it. */
function site(setting: Setting) {
  const cancel = new AbortController();
  let now = 0;
  let made: { first: FirstDeployment | null; at: number } | null = null;
  let reads = 0;
  const writes: FirstDeployment[] = [];
  const rehearsed: FirstDeployment[] = [];
  const lines: string[] = [];
  const snapshot = (): ServiceSnapshot => {
    if (made === null) {
      throw new ServiceMissing(NOW + now, { summary: 'None.', advice: '', commands: [] });
    }
    const { first, at } = made;
    const isOver = now >= at + (setting.startsIn ?? 20_000);
    const revision = first?.revision ?? 'web-theirs';
    const fails = first === null ? setting.theirsFail === true : setting.fails === true;
    const isReady = isOver && !fails;
    return aQuietService({
      readAt: NOW + now,
      first,
      latestCreated: revision,
      latestReady: isReady ? revision : '',
      asked: isReady ? { [revision]: 100 } : {},
      ready: isReady ? 'yes' : isOver ? { failed: 'No port.' } : 'pending',
    });
  };
  const deploy = async (
    _: ServiceSnapshot | null,
    first: FirstDeployment,
  ): Promise<FirstAnswer> => {
    const answer = setting.answers?.[writes.length] ?? 'taken';
    writes.push(first);
    if (answer === 'refused') {
      const problem = new Problem('denied', { summary: 'May not.', advice: '' });
      return { kind: 'refused', problem, at: setting.unsent === true ? null : NOW + now };
    }
    const isTheirs = setting.theirs === 'meanwhile' && made === null;
    if (isTheirs) made = { first: null, at: now };
    else if (answer !== 'never') made = { first, at: now };
    return answer === 'taken' && !isTheirs
      ? { kind: 'applied' }
      : { kind: 'read-again', why: 'no answer' };
  };
  if (setting.theirs === 'before') made = { first: null, at: 0 };
  const { metrics, revisions, cloudRun } = new World().ports();
  const errand: FirstErrand = {
    caller: aCaller(),
    isHosted: true,
    cancel: cancel.signal,
    observer: { remark: (text) => void lines.push(text) },
    ports: {
      metrics,
      revisions,
      cloudRun: {
        ...cloudRun,
        proveFence: async () => true,
        read: async () => {
          now += 300;
          if (setting.deaf?.includes(reads++) === true) {
            throw new Problem('unreachable', { summary: 'No answer.', advice: '' });
          }
          return snapshot();
        },
      },
      firsts: {
        deploy,
        rehearseFirst: async (_, first) => {
          const { dry = { kind: 'accepted' } } = setting;
          rehearsed.push(first);
          if (dry instanceof Problem) throw dry;
          if (dry !== 'made') return dry;
          made = { first, at: now };
          return { kind: 'accepted' };
        },
        entrance: () => ({
          ingress: setting.ingress ?? 'all',
          hasProxy: false,
          hasAddresses: true,
        }),
      },
      prober: {
        probe: async () => {
          if (setting.cutShort === undefined) return setting.probe ?? GOOD;
          cancel.abort();
          return { ok: false, status: null, why: 'Cut short.' };
        },
        warmUp: async () => expect.unreachable('nobody waits for it'),
      },
      clock: {
        sleep: async (ms) => {
          now += ms;
          if (setting.cancelAt !== undefined && now >= setting.cancelAt) cancel.abort();
        },
        monotonic: () => now,
      },
    },
  };
  return { errand, writes, rehearsed, lines, time: () => now };
}

async function played(setting: Setting) {
  const { errand, ...seen } = site(setting);
  return { ending: await deployFirst(errand, plan), ...seen };
}

test('is made, waited for, and asked', async () => {
  const { ending, writes, lines } = await played({});
  expect(ending).toMatchObject({ outcome: 'deployed', service: { latestReady: CANARY } });
  expect(writes).toHaveLength(1);
  expect(lines).toEqual([
    `There is no such service: making it with ${CANARY}, which gets all traffic.`,
    `Waiting: ${CANARY} is starting.`,
    'Answered 200.',
    expect.stringContaining('no canary'),
  ]);
});

test.each<readonly [string, Setting]>([
  ['an answer that is lost', { answers: ['lost'] }],
  ['an outage once it was sent', { deaf: [1, 2, 3, 4] }],
])('survives %s: it is made once', async (_, setting) => {
  const { ending, writes } = await played(setting);
  expect([ending?.outcome, writes.length]).toEqual(['deployed', 1]);
});

test('is asked for again where nothing has arrived', async () => {
  const { ending, writes } = await played({ answers: ['never', 'never'] });
  expect([ending?.outcome, writes.length]).toEqual(['deployed', 3]);
});

test('is given up when nothing ever arrives', async () => {
  const answers = Array.from({ length: 99 }, () => 'never' as const);
  await expect(played({ answers })).rejects.toMatchObject({ code: 'conflicts' });
});

test('before anything was sent the first failure of a read ends it', async () => {
  await expect(played({ deaf: [0] })).rejects.toMatchObject({ code: 'unreachable' });
});

test('a refusal is said as it is', async () => {
  await expect(played({ answers: ['refused'] })).rejects.toMatchObject({ code: 'denied' });
});

test('with what is known of the service, so that it can be shown', async () => {
  const refusal = (setting: Setting) => played(setting).catch((error: unknown) => error);
  const none = await refusal({ answers: ['refused'] });
  expect(none).toBeInstanceOf(FirstRefusal);
  expect(none).toMatchObject({
    service: { readAt: NOW + 300, record: 'none', asked: {}, url: '' },
  });
  const there = { theirs: 'before', fails: true, startsIn: 0, answers: ['refused'] } as const;
  expect(await refusal({ ...there, theirsFail: true })).toMatchObject({
    service: { latestCreated: 'web-theirs' },
  });
  // What was never sent has no time to show it at.
  expect(await refusal({ answers: ['refused'], unsent: true })).toMatchObject({ service: null });
});

test.each(['before', 'meanwhile'] as const)(
  'where somebody else deploys it %s, theirs is waited for, and a canary is wanted',
  async (theirs) => {
    const { ending, time } = await played({ theirs });
    expect(ending).toBeNull();
    expect(time()).toBeGreaterThan(20_000);
  },
);

test('one that fails is left as it is', async () => {
  const { ending, writes } = await played({ fails: true });
  expect(ending).toMatchObject({
    outcome: 'deploy-failed',
    why: expect.stringContaining('did not start'),
    memory: { doom: { reason: 'not-ready', why: 'Cloud Run says: No port.', said: 'No port.' } },
  });
  expect(writes).toHaveLength(1);
});

test('one that is never ready is waited for as long as deploy_timeout says', async () => {
  const { ending, time } = await played({ startsIn: 60 * MINUTE });
  expect(ending).toMatchObject({ outcome: 'deploy-failed' });
  expect(time()).toBeGreaterThanOrEqual(plan.deployTimeout);
  expect(time()).toBeLessThan(plan.deployTimeout + MINUTE);
});

test('a cancel ends the waiting, and undoes nothing', async () => {
  const { ending, writes, time } = await played({ cancelAt: 5_000 });
  expect(ending).toMatchObject({
    outcome: 'deploy-failed',
    why: expect.stringContaining('Cancelled'),
  });
  expect(writes).toHaveLength(1);
  expect(time()).toBeLessThan(10_000);
});

test('a smoke test that was cut short by a cancel has found nothing out', async () => {
  const { ending } = await played({ cutShort: true });
  expect(ending).toMatchObject({
    outcome: 'deploy-failed',
    why: expect.stringContaining('Cancelled'),
  });
  expect(ending?.why).not.toContain('does not work');
});

test.each([401, 403])('a new service that is still private (%s) has not failed', async (status) => {
  const { ending } = await played({ probe: { ok: false, status, why: 'No.' } });
  expect(ending).toMatchObject({
    outcome: 'deployed',
    why: expect.stringContaining('nothing is known of its answers'),
  });
});

test.each([500, 404, null])('one that answers %s has', async (status) => {
  const { ending } = await played({ probe: { ok: false, status, why: 'No.' } });
  expect(ending).toMatchObject({ outcome: 'deploy-failed' });
});

test('a service that is shut to this runner is refused before it is made', async () => {
  const { errand, writes } = site({ ingress: 'internal' });
  await expect(deployFirst(errand, plan)).rejects.toMatchObject({
    code: 'preflight',
    findings: [{ subject: 'ingress', value: 'internal' }],
  });
  expect(writes).toEqual([]);
  const inside = { ...errand, isHosted: false };
  expect((await deployFirst(inside, plan))?.outcome).toBe('deployed');
});

describe('a dry run', () => {
  const dry = (setting: Setting, with_ = plan) => dryFirst(with_, site(setting).errand);

  test('says what a run would do with a service that is not there', async () => {
    const { errand, writes, rehearsed } = site({});
    const ending = await dryFirst(plan, errand);
    expect(ending).toMatchObject({ outcome: 'planned', why: expect.stringContaining('make the') });
    expect(ending?.why).toContain('Cloud Run has checked the first write in a dry run');
    expect([writes, rehearsed.map(({ revision }) => revision)]).toEqual([[], [CANARY]]);
    // There is something to show, as of every plan.
    expect(ending?.service).toMatchObject({ url: '', readAt: NOW + 300 });
  });

  test('is refused for what Cloud Run would refuse the write for', async () => {
    const denied = new Problem('denied', { summary: 'May not make it.', advice: 'Grant.' });
    await expect(dry({ dry: denied })).rejects.toBe(denied);
  });

  test('does not keep to itself that the service was made all the same', async () => {
    await expect(dry({ dry: 'made' })).rejects.toMatchObject({
      code: 'ended',
      summary: expect.stringContaining(`has made the service with ${CANARY}`),
    });
  });

  test('says that a run may be refused where a wrong version was not', async () => {
    const open = { kind: 'untried', why: 'it was taken', fence: 'absent' } as const;
    const there = { theirs: 'before', theirsFail: true, startsIn: 0, dry: open } as const;
    expect((await dry(there))?.why).toMatch(/A run may be refused here: .*allow_unfenced: true/);
    const allowed = await dry(there, aPlan({ allowUnfenced: true }));
    expect([allowed?.outcome, allowed?.why]).toEqual([
      'planned',
      expect.not.stringContaining('may be refused'),
    ]);
  });

  test("waits for nobody: somebody else's first revision would be", async () => {
    const ending = await dry({ theirs: 'before' });
    expect(ending).toMatchObject({ outcome: 'planned', why: expect.stringContaining('wait for') });
    expect(ending?.why).not.toContain('give the service');
  });

  test('is refused for what the run would be refused for', async () => {
    await expect(dry({ ingress: 'internal' })).rejects.toMatchObject({ code: 'preflight' });
    const imageless = aPlan({ change: { image: null, edits: [], originLabels: [] } });
    await expect(dry({}, imageless)).rejects.toMatchObject({ code: 'service-missing' });
  });

  test('of one that this run has deployed already says that it is there', async () => {
    const { errand } = site({});
    await deployFirst(errand, plan);
    const ending = await dryFirst(plan, errand);
    expect(ending).toMatchObject({ outcome: 'planned', why: expect.stringContaining('is there') });
    expect(ending?.why).not.toContain('give the service');
  });
});
