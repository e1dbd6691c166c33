import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';

import { watchSignals } from '../../src/edges/signals.ts';

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s cancels', (name) => {
  const source = new EventEmitter();
  const seen: string[] = [];
  const watch = watchSignals(source, (signal) => seen.push(signal));
  expect(watch.signal.aborted).toBe(false);
  source.emit(name);
  expect(watch.signal.aborted).toBe(true);
  expect(seen).toEqual([name]);
});

test('only the first signal counts', () => {
  const source = new EventEmitter();
  const seen: string[] = [];
  watchSignals(source, (signal) => seen.push(signal));
  for (const name of ['SIGINT', 'SIGINT', 'SIGTERM', 'SIGHUP']) source.emit(name);
  expect(seen).toEqual(['SIGINT']);
});

test('the run is already cancelled when it hears of it', () => {
  const source = new EventEmitter();
  const cancelled: boolean[] = [];
  const watch = watchSignals(source, () => cancelled.push(watch.signal.aborted));
  source.emit('SIGTERM');
  expect(cancelled).toEqual([true]);
});

test('dispose takes every listener off again', () => {
  const source = new EventEmitter();
  const watch = watchSignals(source, () => {});
  expect(source.eventNames().length).toBe(3);
  watch.dispose();
  expect(source.eventNames()).toEqual([]);
});

const CHILD = `
  import { watchSignals } from './src/edges/signals.ts';
  const watch = watchSignals(process, (name) => console.log('cancelled by ' + name));
  process.stdin.resume().on('end', () => { console.log('still here'); watch.dispose(); });
  console.log('ready');
`;

test('a real process survives SIGINT, SIGINT, SIGTERM and SIGHUP, and ends by itself', async () => {
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', CHILD], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('ready');
  child.kill('SIGINT');
  expect((await lines.next()).value).toBe('cancelled by SIGINT');
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) child.kill(name);
  child.stdin.end();
  expect((await lines.next()).value).toBe('still here');
  expect(await exit).toEqual([0, null]);
});
