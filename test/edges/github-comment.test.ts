import { afterAll, describe, expect, test, vi } from 'vitest';
import { FAULTS } from './github-fault-kinds.ts';
import { clockWith, closeServers, SHA } from './github-fixture.ts';
import { MERGED, REPO, said, startForge } from './github-forge-fixture.ts';

// Most of the time passes in waiting.
vi.setConfig({ maxConcurrency: 32 });
afterAll(closeServers);

const LOOK = ['GET /commits/:sha/pulls', 'GET /issues/:id/comments'];

describe.concurrent('the comment on the pull request of a commit', () => {
  test('is looked for, made, and brought up to date', async () => {
    const forge = await startForge();
    forge.addPull(7, { headSha: SHA });
    const writer = forge.openComment();
    for (const text of ['running', 'promoted']) {
      writer.tell(said(text));
      await writer.flush();
    }
    expect(forge.asked()).toEqual([
      ...LOOK,
      'POST /issues/:id/comments',
      'PATCH /issues/comments/:id',
    ]);
    expect(forge.comments).toMatchObject([{ number: 7, body: `${forge.mark}promoted` }]);
    expect(forge.notices).toEqual([]);
  });

  test('is made after the merge, too', async () => {
    const forge = await startForge();
    forge.addPull(7, MERGED);
    const writer = forge.openComment();
    writer.tell(said('promoted'));
    await writer.flush();
    expect(forge.comments).toMatchObject([{ number: 7 }]);
  });

  test.for([
    ['the one that the commit has ended', [7, MERGED], [8, { headSha: SHA }], 7],
    [
      'the one that the commit is the newest of',
      [9, { mergeCommitSha: SHA }],
      [8, { headSha: SHA }],
      8,
    ],
    [
      'the one merged last',
      [7, { ...MERGED, mergeCommitSha: 'd'.repeat(40), headSha: SHA }],
      [8, { mergedAt: '2026-11-21T10:00:00Z', headSha: SHA }],
      8,
    ],
    ['the newer one of two that are open', [8, { headSha: SHA }], [7, { headSha: SHA }], 8],
    [
      'the newer one, whichever GitHub names first',
      [7, { headSha: SHA }],
      [8, { headSha: SHA }],
      8,
    ],
  ] as const)('stands on %s', async ([, [first, one], [second, other], on]) => {
    const forge = await startForge();
    forge.addPull(first, one);
    forge.addPull(second, other);
    const writer = forge.openComment();
    writer.tell(said('promoted'));
    await writer.flush();
    expect(forge.comments).toMatchObject([{ number: on }]);
  });

  test('is not made where the commit came without one, and nobody is told', async () => {
    const forge = await startForge();
    const writer = forge.openComment();
    writer.tell(said('promoted', { isLast: true }));
    await writer.flush();
    expect([forge.asked(), forge.notices]).toEqual([[LOOK[0]], []]);
  });

  test('of an earlier rollout is found again, on the second page, and by its mark alone', async () => {
    const forge = await startForge();
    forge.addPull(7, { headSha: SHA });
    const author = 'github-actions[bot]';
    for (let i = 0; i < 130; i += 1) {
      const body = i === 120 ? `${forge.mark}old` : `another ${i} ${forge.mark}`;
      forge.controls.addComment({ repo: REPO, number: 7, author, body });
    }
    const writer = forge.openComment();
    writer.tell(said('new'));
    await writer.flush();
    expect(forge.comments).toHaveLength(130);
    expect(forge.comments[120]).toMatchObject({ body: `${forge.mark}new` });
  });

  test.for([
    ['a person', 'mallory', 'github-actions[bot]'],
    ['the job, where the token is an app of its own', 'github-actions[bot]', 'shop-deployer[bot]'],
  ] as const)('that %s wrote with the same mark is left alone', async ([, author, login]) => {
    const forge = await startForge();
    forge.controls.login = login;
    forge.addPull(7, { headSha: SHA });
    const body = `${forge.mark}not yours`;
    forge.controls.addComment({ repo: REPO, number: 7, author, body });
    for (const text of ['first', 'second']) {
      const writer = forge.openComment();
      writer.tell(said(text));
      await writer.flush();
    }
    expect(forge.comments.map((one) => [one.author, one.body])).toEqual([
      [author, body],
      [login, `${forge.mark}second`],
    ]);
  });

  test('of the job is known where nobody says whose the token is', async () => {
    const forge = await startForge();
    forge.addPull(7, { headSha: SHA });
    for (const author of ['mallory', 'github-actions[bot]']) {
      forge.controls.addComment({ repo: REPO, number: 7, author, body: `${forge.mark}old` });
    }
    const fault = { kind: 'status', status: 403, body: {} } as const;
    forge.faults.add({ match: { pathIncludes: '/graphql' }, fault });
    const writer = forge.openComment();
    writer.tell(said('new'));
    await writer.flush();
    expect(forge.comments.map(({ body }) => body)).toEqual([
      `${forge.mark}old`,
      `${forge.mark}new`,
    ]);
    expect(forge.notices).toEqual([]);
  });

  test('is not written again with what it says already', async () => {
    const forge = await startForge();
    forge.addPull(7, { headSha: SHA });
    for (let process = 0; process < 2; process += 1) {
      const writer = forge.openComment();
      writer.tell(said('same'));
      await writer.flush();
      writer.tell(said('same'));
      await writer.flush();
    }
    expect(forge.asked().filter((call) => !call.startsWith('GET'))).toEqual([
      'POST /issues/:id/comments',
      'POST /graphql',
    ]);
  });

  test('is only brought up to date, not made, where all is well', async () => {
    const forge = await startForge();
    forge.addPull(7, { headSha: SHA });
    const well = async () => {
      const writer = forge.openComment();
      writer.tell(said('promoted', { makes: false, isLast: true }));
      await writer.flush();
    };
    await well();
    expect(forge.comments).toEqual([]);
    const failed = forge.openComment();
    failed.tell(said('restored', { isLast: true }));
    await failed.flush();
    await well();
    expect(forge.comments).toMatchObject([{ body: `${forge.mark}promoted` }]);
  });

  test('that somebody has deleted meanwhile is made again', async () => {
    const forge = await startForge();
    forge.addPull(7, { headSha: SHA });
    const writer = forge.openComment();
    writer.tell(said('running'));
    await writer.flush();
    forge.comments.splice(0);
    writer.tell(said('promoted', { isLast: true }));
    await writer.flush();
    expect(forge.comments).toMatchObject([{ body: `${forge.mark}promoted` }]);
  });

  test('never holds a secret', async () => {
    const forge = await startForge();
    forge.addPull(7, { headSha: SHA });
    const writer = forge.openComment();
    writer.tell(said('hunter2'));
    await writer.flush();
    expect(forge.comments).toMatchObject([{ body: `${forge.mark}***` }]);
  });

  test.for(['drop', 'lost', 'empty', 'truncated'] as const)(
    'whose making is answered with "%s" is made once',
    async (kind) => {
      const forge = await startForge();
      forge.addPull(7, { headSha: SHA });
      const match = { method: 'POST', pathIncludes: '/issues/7/comments' };
      forge.faults.add({ match, fault: { kind } });
      const writer = forge.openComment();
      writer.tell(said('promoted', { isLast: true }));
      await writer.flush();
      expect([forge.comments.length, forge.notices]).toEqual([1, []]);
    },
  );
});

const CALLS = [
  ['the pull request', { method: 'GET', pathIncludes: '/pulls' }],
  ['the look-up', { method: 'GET', pathIncludes: '/issues/7/comments' }],
  ['the making', { method: 'POST', pathIncludes: '/issues/7/comments' }],
  ['the update', { method: 'PATCH' }],
] as const;

describe.concurrent(
  'S15: a comment that GitHub does not take is one notice and nothing else',
  () => {
    for (const [call, match] of CALLS) {
      test.for(FAULTS)(`${call}: $name, for good`, async ({ fault }) => {
        const forge = await startForge();
        forge.addPull(7, { headSha: SHA });
        forge.faults.add({ match, fault, times: 1_000 });
        const writer = forge.openComment();
        for (const text of ['started', 'at 5 %', 'promoted']) {
          writer.tell(said(text, { isLast: text === 'promoted' }));
          await writer.flush();
        }
        expect(forge.notices).toEqual([
          expect.stringMatching(/^The comment .*"pull-requests: write".* goes on without it\.$/),
        ]);
        expect(forge.notices[0]).not.toContain(forge.controls.token);
      });
    }

    test.for(FAULTS)(
      'whose the token is: $name, for good, is taken to be the job’s',
      async (row) => {
        const forge = await startForge();
        forge.addPull(7, { headSha: SHA });
        const author = 'github-actions[bot]';
        forge.controls.addComment({ repo: REPO, number: 7, author, body: `${forge.mark}old` });
        forge.faults.add({ match: { pathIncludes: '/graphql' }, fault: row.fault, times: 1_000 });
        const writer = forge.openComment();
        writer.tell(said('new', { isLast: true }));
        await writer.flush();
        expect(forge.comments.map(({ body }) => body)).toEqual([`${forge.mark}new`]);
        expect(forge.notices).toEqual([]);
      },
    );

    test('also without the permission', async () => {
      const forge = await startForge();
      forge.addPull(7, { headSha: SHA });
      Object.assign(forge.controls.permissions, { issues: 'read', 'pull-requests': 'read' });
      const writer = forge.openComment();
      for (const text of ['started', 'at 5 %', 'at 20 %']) {
        writer.tell(said(text));
        await writer.flush();
      }
      expect(forge.notices).toHaveLength(1);
      expect(forge.asked()).toEqual([...LOOK, 'POST /issues/:id/comments']);
    });

    test('also when there is no answer in time', async () => {
      const forge = await startForge();
      const fault = { kind: 'delay', ms: 600_000, when: 'before' } as const;
      forge.faults.add({ match: {}, fault, times: 9 });
      const writer = forge.openComment({ clock: clockWith({ 10_000: 100 }) });
      writer.tell(said('promoted', { isLast: true }));
      await writer.flush();
      expect(forge.notices).toEqual([expect.stringContaining('did not answer in time')]);
      expect(writer.isBehind()).toBe(true);
    });

    test('and after a cancel it is given up within two seconds', async () => {
      const forge = await startForge();
      forge.addPull(7, { headSha: SHA });
      const fault = { kind: 'delay', ms: 600_000, when: 'before' } as const;
      forge.faults.add({ match: { pathIncludes: '/issues' }, fault });
      const cancel = new AbortController();
      const writer = forge.openComment({ hurry: cancel.signal });
      writer.tell(said('promoted', { isLast: true }));
      await forge.journal.waitFor(({ path }) => path.includes('/issues'), 5_000);
      const before = performance.now();
      cancel.abort();
      await writer.flush();
      expect(performance.now() - before).toBeLessThan(2_900);
      expect(forge.notices).toHaveLength(1);
    });
  },
);
