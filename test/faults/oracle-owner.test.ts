/** The oracle's guards of what the start writes once: who started it, and the plan. */
import { beforeEach, describe, expect, test } from 'vitest';
import { AT_0, OracleScene, service } from './oracle-scene.ts';
import { callerOf } from './settings.ts';
import { PLAN } from './written.ts';

let scene: OracleScene;

beforeEach(() => {
  scene = new OracleScene();
});

describe('S6, with another run', () => {
  const theirs = { owner: callerOf(1, 1).rolloutId, reason: 'taken' };
  test('what is held may be taken over, what is active may not', () => {
    scene.starts(scene.process());
    const other = scene.process('main', 1, 1);
    expect(scene.takes(other, service(AT_0, theirs, 'two'))).toEqual(['S6']);
    scene.takes(other, service(AT_0, { ...theirs, phase: 'held', reason: 'watched' }, 'two'));
    expect(scene.takes(scene.process(), service(AT_0, { reason: 'taken' }, 'two'))).toEqual([]);
  });
  test('whoever drives it, the one who started it stays', () => {
    const main = scene.process();
    scene.starts(main);
    expect(scene.takes(main, service(AT_0, { startedBy: 2 }, 'two'))).toEqual(['S6']);
    expect(scene.takes(main, service(AT_0, { rolloutId: '1-1' }, 'two'))).toEqual(['S6']);
  });
});

test('L2: the plan is frozen at the start', () => {
  const main = scene.process();
  scene.starts(main);
  const { metadata, ...rest } = service(AT_0, {}, 'two');
  const annotations = { ...metadata.annotations, [PLAN]: '{"tag":"c-2"}' };
  const after = { ...rest, metadata: { ...metadata, annotations } };
  expect(scene.takes(main, after)).toEqual(['L2']);
});
