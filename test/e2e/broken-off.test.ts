/** A step that ends on an error says so in its outputs, and what it drove is ended by its post step. */
import { afterAll, describe, expect, test } from 'vitest';
import { checkOf, errorsOf, nothingLeft, recordOf, untilAt } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK } from '../scene/scene.ts';

afterAll(nothingLeft);

const DENIED = {
  kind: 'status',
  status: 403,
  body: { error: { code: 403, status: 'PERMISSION_DENIED', message: 'Not for you.' } },
} as const;

describe.concurrent('whatever breaks off has an outcome', () => {
  test.each([
    [
      'status of a service that is not there',
      { command: 'status', service: 'nope' },
      'service-missing',
    ],
    ['reconcile of all that may not be listed', { command: 'reconcile', service: '*' }, 'denied'],
    ['a run with a wrong input', { command: 'run', stages: '5' }, 'bad-input'],
    [
      'rollback of a service that is not there',
      { command: 'rollback', service: 'nope' },
      'service-missing',
    ],
  ])('%s', (_, inputs, reason) =>
    withScene({}, async (scene) => {
      if (reason === 'denied') {
        scene.sandbox.faults.add({ match: { pathIncludes: '/apis/serving' }, fault: DENIED });
      }
      const result = await scene.run({ inputs });
      expect(result.exitCode).toBe(1);
      expect(result.outputs).toMatchObject({ outcome: 'error', reason });
    }),
  );
});

test('a drive that breaks off is undone by its post step, which says why', () =>
  withScene({}, async (scene) => {
    const running = scene.start({ inputs: { ...QUICK, stages: '30% for 60s' } });
    await untilAt(scene, 30);
    scene.sandbox.faults.add({ match: { pathIncludes: '/timeSeries' }, fault: DENIED });
    const result = await running.finished;
    expect(result.outputs).toMatchObject({ outcome: 'error', reason: 'denied' });
    expect(errorsOf(result).join('\n')).not.toMatch(/goes on where/);
    expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back', reason: 'broke-off' });
    expect(scene.served()).toEqual({ [scene.stable]: 100 });
    const check = checkOf(scene);
    expect(check).toMatchObject({ status: 'completed', conclusion: 'failure' });
    expect(check.title).toContain('run broke off on an error');
    expect(check.text).toContain('The run broke off: a permission is missing.');
  }));

test('a drive that is cancelled was cancelled, also when undoing it breaks off', () =>
  withScene({}, async (scene) => {
    const running = scene.start({ inputs: { ...QUICK, stages: '30% for 60s' } });
    await untilAt(scene, 30);
    scene.sandbox.faults.add({ match: { method: 'PUT' }, fault: DENIED });
    running.cancel();
    const result = await running.finished;
    expect(result.outputs).toMatchObject({ outcome: 'error', reason: 'denied' });
    expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back', reason: 'cancelled' });
    expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
  }));
