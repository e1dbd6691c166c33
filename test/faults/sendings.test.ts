/** L3: how often the oracle lets one transition be tried. */
import { beforeEach, expect, test } from 'vitest';
import { AT_0, OracleScene, service } from './oracle-scene.ts';
import type { Process } from './process.ts';
import { BEGIN, HOUR, MINUTE, SECOND } from './settings.ts';

let scene: OracleScene;

beforeEach(() => {
  scene = new OracleScene();
});

const send = (by: Process, phase: string) => {
  scene.oracle.sent(by, JSON.stringify(service(AT_0, { phase, reason: 'cancelled' })));
  return scene.oracle.violations.map(({ promise }) => promise);
};

test.each(['active', 'held', 'promoted'])('%s is sent 21 times at most', (phase) => {
  const main = scene.process();
  for (let sends = 1; sends < 21; sends += 1) send(main, phase);
  expect(send(main, phase)).toEqual([]);
  expect(send(main, phase)).toEqual(['L3']);
});

test('an ending is sent oftener, with pauses', () => {
  const main = scene.process();
  for (let sends = 0; sends < 100; sends += 1, scene.now += 3 * SECOND) send(main, 'rolled-back');
  expect(scene.oracle.violations).toEqual([]);
  for (let sends = 0; sends < 22; sends += 1) send(main, 'rolled-back');
  expect(send(main, 'rolled-back')).toContain('L3');
});

test.each([
  ['its due time', 14, []],
  ['its due time', 15, ['L3']],
])('but not long after %s: %d minutes', (_what, minutes, broken) => {
  const main = scene.process();
  scene.starts(main);
  send(main, 'rolled-back');
  scene.now = BEGIN + minutes * MINUTE;
  expect(send(main, 'rolled-back')).toEqual(broken);
});

test('nor for more than four minutes when it was due before', () => {
  const main = scene.process();
  scene.starts(main);
  scene.now = BEGIN + HOUR;
  send(main, 'rolled-back');
  scene.now += 8 * MINUTE;
  expect(send(main, 'rolled-back')).toEqual([]);
  scene.now += SECOND;
  expect(send(main, 'rolled-back')).toEqual(['L3']);
});
