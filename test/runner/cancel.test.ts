import { expect, test } from 'vitest';
import { action, APPEND, line } from './fixture.ts';
import { startAction, type RunOptions } from './runner.ts';

const STATEFUL = `${APPEND}
  append('STATE', 'rollout=7\\n');
  const on = (name) => process.on(name, () => console.log(name));`;
const POST = `console.log('post ' + process.env.STATE_rollout)`;
const patience = { interrupt: 150, terminate: 150 };

function startReady(main: string, options: Partial<RunOptions> = {}) {
  const script = `${STATEFUL} ${main}; setInterval(() => {}, 1000); console.log('ready')`;
  const running = startAction({ action: action(script, POST), inputs: {}, patience, ...options });
  return { running, ready: line(running, 'ready') };
}

test('cancel interrupts first; a process that ends then is not disturbed again', async () => {
  const { running, ready } = startReady(
    `process.on('SIGTERM', () => console.log('SIGTERM'));
     process.on('SIGINT', () => { console.log('SIGINT'); process.exit(1); })`,
    { patience: { interrupt: 60_000, terminate: 60_000 } },
  );
  await ready;
  running.cancel();
  const result = await running.finished;
  expect(result).toMatchObject({ exitCode: 1, signal: null, log: 'ready\nSIGINT\n' });
  expect(result.post!.log).toBe('post 7\n');
});

test('cancel of a process that ignores it ends with a kill, after both waits, and then post', async () => {
  const { running, ready } = startReady(`on('SIGINT'); on('SIGTERM')`);
  await ready;
  const before = performance.now();
  running.cancel();
  const result = await running.finished;
  expect(performance.now() - before).toBeGreaterThanOrEqual(300);
  expect(result).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  expect(result.log).toBe('ready\nSIGINT\nSIGTERM\n');
  expect(result.post!.log).toBe('post 7\n');
});

test("left to itself the runner waits as long as GitHub's: 7.5 s and then 2.5 s", async () => {
  const ignoring = `on('SIGINT'); on('SIGTERM')`;
  const script = `${STATEFUL} ${ignoring}; setInterval(() => {}, 1000); console.log('ready')`;
  const running = startAction({ action: action(script, POST), inputs: {} });
  await line(running, 'ready');
  const start = performance.now();
  running.cancel();
  await line(running, 'SIGTERM');
  const terminated = performance.now() - start;
  const { signal } = await running.finished;
  const killed = performance.now() - start;
  expect(signal).toBe('SIGKILL');
  // A timer may be early by a millisecond, and a busy machine late by seconds.
  expect(terminated).toBeGreaterThanOrEqual(7490);
  expect(killed - terminated).toBeGreaterThanOrEqual(2400);
  expect(killed).toBeLessThan(15_000);
});

test('kill gives main no chance, and post still runs with what was saved', async () => {
  const { running, ready } = startReady(`on('SIGINT'); on('SIGTERM')`);
  await ready;
  running.kill();
  const result = await running.finished;
  expect(result).toMatchObject({ signal: 'SIGKILL', log: 'ready\n', state: { rollout: '7' } });
  expect(result.post).toMatchObject({ exitCode: 0, log: 'post 7\n' });
});

test('when the machine goes away nothing runs any more, not even post', async () => {
  const { running, ready } = startReady(`on('SIGTERM')`);
  const lines: string[] = [];
  await ready;
  running.onLine((text) => lines.push(text));
  running.shutdown();
  expect(await running.finished).toMatchObject({ signal: 'SIGKILL', post: null });
  expect(lines).toEqual([]);
});

test('the machine may go away during post as well', async () => {
  const post = `console.log('post'); setInterval(() => {}, 1000)`;
  const running = startAction({ action: action('process.exitCode = 1', post), inputs: {} });
  await line(running, 'post');
  running.shutdown();
  expect(await running.finished).toMatchObject({ exitCode: 1, post: null });
});

test('only the entry process is told, not what it started', async () => {
  const told = `process.on('SIGINT', () => console.log('told'));
    setInterval(() => {}, 1000); console.log('ready')`;
  const running = startAction({
    action: action(`const child = require('node:child_process').spawn(process.execPath,
      ['-e', ${JSON.stringify(told)}], { stdio: ['ignore', 'inherit', 'inherit'] });
      process.on('SIGINT', () => { child.kill('SIGKILL'); child.on('exit', () => process.exit(1)); })`),
    inputs: {},
    patience: { interrupt: 60_000, terminate: 60_000 },
  });
  await line(running, 'ready');
  running.cancel();
  expect(await running.finished).toMatchObject({ exitCode: 1, log: 'ready\n' });
});

test('a cancel does not reach post', async () => {
  const main = `process.on('SIGINT', () => process.exit(1)); setInterval(() => {}, 1000);
    console.log('ready')`;
  const post = `process.on('SIGINT', () => console.log('SIGINT'));
    console.log('post'); setTimeout(() => console.log('done'), 400)`;
  const running = startAction({ action: action(main, post), inputs: {}, patience });
  await line(running, 'ready');
  running.cancel();
  await line(running, 'post');
  running.cancel();
  expect((await running.finished).post).toMatchObject({ exitCode: 0, log: 'post\ndone\n' });
});
