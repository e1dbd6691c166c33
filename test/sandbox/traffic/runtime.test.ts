import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { createProcesses } from './runtime.ts';
import type { Processes } from './runtime.ts';
import { spec, until } from './fixture.ts';

let processes: Processes | null = null;

function start(startDeadlineMs = 5_000): Processes {
  processes = createProcesses({ startDeadlineMs, now: Date.now });
  return processes;
}

afterEach(async () => {
  await processes?.stop();
  processes = null;
});

async function ask(port: unknown): Promise<Response> {
  return fetch(`http://127.0.0.1:${String(port)}/`);
}

test('a healthy revision runs as a process of its own and says which revision it is', async () => {
  const { runtime, portOf } = start();
  const started = await runtime.start(spec('web-1', 'healthy'));
  expect(started.kind === 'ready' && started.digest).toMatch(/^sandbox\/app@sha256:[0-9a-f]{64}$/);
  const answer = await ask(await portOf('web-1'));
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-revision')).toBe('web-1');
  expect(await answer.json()).toMatchObject({ service: 'web', revision: 'web-1', path: '/' });
});

test('an image can be deployed again by the digest it was resolved to', async () => {
  const { runtime, portOf } = start();
  const first = await runtime.start(spec('web-1', 'errors-100'));
  const image = first.kind === 'ready' ? first.digest : '';
  expect(await runtime.start({ ...spec('web-2', ''), image })).toEqual(first);
  expect((await ask(await portOf('web-2'))).status).toBe(500);
});

test.each(['sandbox/app:unheard-of', `sandbox/app@sha256:${'0'.repeat(64)}`])(
  'an image that does not exist is missing: %s',
  async (image) => {
    expect(await start().runtime.start({ ...spec('web-1', ''), image })).toEqual({
      kind: 'failed',
      reason: 'ContainerMissing',
      message: `Image '${image}' not found.`,
    });
  },
);

test.each([
  ['exits', 'crash', 5_000],
  ['never listens', 'no-listen', 500],
])('a container that %s fails to start, in the documented words', async (_, tag, deadline) => {
  const { runtime, portOf } = start(deadline);
  const result = await runtime.start(spec('web-1', tag));
  expect(result).toMatchObject({ kind: 'failed', reason: 'HealthCheckContainerError' });
  expect(result.kind === 'failed' && result.message).toMatch(
    /^The user-provided container failed to start and listen on the port .* PORT=8080 environment/,
  );
  expect(await portOf('web-1')).toBeNull();
});

test('a crash is reported at once, not at the deadline', async () => {
  const { runtime } = start(60_000);
  const before = performance.now();
  await runtime.start(spec('web-1', 'crash'));
  expect(performance.now() - before).toBeLessThan(20_000);
});

test('a revision that was never started or was stopped has no port', async () => {
  const { runtime, portOf } = start();
  expect(await portOf('web-1')).toBeNull();
  await runtime.start(spec('web-1', 'healthy'));
  await runtime.stop('web-1');
  expect(await portOf('web-1')).toBeNull();
});

test('stopping a revision lets the request under way finish', async () => {
  const { runtime, portOf } = start();
  await runtime.start(spec('web-1', 'slow-300'));
  // "100 Continue" comes when the process has the request.
  const request = get(`http://127.0.0.1:${await portOf('web-1')}/`, {
    headers: { expect: '100-continue' },
  });
  const answered = once(request, 'response');
  await once(request, 'continue');
  const before = performance.now();
  await runtime.stop('web-1');
  expect(performance.now() - before).toBeGreaterThan(150);
  const [answer] = await answered;
  expect(answer).toMatchObject({ statusCode: 200 });
});

test('an instance that is gone is not started again', async () => {
  const { runtime, portOf } = start();
  await runtime.start(spec('web-1', 'gone-200ms'));
  expect(await portOf('web-1')).not.toBeNull();
  await until('the instance is gone', async () => (await portOf('web-1')) === null);
  expect(await portOf('web-1')).toBeNull();
});

test('memory grows from the moment that an instance was launched', async () => {
  const { runtime, grownBy } = start();
  const before = Date.now();
  await runtime.start(spec('web-1', 'memory-2'));
  const after = Date.now();
  expect(grownBy('web-1', before + 10_000)).toBeLessThanOrEqual(0.2);
  expect(grownBy('web-1', after + 10_000)).toBeGreaterThanOrEqual(0.2);
  expect(grownBy('never-started', after)).toBe(0);
});

test('stopping everything leaves no process', async () => {
  const { runtime, portOf, stop } = start();
  await runtime.start(spec('web-1', 'healthy'));
  const port = await portOf('web-1');
  await stop();
  await expect(ask(port)).rejects.toThrow('fetch failed');
  expect(await runtime.start(spec('web-2', 'healthy'))).toMatchObject({ kind: 'failed' });
});

test('the environment is the one of the container contract and nothing of the parent', async () => {
  expect(process.env).toHaveProperty('PATH');
  const { runtime, portOf } = start();
  await runtime.start(spec('web-1', 'healthy', { K_REVISION: 'forged', GREETING: 'hello' }));
  const answer = await ask(await portOf('web-1'));
  expect(answer.headers.get('x-revision')).toBe('web-1');
  expect(await answer.json()).toMatchObject({
    environment: ['GREETING', 'K_CONFIGURATION', 'K_REVISION', 'K_SERVICE', 'PORT'],
  });
});

test('a revision process dies with its parent, even when the parent is killed', async () => {
  const runtimeFile = join(import.meta.dirname, 'runtime.ts');
  const program =
    `const { createProcesses } = await import(${JSON.stringify(runtimeFile)});` +
    `const p = createProcesses({ startDeadlineMs: 10000, now: Date.now });` +
    `await p.runtime.start(${JSON.stringify(spec('web-1', 'healthy'))});` +
    `process.send(await p.portOf('web-1'));`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [port]: unknown[] = await once(parent, 'message');
  expect((await ask(port)).status).toBe(200);
  parent.kill('SIGKILL');
  await until('the revision is gone', () =>
    ask(port).then(
      () => false,
      () => true,
    ),
  );
});
