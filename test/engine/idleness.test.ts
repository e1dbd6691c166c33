import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import { Idleness } from '../../src/engine/idleness.ts';
import type { Decision } from '../../src/core/decision-types.ts';
import { MINUTE, aService } from '../unit/build.ts';

const WAIT: Decision = {
  do: 'wait',
  atMost: 5_000,
  why: 'an earlier change of the service is still settling',
};
const LOOK: Decision = { do: 'look-for', revision: 'web-c' };
const STOP: Decision = { do: 'stop', outcome: 'promoted', why: 'All traffic.' };

type Turns = readonly (readonly [minutes: number, decision: Decision, version: string])[];

function gaveUp(turns: Turns): boolean {
  return saidOf(turns) !== null;
}

/** What it gives up with, turn by turn: minutes, what is decided, the version that was read. */
function saidOf(turns: Turns): string | null {
  let now = 0;
  const idleness = new Idleness({
    monotonic: () => now,
    sleep: () => Promise.resolve(),
  });
  for (const [minutes, decision, version] of turns) {
    now = minutes * MINUTE;
    try {
      idleness.check(aService({ record: 'none', version }), decision);
    } catch (error) {
      if (error instanceof Problem) return error.summary;
      throw error;
    }
  }
  return null;
}

describe('with nothing open, five minutes in vain are enough', () => {
  test('of waiting', () => {
    expect(
      gaveUp([
        [0, WAIT, 'a'],
        [4.9, WAIT, 'a'],
      ]),
    ).toBe(false);
    expect(
      gaveUp([
        [0, WAIT, 'a'],
        [5, WAIT, 'b'],
      ]),
    ).toBe(true);
  });

  test('of looks at a service that others keep writing', () => {
    expect(
      gaveUp([
        [0, LOOK, 'a'],
        [5, LOOK, 'b'],
      ]),
    ).toBe(true);
    expect(
      gaveUp([
        [0, LOOK, 'a'],
        [5, LOOK, 'a'],
      ]),
    ).toBe(false);
  });

  test('and it says what for', () => {
    const waits: Turns = [
      [0, WAIT, 'a'],
      [5, WAIT, 'b'],
    ];
    const looks: Turns = [
      [0, LOOK, 'a'],
      [5, LOOK, 'b'],
    ];
    expect([saidOf(waits), saidOf(looks)]).toEqual([
      'Waited 5 minutes in vain: an earlier change of the service is still settling.',
      'Waited 5 minutes in vain: somebody keeps writing to the service.',
    ]);
  });

  test('and an end that took longer is an end', () => {
    expect(
      gaveUp([
        [0, WAIT, 'a'],
        [10, STOP, 'a'],
      ]),
    ).toBe(false);
  });

  test('and a look after a long wait begins anew', () => {
    expect(
      gaveUp([
        [0, WAIT, 'a'],
        [4.9, WAIT, 'a'],
        [5.3, LOOK, 'a'],
        [9, WAIT, 'a'],
      ]),
    ).toBe(false);
  });
});
