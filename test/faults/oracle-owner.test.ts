/** The oracle's guards of what the start writes once: who started it, and the plan. */
import { beforeEach, describe, expect, test } from 'vitest';
import { AT_0, AT_10, AT_100, OracleScene, service } from './oracle-scene.ts';
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
    const other = scene.process('taker', 1, 1);
    expect(scene.takes(other, service(AT_0, theirs, 'two'))).toEqual(['S6']);
    scene.takes(other, service(AT_0, { ...theirs, phase: 'held', reason: 'watched' }, 'two'));
    expect(scene.takes(scene.process(), service(AT_0, { reason: 'taken' }, 'two'))).toEqual([]);
  });
  test('not by a run that would start one of its own', () => {
    const main = scene.process();
    scene.starts(main);
    scene.takes(main, service(AT_0, { phase: 'held', reason: 'watched' }, 'two'));
    expect(scene.takes(scene.process('main', 1, 1), service(AT_0, theirs, 'two'))).toEqual(['S6']);
  });
  test.each([
    ['held', { phase: 'released', reason: 'drift' }, []],
    ['held', { phase: 'rolled-back', reason: 'canary-gone' }, []],
    ['held', { phase: 'rolled-back', reason: 'cancelled' }, ['S6']],
    ['active', { phase: 'released', reason: 'drift' }, ['S6']],
  ])('what is %s is ended by %o: breaks %j', (phase, ending, broken) => {
    const main = scene.process();
    scene.starts(main);
    scene.takes(main, service(AT_0, { phase, reason: 'watched' }, 'two'));
    expect(scene.takes(scene.process('taker', 1, 1), service(AT_0, ending, 'two'))).toEqual(broken);
  });
  test('whoever drives it, the one who started it stays', () => {
    const main = scene.process();
    scene.starts(main);
    expect(scene.takes(main, service(AT_0, { startedBy: 2 }, 'two'))).toEqual(['S6']);
    expect(scene.takes(main, service(AT_0, { rolloutId: '1-1' }, 'two'))).toEqual(['S6']);
  });
});

describe('S14, raised by an order', () => {
  const ORDERED = 'ordered:promote:somebody';
  const promoted = { phase: 'promoted', reason: ORDERED, transition: 2 };
  test('to promote: nothing has to be proven', () => {
    scene.starts(scene.process());
    expect(scene.takes(scene.process('order'), service(AT_100, promoted, 'two'))).toEqual([]);
  });
  test('to roll back, or halfway', () => {
    scene.starts(scene.process());
    const order = scene.process('order');
    const half = { reason: ORDERED, transition: 2 };
    expect(scene.takes(order, service(AT_10, half, 'two'))).toContain('S14');
    const other = { ...promoted, reason: 'ordered:rollback:somebody', transition: 3 };
    expect(scene.takes(order, service(AT_100, other, 'two'))).toContain('S14');
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
