import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import type { Removal } from '../../src/engine/ports.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import { sweep, sweepClones, undoneCanary } from '../../src/engine/sweep.ts';
import { CANARY, STABLE, aQuietService, aRecord } from '../unit/build.ts';

const OLD = 'web-c7-1';

async function swept(
  with_: Partial<ServiceSnapshot>,
  o: { names?: readonly (string | null)[]; removal?: Removal; error?: unknown } = {},
) {
  const { names = [OLD], removal = 'deleted', error } = o;
  const removed: string[] = [];
  const lines: string[] = [];
  const notices: string[] = [];
  const remove = async (name: string): Promise<Removal> => {
    removed.push(name);
    if (error !== undefined) throw error;
    return removal;
  };
  const read = async () => aQuietService({ latestCreated: CANARY, ...with_ });
  const log = {
    line: (text: string) => void lines.push(text),
    notice: (text: string) => void notices.push(text),
  };
  await sweep({ cloudRun: { read }, remover: { remove }, log }, names);
  return { removed, lines, notices };
}

describe('a canary that was undone is deleted', () => {
  test('once another revision is the latest, and nobody uses it', async () => {
    const { removed, lines } = await swept({});
    expect(removed).toEqual([OLD]);
    expect(lines).toEqual([`${OLD}, which was undone, is being deleted.`]);
  });

  test('and of two the one that may be', async () => {
    const { removed, lines } = await swept({}, { names: [OLD, CANARY, null, OLD] });
    expect(removed).toEqual([OLD]);
    expect(lines[1]).toMatch(
      /is the latest revision, .* The next rollout with delete_failed_canary/,
    );
  });

  test.each<readonly [string, Partial<ServiceSnapshot>]>([
    ['is asked to have traffic', { asked: { [STABLE]: 50, [OLD]: 50 } }],
    ['still has traffic', { served: { [STABLE]: 50, [OLD]: 50 } }],
    ['has a tag', { tags: [{ tag: 'live', revision: OLD, url: '' }] }],
    ['is the latest', { latestCreated: OLD }],
    ['is the latest that is ready', { latestReady: OLD }],
    ['is what a rollout may go back to', { record: aRecord({ stable: OLD }) }],
    [
      'was brought again',
      { record: aRecord({ phase: 'rolled-back', brought: true, canary: OLD }) },
    ],
  ])('but not where it %s', async (_, with_) => {
    const { removed, lines } = await swept(with_);
    expect(removed).toEqual([]);
    expect(lines).toEqual([expect.stringContaining(`${OLD} is not deleted: `)]);
  });

  test('but not where no rollout has made it', async () => {
    const { lines } = await swept({}, { removal: 'not-ours' });
    expect(lines).toEqual([`${OLD} is not deleted: no rollout has made it.`]);
  });

  test('or a notice says why not, and nothing else comes of it', async () => {
    const denied = new Problem('denied', {
      summary: 'Permission run.revisions.delete is missing.',
      advice: 'Grant it.',
    });
    for (const error of [denied, new Error('secret')]) {
      const { notices } = await swept({}, { error });
      expect(notices).toHaveLength(1);
      expect(notices[0]).not.toContain('secret');
      if (error === denied)
        expect(notices[0]).toContain('run.revisions.delete is missing. Grant it.');
    }
  });

  test('or nothing is asked at all where there is none', async () => {
    const read = () => expect.unreachable();
    const log = { line: read, notice: read };
    await sweep({ cloudRun: { read }, remover: { remove: read }, log }, [null]);
  });
});

test.each([
  ['none', null],
  ['unreadable', null],
  [aRecord({ phase: 'active' }), null],
  [aRecord({ phase: 'held' }), null],
  [aRecord({ phase: 'promoted', stage: 3 }), null],
  [aRecord({ phase: 'released' }), null],
  [aRecord({ phase: 'rolled-back' }), CANARY],
  [aRecord({ phase: 'start-failed', stage: 0 }), CANARY],
  // Whoever has brought it may bring it again, also where a rollout of ours once made it.
  [aRecord({ phase: 'rolled-back', brought: true }), null],
  [aRecord({ phase: 'start-failed', stage: 0, brought: true }), null],
] as const)('which canary was undone: %#', (record, name) => {
  expect(undoneCanary(record)).toBe(name);
});

describe('the clone of a stable revision is deleted', () => {
  const CLONE = `${CANARY}-b`;
  const OVER = aRecord({ phase: 'promoted', stage: 3 });

  async function sweptClones(
    with_: Partial<ServiceSnapshot> = {},
    o: { record?: ServiceSnapshot['record']; removal?: Removal; error?: unknown } = {},
  ) {
    const { record = OVER, removal = 'deleted', error } = o;
    const said: string[] = [];
    const say = (text: string) => void said.push(text);
    const reads: string[] = [];
    const read = async () => {
      reads.push('read');
      return aQuietService({ record, latestCreated: CANARY, latestReady: CANARY, ...with_ });
    };
    const remove = async (name: string): Promise<Removal> => {
      said.push(`remove ${name}`);
      if (error !== undefined) throw error;
      return removal;
    };
    const tools = { cloudRun: { read }, remover: { remove }, log: { line: say, notice: say } };
    const service = aQuietService({ record });
    await sweepClones(tools, { service, memory: { ...EMPTY_MEMORY, clones: [CLONE] } });
    return { said, reads };
  }

  test('once the rollout is over', async () => {
    const { said } = await sweptClones();
    expect(said).toEqual([
      `remove ${CLONE}`,
      `${CLONE}, the clone of the stable revision, is being deleted.`,
    ]);
  });

  test.each<[string, ServiceSnapshot['record']]>([
    ['while it is open', aRecord({ clone: CLONE })],
    ['where the record is gone', 'none'],
    ['where it cannot be read', 'unreadable'],
  ])('but not %s, and nobody asks', async (_, record) => {
    expect(await sweptClones({}, { record })).toEqual({ said: [], reads: [] });
  });

  test.each<[string, Partial<ServiceSnapshot>]>([
    ['is asked to have traffic', { asked: { [STABLE]: 50, [CLONE]: 50 } }],
    ['still has some', { served: { [STABLE]: 50, [CLONE]: 50 } }],
    ['has a tag', { tags: [{ tag: 'live', revision: CLONE, url: '' }] }],
    ['is the latest', { latestCreated: CLONE }],
    ['is of a rollout that has begun since', { record: aRecord({ clone: CLONE }) }],
  ])('but not where it %s', async (_, with_) => {
    const { said } = await sweptClones(with_);
    expect(said).toEqual([expect.stringContaining(`${CLONE} is not deleted: `)]);
  });

  test('nobody is told that a later rollout deletes it: none does', async () => {
    const { said } = await sweptClones({ latestCreated: CLONE });
    expect(said[0]).toContain('It has no traffic');
    expect(said[0]).not.toContain('delete_failed_canary');
  });

  test('and nothing else comes of it if that is refused', async () => {
    const error = new Problem('denied', { summary: 'Not allowed.', advice: '' });
    const { said } = await sweptClones({}, { error });
    expect(said.at(-1)).toBe('The clone of a stable revision could not be deleted. Not allowed.');
  });
});
