import { describe, expect, test } from 'vitest';
import { Problem, problemText } from '../../src/core/problem.ts';
import type { Ports } from '../../src/engine/loop.ts';
import { Refusal, preflight } from '../../src/engine/preflight.ts';
import type { Foresight } from '../../src/engine/ports.ts';
import { STABLE, aCaller, aChange, aPlan, aQuietService } from '../unit/build.ts';
import { KNOWS_NOTHING, World } from './world.ts';

const cancel = new AbortController().signal;

const ref = { project: 'demo', region: 'us-central1', service: 'web' };

function check(ports: Ports, plan = aPlan(), { isHosted = true, doctor = KNOWS_NOTHING } = {}) {
  const foresight = new World().foresight();
  return preflight(plan, { caller: aCaller(), ports, foresight, cancel, isHosted, doctor, ref });
}

async function findingsOf(ports: Ports): Promise<readonly string[]> {
  try {
    await check(ports);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.code).toBe('preflight');
    return error.findings.map(({ subject, value }) => `${subject}:${value ?? ''}`);
  }
}

describe('preflight', () => {
  test('of a service whose ingress keeps this runner out refuses, and changes nothing', async () => {
    const world = new World();
    world.entrance = { ingress: 'internal', hasProxy: false, hasAddresses: true };
    expect(await findingsOf(world.ports())).toEqual(['ingress:internal']);
    const own = await check(world.ports(), aPlan(), { isHosted: false });
    expect(own.notices).toEqual([expect.stringContaining('inside the VPC')]);
    expect(world.writes).toEqual([]);
  });

  test('of a quiet service finds its timing and changes nothing', async () => {
    const world = new World();
    const found = await check(world.ports());
    expect(found).toMatchObject({
      timing: { samplePeriod: 60_000, ingestDelay: 180_000 },
      notices: [],
      unchanged: false,
    });
    expect(world.writes).toEqual([]);
  });

  test('says everything that is wrong in one message', async () => {
    const world = new World();
    world.setTraffic({ a: 60, b: 40 });
    world.tags = [{ tag: 'c-8y7innm', revision: 'a', url: '' }];
    world.monitoring = 'denied';
    const ports = world.ports();
    const revisions = {
      ...ports.revisions,
      missingPermissions: async () => ['run.services.update'],
    };
    expect(await findingsOf({ ...ports, revisions })).toEqual([
      'permission:run.services.update',
      'denied:',
      'traffic:a 60 %, b 40 %',
      'tag:c-8y7innm',
    ]);
  });

  test('goes on checking when the service cannot be read', async () => {
    const ports = new World().ports();
    const cloudRun = {
      ...ports.cloudRun,
      read: async () => {
        throw new Problem('service-missing', { summary: 'No such service.', advice: 'Create it.' });
      },
    };
    const revisions = { ...ports.revisions, missingPermissions: async () => ['run.services.get'] };
    expect(await findingsOf({ ...ports, cloudRun, revisions })).toEqual([
      'service-missing:',
      'permission:run.services.get',
    ]);
  });

  test('passes the findings of a Problem on one by one', async () => {
    const ports = new World().ports();
    const finding = { subject: 'role', value: 'x', wrong: 'is missing', advice: 'Grant it.' };
    const metrics = {
      ...ports.metrics,
      timing: async () => {
        throw new Problem('denied', { summary: '', advice: '', findings: [finding] });
      },
    };
    expect(await findingsOf({ ...ports, metrics })).toEqual(['role:x']);
  });

  test('lets anything that is not a Problem through', async () => {
    const ports = new World().ports();
    const metrics = {
      ...ports.metrics,
      timing: async () => {
        throw new TypeError('a bug');
      },
    };
    await expect(check({ ...ports, metrics })).rejects.toThrow(TypeError);
  });

  test('waits a moment for a change of somebody else to settle', async () => {
    const world = new World();
    world.setTraffic({ other: 100 });
    await check(world.ports());
    expect(world.calls.filter((call) => call === 'read').length).toBeGreaterThan(1);
  });

  test('says when Monitoring’s timing had to be guessed', async () => {
    const ports = new World().ports();
    const timing = async () => ({ samplePeriod: 60_000, ingestDelay: 180_000, notice: 'Guessed.' });
    const found = await check({ ...ports, metrics: { ...ports.metrics, timing } });
    expect(found.notices).toEqual(['Guessed.']);
  });

  test('finds out that the image already serves', async () => {
    const ports = new World().ports();
    const digest = `europe-docker.pkg.dev/p/app/web@sha256:${'a'.repeat(64)}`;
    const revisions = {
      ...ports.revisions,
      state: async () => ({ health: 'ready', digest }) as const,
    };
    const plan = aPlan({ change: aChange({ image: digest }) });
    expect(await check({ ...ports, revisions }, plan)).toMatchObject({ unchanged: true });
    const split = { ...ports.cloudRun, read: async () => aQuietService({ record: 'unreadable' }) };
    const found = await check({ ...ports, revisions, cloudRun: split }, plan);
    expect(found.unchanged).toBe(false);
  });

  test.each([
    ['the same settings', { edits: false, latest: STABLE }, true],
    ['other settings of the same image', { edits: true, latest: STABLE }, false],
    [
      'a template that is not the one that serves',
      { edits: false, latest: 'web-00042-new' },
      false,
    ],
  ])('%s without an image: nothing to do is %s', async (_, { edits, latest }, unchanged) => {
    const ports = new World().ports();
    const read = async () => aQuietService({ latestCreated: latest });
    const cloudRun = { ...ports.cloudRun, read, differs: async () => edits };
    const plan = aPlan({ change: aChange() });
    expect(await check({ ...ports, cloudRun }, plan)).toMatchObject({ unchanged });
  });

  test('a revision that is brought is never what serves already, and is looked at before', async () => {
    const ports = new World().ports();
    const asked: string[] = [];
    const state = async (revision: string) => {
      asked.push(revision);
      return { health: 'ready', digest: null } as const;
    };
    const revisions = { ...ports.revisions, state };
    const plan = aPlan({ change: aChange(), brings: 'web-00012-old' });
    const found = await check({ ...ports, revisions }, plan);
    expect([found.unchanged, asked]).toEqual([false, ['web-00012-old']]);
  });

  test('one that is not there is a finding among the others', async () => {
    const world = new World();
    world.setTraffic({ a: 60, b: 40 });
    const plan = aPlan({ change: aChange(), brings: 'web-00012-old' });
    await expect(check(world.ports(), plan)).rejects.toMatchObject({
      findings: [{ subject: 'traffic' }, { subject: 'revision', value: 'web-00012-old' }],
    });
  });

  test('a change that cannot be made to the template is a finding among the others', async () => {
    const world = new World();
    world.setTraffic({ a: 60, b: 40 });
    const ports = world.ports();
    const finding = { subject: 'env_vars', value: 'A', wrong: 'is set from a secret', advice: '' };
    const differs = async () => {
      throw new Problem('bad-input', { summary: '', advice: '', findings: [finding] });
    };
    const cloudRun = { ...ports.cloudRun, differs };
    expect(await findingsOf({ ...ports, cloudRun })).toEqual([
      'traffic:a 60 %, b 40 %',
      'env_vars:A',
    ]);
  });
});

describe('with a fresh baseline', () => {
  const plan = aPlan({ baseline: 'fresh' });

  test('whether a clone can be made is found out, and whether it can be deleted is told', async () => {
    const world = new World();
    const ports = world.ports();
    const asked: (readonly string[])[] = [];
    const revisions = {
      ...ports.revisions,
      missingPermissions: async (permissions: readonly string[]) => {
        asked.push(permissions);
        return permissions.filter((permission) => permission.endsWith('.delete'));
      },
    };
    const { notices } = await check({ ...ports, revisions }, plan);
    expect(asked.at(-1)).toEqual(['run.revisions.delete']);
    expect(notices.join()).toContain('run.revisions.delete is missing');
    expect(world.calls).toContain('copy');
    expect(world.writes).toEqual([]);
  });

  test('what keeps it from being made is a finding among the others', async () => {
    const ports = new World().ports();
    const finding = { subject: 'baseline', value: 'fresh', wrong: 'has no digest', advice: '' };
    const copy = () =>
      Promise.reject(new Problem('bad-input', { summary: '', findings: [finding], advice: '' }));
    const work = check({ ...ports, cloudRun: { ...ports.cloudRun, copy } }, plan);
    await expect(work).rejects.toMatchObject({ code: 'preflight', findings: [finding] });
  });

  test('nobody asks where the baseline is the stable revision', async () => {
    const world = new World();
    await check(world.ports());
    expect(world.calls).not.toContain('copy');
  });
});

describe('the dry first write', () => {
  const refused = async () => {
    throw new Problem('write-refused', { summary: 'Memory is too small.', advice: 'Mend it.' });
  };

  function rehearsed(world: World, with_: Partial<Ports['revisions']> = {}, rehearse = refused) {
    const ports = world.ports();
    const revisions = { ...ports.revisions, ...with_ };
    return preflight(aPlan(), {
      caller: aCaller(),
      ports: { ...ports, revisions },
      foresight: { rehearse },
      isHosted: true,
      doctor: KNOWS_NOTHING,
      ref,
      cancel,
    });
  }

  test('that is refused is a finding in the words of Cloud Run, among all others', async () => {
    const world = new World();
    world.monitoring = 'denied';
    await expect(rehearsed(world)).rejects.toMatchObject({
      code: 'preflight',
      findings: [
        { subject: 'denied' },
        { subject: 'write-refused', wrong: 'Memory is too small.' },
      ],
    });
  });

  test('is the start of the rollout, at 0 % and with its plan', async () => {
    const world = new World();
    const sent: unknown[] = [];
    const rehearse: Foresight['rehearse'] = async (_, next, plan) => {
      sent.push([next.phase, next.stage, next.canary, next.stable, plan.tag]);
      return { kind: 'not-refused' };
    };
    const { caller } = { caller: aCaller() };
    const foresight = { rehearse };
    const found = await preflight(aPlan(), {
      caller,
      ports: world.ports(),
      foresight,
      isHosted: true,
      doctor: KNOWS_NOTHING,
      ref,
      cancel,
    });
    expect(sent).toEqual([['active', 0, caller.revision, STABLE, aPlan().tag]]);
    expect(found.acceptance).toEqual({ kind: 'not-refused' });
  });

  test('is not tried without leave to write, which has a finding of its own', async () => {
    const missingPermissions = async () => ['run.services.update'];
    await expect(rehearsed(new World(), { missingPermissions })).rejects.toMatchObject({
      findings: [{ subject: 'permission' }],
    });
  });

  test('is not tried where the traffic is split', async () => {
    const world = new World();
    world.setTraffic({ a: 60, b: 40 });
    await expect(rehearsed(world)).rejects.toMatchObject({ findings: [{ subject: 'traffic' }] });
  });

  test('is not tried by whoever starts nothing', async () => {
    const world = new World();
    const { ports, foresight } = { ports: world.ports(), foresight: { rehearse: refused } };
    const read = async () => aQuietService({ record: 'unreadable' });
    const cloudRun = { ...ports.cloudRun, read };
    const found = await preflight(aPlan(), {
      caller: aCaller(),
      ports: { ...ports, cloudRun },
      foresight,
      isHosted: true,
      doctor: KNOWS_NOTHING,
      ref,
      cancel,
    });
    expect(found.acceptance).toBeNull();
  });
});

describe('what is found out besides', () => {
  const sees = (with_: Partial<typeof KNOWS_NOTHING>) => ({ ...KNOWS_NOTHING, ...with_ });

  async function told(ports: Ports, doctor: typeof KNOWS_NOTHING, plan = aPlan()) {
    try {
      return { notices: (await check(ports, plan, { doctor })).notices, text: '', service: null };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { notices: [], text: problemText(error), service: error.service };
    }
  }

  test('is no reason to refuse, and one notice with its command', async () => {
    const asked: string[] = [];
    const mayActAs = async (account: string) => (asked.push(account), false);
    const { notices } = await told(new World().ports(), sees({ mayActAs }));
    expect(asked).toEqual(['web@p.iam.gserviceaccount.com']);
    expect(notices.filter((notice) => notice.includes('actAs'))).toEqual([
      'permission "iam.serviceAccounts.actAs" seems to be missing on web@p.iam.gserviceaccount.com, which the service runs as. Grant roles/iam.serviceAccountUser on it to the principal of this job: gcloud iam service-accounts add-iam-policy-binding web@p.iam.gserviceaccount.com --project=p --member=$MEMBER --role=roles/iam.serviceAccountUser',
    ]);
  });

  test.each([true, null])('is nothing where the answer is %j', async (may) => {
    const { notices } = await told(new World().ports(), sees({ mayActAs: async () => may }));
    expect(notices.join()).not.toContain('actAs');
  });

  test('is about the account that the canary will have', async () => {
    const asked: string[] = [];
    const mayActAs = async (account: string) => (asked.push(account), true);
    const edits = [
      { kind: 'text', of: 'service-account', to: 'new@p.iam.gserviceaccount.com' },
    ] as const;
    await told(
      new World().ports(),
      sees({ mayActAs }),
      aPlan({ change: aChange({ image: 'web:v2', edits }) }),
    );
    const cleared = [{ ...edits[0], to: null }];
    await told(
      new World().ports(),
      sees({ mayActAs }),
      aPlan({ change: aChange({ image: 'web:v2', edits: cleared }) }),
    );
    const file = [{ kind: 'service-file', json: '{}' }] as const;
    const filed = aPlan({ change: aChange({ image: 'web:v2', edits: file }) });
    await told(new World().ports(), sees({ mayActAs }), filed);
    expect(asked).toEqual(['new@p.iam.gserviceaccount.com']);
  });

  test('is not asked where a revision is brought: none is made that would run as somebody', async () => {
    const world = new World();
    world.revisions.set('web-brought', { readyAt: 0 });
    const mayActAs = async () => expect.unreachable('nobody has to act as the account');
    const { notices } = await told(
      world.ports(),
      sees({ mayActAs }),
      aPlan({ brings: 'web-brought' }),
    );
    expect(notices.join()).not.toContain('actAs');
  });

  test('is said along with what refuses the start, and the service comes with it', async () => {
    const world = new World();
    world.setTraffic({ a: 60, b: 40 });
    const { text, service } = await told(world.ports(), sees({ mayActAs: async () => false }));
    expect(text).toContain('traffic "a 60 %, b 40 %" is split');
    expect(text).toContain('iam.serviceAccounts.actAs');
    expect(service?.asked).toEqual({ a: 60, b: 40 });
  });

  test('a mistyped name is recognised, where the others may be listed', async () => {
    const ports = new World().ports();
    const missing = new Problem('service-missing', {
      summary: 'No web.',
      advice: 'Check it:',
      commands: ['gcloud run services list'],
    });
    const gone = { ...ports, cloudRun: { ...ports.cloudRun, read: () => Promise.reject(missing) } };
    const found = await told(gone, sees({ neighbours: async () => ['api', 'wbe', 'web-prod'] }));
    expect(found.text).toContain(
      'Did you mean web-prod or wbe? Check it: gcloud run services list',
    );
    expect(found.service).toBeNull();
    const neighbours = () => Promise.reject(new Problem('denied', { summary: 'No.', advice: '' }));
    const blind = await told(gone, sees({ neighbours }));
    expect(blind.text).toContain('No web. Check it: gcloud run services list');
    expect(blind.text).not.toContain('mean');
  });
});
