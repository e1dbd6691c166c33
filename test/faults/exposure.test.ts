/** What of the time that a bad canary was served counts as the engine's own. */
import { expect, test } from 'vitest';
import type { Fault } from './kinds.ts';
import type { Continuation } from './life.ts';
import { play } from './schedule.ts';
import { MINUTE, RESUME_EVERY, SECOND } from './settings.ts';
import { plain } from './suites.ts';

const played = async (continuation: Continuation, faults: readonly Fault[]) => {
  const { exposures } = await play(plain({ truth: 'bad-from-10', continuation }, faults));
  expect(exposures).toHaveLength(1);
  return exposures[0]!;
};

test.each([
  ['re-run', MINUTE],
  ['reconcile', MINUTE],
  ['resume', RESUME_EVERY],
] as const)('%s: up to the next look it is the poll, from then on our own', async (way, most) => {
  const { poll, own } = await played(way, []);
  expect(poll).toBeGreaterThan(0);
  expect(poll).toBeLessThanOrEqual(most);
  expect(own).toBeGreaterThan(4 * SECOND);
  expect(own).toBeLessThanOrEqual(5 * SECOND);
});

test('a look that comes late excuses nobody for longer than one poll', async () => {
  const { poll, own } = await played('re-run', [{ kind: 'stall10m', at: 32 }]);
  expect(poll).toBe(MINUTE);
  expect(own).toBeGreaterThan(5 * MINUTE);
});

test('if nobody ever looks all of it is our own', async () => {
  const { poll, own } = await played('reconcile', [{ kind: 'crashBefore', at: 32 }]);
  expect(poll).toBe(0);
  expect(own).toBeGreaterThan(20 * MINUTE);
});

test('a look that cannot be answered is a look: what comes after it is our own', async () => {
  const { poll, own } = await played('re-run', [{ kind: 'monDown', at: 30 }]);
  expect(poll).toBeLessThanOrEqual(MINUTE);
  expect(own).toBeGreaterThan(10 * MINUTE);
});

test('a good canary is no exposure', async () => {
  const { exposures } = await play(plain({ truth: 'good', continuation: 're-run' }, []));
  expect(exposures).toEqual([]);
});
