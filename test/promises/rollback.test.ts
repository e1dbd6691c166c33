/** Going back: what it needs, when it does nothing, and what has to stay for it. */
import { describe, expect, test } from 'vitest';
import { readBirth, BIRTH_ANNOTATION } from '../../src/core/rollout/record.ts';
import type { Phase } from '../../src/core/types.ts';
import { bodyFor } from '../../src/edges/cloud-run/service-body.ts';
import { asList, asText, at } from '../../src/edges/json.ts';
import { pathsBelow, read } from '../docs/pages.ts';
import { PLAN, draft, service } from '../edges/service-fixture.ts';
import { World } from '../engine/world.ts';
import { CANARY, MINUTE, STABLE, aCaller, aDrive, anOrder } from '../unit/build.ts';
import { histories, splitAfter } from './histories.ts';
import { CLEAN_UP, Play, RECONCILE, STRANGER, beforeWrite, onlyCloudRun } from './play.ts';

const ROLLBACK = anOrder('rollback');

/** Left active at 5 % by a process that died. */
async function abandoned(): Promise<Play> {
  const play = new Play(new World());
  play.world.fault = () => (play.deeds.length === 2 ? 'before' : null);
  await play.run();
  play.world.fault = () => null;
  return play;
}

describe('S13: a rollback needs Cloud Run, and nothing else', () => {
  test.each([
    ['a person', ROLLBACK, STRANGER, 0],
    ['the post step', CLEAN_UP, aCaller(), 0],
    ['a reconcile after the deadline', RECONCILE, STRANGER, 60 * MINUTE],
    ['the owner that is cancelled', aDrive(), aCaller(), 0],
  ] as const)('of %s: one read and one write, with everything else down', async (...row) => {
    const [, goal, caller, later] = row;
    const play = await abandoned();
    play.world.now += later;
    const before = play.world.calls.length;
    const cancel = goal.kind === 'drive' ? AbortSignal.abort() : new AbortController().signal;
    const ending = await play.finish({ goal, caller, cancel, ports: onlyCloudRun });
    expect(ending.outcome).toBe('rolled-back');
    expect(play.world.asked).toEqual({ [STABLE]: 100 });
    const [first, second, ...rest] = play.world.calls.slice(before);
    expect([first, second]).toEqual(['read', 'write']);
    // Whoever is not in a hurry sees it served.
    expect(new Set(rest)).toEqual(new Set(['read']));
    if (goal.kind === 'drive') expect(rest).toHaveLength(1);
  });

  test.each<readonly [string, (world: World) => void]>([
    ['the canary is deleted', (world) => void world.revisions.delete(CANARY)],
    ['the frozen plan is gone', (world) => void (world.planText = undefined)],
    ['its tag is gone', (world) => void (world.tags = [])],
  ])('also when %s', async (_, harm) => {
    const play = await abandoned();
    harm(play.world);
    await play.finish({ goal: ROLLBACK, caller: STRANGER, ports: onlyCloudRun });
    expect(play.world.asked).toEqual({ [STABLE]: 100 });
  });
});

describe('S14: an abort undoes what is open, wins against a promotion, and else does nothing', () => {
  test.each([
    ['a rollback', ROLLBACK, aCaller()],
    ['a rollback to: previous', anOrder('rollback', { toPrevious: true }), aCaller()],
    ['the post step', CLEAN_UP, aCaller()],
  ] as const)('%s with no rollout at all writes nothing', async (_, goal, caller) => {
    const play = new Play(new World());
    expect(await play.finish({ goal, caller })).toMatchObject({ outcome: 'nothing-open' });
    expect(play.world.writes).toEqual([]);
  });

  test('nor does it after a promotion or a rollback', async () => {
    for (const order of ['promote', 'rollback'] as const) {
      const play = await abandoned();
      await play.finish({ goal: anOrder(order), caller: STRANGER });
      const { asked } = play.world;
      const before = play.deeds.length;
      await play.finish({ goal: ROLLBACK, caller: STRANGER });
      expect([play.deeds.length, play.world.asked]).toEqual([before, asked]);
    }
  });

  test('a promotion that is under way when it comes is refused, the canary stays at exactly 0', async () => {
    const play = await abandoned();
    const other = () => play.run({ goal: ROLLBACK, caller: STRANGER });
    const goal = anOrder('promote');
    const ending = await play.finish({ goal, caller: STRANGER, ports: beforeWrite(1, other) });
    expect(ending.outcome).toBe('nothing-open');
    expect(play.world.asked).toEqual({ [STABLE]: 100 });
  });

  test('a cancel at any call leaves the canary with nothing, or promoted already', () => {
    const cancelled = histories.filter(({ trouble }) => trouble === 'cancel');
    let undone = 0;
    for (const { name, deeds, first } of cancelled) {
      const last = deeds[first - 1];
      if (last === undefined) continue;
      const isPromoted = last.next.phase === 'promoted';
      undone += isPromoted ? 0 : 1;
      expect(splitAfter(last), `in ${name}`).toEqual({ [isPromoted ? CANARY : STABLE]: 100 });
    }
    expect(undone).toBeGreaterThan(50);
  });
});

describe('L7: what a rollback could need is kept', () => {
  const found = [
    { revisionName: STABLE, percent: 100, tag: 'live' },
    { revisionName: 'web-00039-old', tag: 'last-year' },
  ];
  const PHASES: readonly Phase[] = ['active', 'held', 'promoted', 'rolled-back', 'start-failed'];
  const stamp = { transition: 2, generation: 42, writeId: '9f1c64b20a7de853' };

  function tagsAfter(phase: Phase, isStart = false) {
    const record = { ...draft({ phase, stage: phase === 'promoted' ? 3 : 1 }), ...stamp };
    const body = bodyFor(service({ 'spec.traffic': found }), record, isStart ? PLAN : null);
    const rows = asList(at(body, 'spec', 'traffic')) ?? [];
    return {
      body,
      tags: rows.map((row) => `${asText(at(row, 'tag'))} ${asText(at(row, 'revisionName'))}`),
    };
  }

  test.each(PHASES)('%s keeps the tags of other people where they are', (phase) => {
    expect(tagsAfter(phase).tags).toEqual(
      expect.arrayContaining([`live ${STABLE}`, 'last-year web-00039-old']),
    );
  });

  test('a promotion tags the revision it replaces, so that it is not cleaned away', () => {
    expect(tagsAfter('promoted').tags).toContain(`c-previous ${STABLE}`);
  });

  test('the canary itself says which revision it was to replace', () => {
    const { body } = tagsAfter('active', true);
    const annotations = at(body, 'spec', 'template', 'metadata', 'annotations');
    const text = asText(at(annotations, BIRTH_ANNOTATION)) ?? '';
    expect(readBirth(text)).toMatchObject({ stable: STABLE, canary: CANARY });
  });

  test('nothing in the code deletes a service, or a revision but what a rollout has made', () => {
    const sources = pathsBelow('src').filter((path) => path.endsWith('.ts'));
    expect(sources.length).toBeGreaterThan(50);
    const deletes = /['"`]DELETE['"`]|\bdelete(?:Revision|Service)/i;
    // A smoke test may name the method; that it is sent to the canary alone is architecture.test.ts's.
    const allowed = [
      'src/core/inputs/smoke-lines.ts',
      'src/core/smoke-types.ts',
      'src/edges/cloud-run/revisions.ts',
    ];
    expect(sources.filter((path) => deletes.test(read(path))).toSorted()).toEqual(allowed);
  });
});
