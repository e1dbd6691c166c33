/** `service: '*'`: every service has its turn, whatever becomes of the others. */
import { expect, test } from 'vitest';
import { eachOf } from '../../src/action/reconcile.ts';
import { Problem } from '../../src/core/problem.ts';

test('whatever one service throws, the later ones are looked at, and nothing of it is shown', async () => {
  const seen: string[] = [];
  const faults = await eachOf(['a', 'b', 'c', 'd'], async (service) => {
    seen.push(service);
    if (service === 'a') throw new TypeError('Bearer ya29.secret');
    if (service === 'b') throw new Problem('denied', { summary: 'Not allowed.', advice: '' });
    return service === 'c' ? 'Left open.' : null;
  });
  expect(seen).toEqual(['a', 'b', 'c', 'd']);
  expect(faults.join()).not.toContain('ya29');
  expect(faults).toEqual([
    expect.stringMatching(/^a: Something unexpected happened \(TypeError at .+\)\.$/),
    'b: Not allowed.',
    'c: Left open.',
  ]);
});
