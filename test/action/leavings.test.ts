/** What a post step finds, however main came to its end. */
import { expect, test } from 'vitest';
import { AT_WORK, Leavings } from '../../src/action/leavings.ts';
import type { PostState } from '../../src/edges/runner-state.ts';
import { aCaller, aDrive, anOrder } from '../unit/build.ts';

const REF = { project: 'acme', region: 'europe-west1', service: 'web' };

function leaving(isDryRun = false): { left: Leavings; saved: PostState[] } {
  const saved: PostState[] = [];
  const runner = {
    saveState: (state: PostState) => void saved.push(state),
    redact: (text: string) => text.replace('s3cret', '***'),
  };
  const request = { ref: REF, checkName: 'Canary: web', isDryRun };
  return { left: new Leavings(runner, request, aCaller()), saved };
}

const DOOM = {
  reason: 'fail:error-rate',
  why: 'Errors: s3cret.',
  rollout: '1-2:1:web-c2-1',
} as const;

test('S10: why main undoes is saved the moment that it is found, and stays', () => {
  const { left, saved } = leaving();
  const goal = aDrive();
  left.save(goal, AT_WORK);
  left.watch(goal).doomed?.(DOOM);
  left.save(goal, { ...AT_WORK, brokeOff: 'conflicts' });
  const doom = { ...DOOM, why: 'Errors: ***.' };
  expect(saved.map((state) => state.doom)).toEqual([null, doom, doom]);
  expect(saved.map(({ brokeOff }) => brokeOff)).toEqual([null, null, 'conflicts']);
  expect(saved[0]).toMatchObject({ service: REF, done: false, rolloutId: aCaller().rolloutId });
});

test('a write that was not answered is saved at once, and stays until it is known to be settled', () => {
  const { left, saved } = leaving();
  const goal = aDrive();
  left.save(goal, AT_WORK);
  left.watch(goal).unanswered?.('v7');
  left.save(goal, { ...AT_WORK, brokeOff: 'unreachable' });
  left.save(goal, { ...AT_WORK, done: true, underWay: null });
  expect(saved.map(({ underWay }) => underWay)).toEqual([null, 'v7', 'v7', null]);
});

test.each([
  ['an order', anOrder('promote'), false],
  ['a dry run', aDrive(), true],
])('%s leaves nothing', (_, goal, isDryRun) => {
  const { left, saved } = leaving(isDryRun);
  left.save(goal, AT_WORK);
  left.watch(goal).doomed?.(DOOM);
  left.watch(goal).unanswered?.('v7');
  expect(saved).toEqual([]);
});
