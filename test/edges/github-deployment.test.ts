import { afterAll, describe, expect, test, vi } from 'vitest';
import { FAULTS } from './github-fault-kinds.ts';
import { closeServers, SHA } from './github-fixture.ts';
import { at, REPO, RUN, startForge } from './github-forge-fixture.ts';
import type { Forge } from './github-forge-fixture.ts';

// Most of the time passes in waiting.
vi.setConfig({ maxConcurrency: 32 });
afterAll(closeServers);

type Writer = ReturnType<Forge['openDeployment']>;

async function tell(writer: Writer, ...told: readonly Parameters<Writer['tell']>[0][]) {
  for (const status of told) {
    writer.tell(status);
    await writer.flush();
  }
}

const writesOf = (forge: Forge) => forge.asked().filter((call) => !call.startsWith('GET'));

describe.concurrent('the Deployment of a rollout', () => {
  test('is made once, and says where it is with the address', async () => {
    const forge = await startForge();
    const url = 'https://web.example.app';
    await tell(
      forge.openDeployment(),
      at('in_progress', { environmentUrl: '' }),
      at('in_progress'),
      at('success', { environmentUrl: url, logUrl: 'https://github.com/octo-org/shop/runs/1' }),
    );
    const [made, ...statuses] = forge.journal
      .entries()
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => JSON.parse(body));
    expect(made).toEqual({
      ref: SHA,
      environment: 'web (europe-west1)',
      description: 'Canary of web in europe-west1',
      payload: { cloud_run_canary: forge.rollout },
      auto_merge: false,
      required_contexts: [],
    });
    expect(statuses).toEqual([
      { state: 'in_progress', description: 'now in_progress', log_url: RUN },
      {
        state: 'in_progress',
        description: 'now in_progress',
        log_url: RUN,
        environment_url: 'https://c-1---web.example.app',
      },
      {
        state: 'success',
        description: 'now success',
        log_url: 'https://github.com/octo-org/shop/runs/1',
        environment_url: url,
      },
    ]);
    expect(forge.notices).toEqual([]);
  });

  test('has a new status only where state or address are new', async () => {
    const forge = await startForge();
    const later = at('in_progress', { description: 'at 20 %', logUrl: '' });
    await tell(forge.openDeployment(), at('in_progress'), later, at('failure'));
    expect(forge.statuses.map(({ state }) => state)).toEqual(['in_progress', 'failure']);
  });

  test('is gone on with by whoever drives the rollout next', async () => {
    const forge = await startForge();
    await tell(forge.openDeployment(), at('in_progress'));
    await tell(forge.openDeployment(), at('in_progress'), at('success'));
    expect(forge.deployments).toHaveLength(1);
    expect(forge.statuses.map(({ state }) => state)).toEqual(['in_progress', 'success']);
  });

  test('is known where GitHub gives its payload back as text', async () => {
    const forge = await startForge();
    await tell(forge.openDeployment(), at('in_progress'));
    const [made] = forge.deployments.splice(0);
    forge.deployments.push({ ...made!, payload: JSON.stringify(made!.payload) });
    await tell(forge.openDeployment(), at('success'));
    expect(forge.deployments).toHaveLength(1);
  });

  test('of another rollout, or in another environment, is not taken for it', async () => {
    const forge = await startForge();
    await tell(forge.openDeployment(), at('in_progress'));
    await tell(forge.openDeployment({ externalId: 'another' }), at('in_progress'));
    const qa = { environment: 'qa', isNamed: true };
    await tell(forge.openDeployment(qa), at('in_progress'));
    expect(forge.deployments.map(({ environment }) => environment)).toEqual([
      'web (europe-west1)',
      'web (europe-west1)',
      'qa',
    ]);
  });

  test('is not made of a rollout that is not there any more', async () => {
    const forge = await startForge();
    await tell(forge.openDeployment(), at('inactive'));
    expect(writesOf(forge)).toEqual([]);
    await tell(forge.openDeployment(), at('in_progress'));
    await tell(forge.openDeployment(), at('inactive'));
    expect(forge.statuses.map(({ state }) => state)).toEqual(['in_progress', 'inactive']);
  });

  test('keeps to what GitHub takes of a description, and holds no secret', async () => {
    const forge = await startForge();
    const description = `hunter2 ${'x'.repeat(500)}`;
    await tell(forge.openDeployment(), at('in_progress', { description }));
    expect(forge.statuses[0]!.description).toMatch(/^\*\*\* x{136}$/);
  });

  test.for(['drop', 'lost', 'empty', 'truncated'] as const)(
    'whose making is answered with "%s" is made once',
    async (kind) => {
      const forge = await startForge();
      forge.faults.add({
        match: { method: 'POST', pathIncludes: '/deployments' },
        fault: { kind },
      });
      await tell(forge.openDeployment(), at('success'));
      expect([forge.deployments.length, forge.notices]).toEqual([1, []]);
      expect(forge.statuses.at(-1)).toMatchObject({ state: 'success' });
    },
  );
});

describe.concurrent('a Deployment that GitHub has made for a job', () => {
  const job = (changes: object = {}) => ({
    repo: REPO,
    sha: SHA,
    environment: 'production',
    runId: 77,
    ...changes,
  });

  test.for([
    ['of this run', job(), {}],
    [
      'of the run that started the rollout',
      job({ runId: 66 }),
      { runUrls: [RUN, RUN.replace('77', '66')] },
    ],
    [
      'on the trial merge of a pull request',
      job({ sha: 'e'.repeat(40) }),
      { jobShas: ['e'.repeat(40)] },
    ],
    [
      'with the very name that was chosen',
      job({ environment: 'Production' }),
      { environment: 'production', isNamed: true },
    ],
  ] as const)('%s is not doubled, and one notice says so', async ([, made, changes]) => {
    const forge = await startForge();
    forge.controls.addJobDeployment(made);
    await tell(forge.openDeployment(changes), at('in_progress'), at('success'));
    expect([forge.deployments.length, writesOf(forge)]).toEqual([1, []]);
    expect(forge.notices).toEqual([expect.stringMatching(/environment: production` of a job/i)]);
  });

  test.for([
    ['of another run', job({ runId: 771 }), {}],
    ['with another name than the one that was chosen', job(), { environment: 'qa', isNamed: true }],
  ] as const)('%s is none of ours', async ([, made, changes]) => {
    const forge = await startForge();
    forge.controls.addJobDeployment(made);
    await tell(forge.openDeployment(changes), at('in_progress'));
    expect([forge.deployments.length, forge.notices]).toEqual([2, []]);
  });

  test('comes too late where the rollout has one already', async () => {
    const forge = await startForge();
    await tell(forge.openDeployment(), at('in_progress'));
    forge.controls.addJobDeployment(job());
    await tell(forge.openDeployment(), at('success'));
    expect(forge.statuses.at(-1)).toMatchObject({ state: 'success' });
    expect(forge.notices).toEqual([]);
  });

  test('is told from another rollout of the same run, whose log is that run', async () => {
    const forge = await startForge();
    await tell(forge.openDeployment({ externalId: 'another' }), at('in_progress'));
    await tell(forge.openDeployment(), at('in_progress'));
    expect([forge.deployments.length, forge.notices]).toEqual([2, []]);
  });
});

const CALLS = [
  ['the look-up', { method: 'GET', pathIncludes: '/deployments' }, ''],
  ['the making', { method: 'POST', pathIncludes: '/deployments' }, ''],
  ['the status', { method: 'POST', pathIncludes: '/statuses' }, ''],
  ['the look at a job’s', { method: 'GET', pathIncludes: '/statuses' }, 'job'],
] as const;

describe.concurrent(
  'S15: a Deployment that GitHub does not take is one notice and nothing else',
  () => {
    for (const [call, match, before] of CALLS) {
      test.for(FAULTS)(`${call}: $name, for good`, async ({ fault }) => {
        const forge = await startForge();
        const job = { repo: REPO, sha: SHA, environment: 'production', runId: 5 };
        if (before === 'job') forge.controls.addJobDeployment(job);
        forge.faults.add({ match, fault, times: 1_000 });
        await tell(forge.openDeployment(), at('in_progress'), at('success'));
        expect(forge.notices).toEqual([
          expect.stringMatching(/^The Deployment .*"deployments: write".* goes on without it\.$/),
        ]);
        expect(forge.notices[0]).not.toContain(forge.controls.token);
      });
    }

    test('also without the permission', async () => {
      const forge = await startForge();
      forge.controls.permissions.deployments = 'read';
      await tell(
        forge.openDeployment(),
        at('in_progress'),
        at('in_progress', { environmentUrl: '' }),
      );
      expect([forge.notices.length, writesOf(forge).length]).toEqual([1, 1]);
    });
  },
);
