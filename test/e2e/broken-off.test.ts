/** A step that ends on an error says so in its outputs, and what it drove is ended by its post step. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  checkOf,
  errorsOf,
  nothingLeft,
  recordOf,
  until,
  untilAt,
  writesOf,
} from '../scene/evidence.ts';
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

test('S10: a drive that is killed while its rollback is not taken is undone by its post step, whatever `on_cancel` says', () =>
  withScene({ requestsPerSecond: 40 }, async (scene) => {
    const image = 'sandbox/app:v2_tires-30';
    const stages = '30% for 12s';
    const inputs = { ...QUICK, stages, no_data_timeout: '4s', image, on_cancel: 'hold' };
    const running = scene.start({ inputs });
    await untilAt(scene, 30);
    const fault = { kind: 'status', status: 503 } as const;
    scene.sandbox.faults.add({ match: { method: 'PUT' }, fault, times: 1_000 });
    await until('a rollback is not taken', () =>
      writesOf(scene).some(({ record, status }) => record.phase !== 'active' && status === 503),
    );
    running.kill();
    scene.sandbox.faults.clear();
    const { signal, post } = await running.finished;
    expect([signal, post!.exitCode]).toEqual(['SIGKILL', 0]);
    expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back', reason: 'fail:error-rate' });
    expect(scene.asked()).toEqual({ [scene.stable]: 100 });
    const { canary = '' } = recordOf(scene) ?? {};
    expect(checkOf(scene).text).toContain(`The run was undoing ${canary} when it ended. 5xx`);
  }));

test('a drive that dies of a fault of its own is undone by its post step, which says so', () =>
  withScene({}, async (scene) => {
    const path = join(mkdtempSync(join(tmpdir(), 'broken-off-')), 'now');
    // In main alone, and at a moment at which nobody waits for anything that could catch it.
    const fault = `import { existsSync } from 'node:fs';
      if (process.argv[1].endsWith('index.js')) setInterval(() => {
        if (existsSync(${JSON.stringify(path)})) throw new TypeError('no such thing');
      }, 50).unref();`;
    const module = `data:text/javascript,${encodeURIComponent(fault)}`;
    const running = scene.start({
      inputs: { ...QUICK, stages: '30% for 60s' },
      env: { NODE_OPTIONS: `--import=${module}` },
    });
    await untilAt(scene, 30);
    writeFileSync(path, '');
    const result = await running.finished;
    rmSync(dirname(path), { recursive: true });
    expect([result.exitCode, result.post!.exitCode]).toEqual([1, 0]);
    expect(result.outputs).toMatchObject({ outcome: 'error', reason: 'internal' });
    expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back', reason: 'broke-off' });
    expect(scene.served()).toEqual({ [scene.stable]: 100 });
    expect(checkOf(scene).text).toContain('The run broke off: of a fault of its own.');
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
