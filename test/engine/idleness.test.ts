import { describe, expect, test } from 'vitest';
import { Idleness } from '../../src/engine/idleness.ts';
import type { Decision } from '../../src/core/decision-types.ts';
import { MINUTE, aService } from '../unit/build.ts';

const WAIT: Decision = { do: 'wait', atMost: 5_000, why: 'It settles.' };
const LOOK: Decision = { do: 'look-for', revision: 'web-c' };
const STOP: Decision = { do: 'stop', outcome: 'promoted', why: 'All traffic.' };

/** Whether it gives up, turn by turn: minutes, what is decided, the version that was read. */
function gaveUp(
  turns: readonly (readonly [minutes: number, decision: Decision, version: string])[],
) {
  let now = 0;
  const idleness = new Idleness({
    monotonic: () => now,
    sleep: () => Promise.resolve(),
  });
  return turns.some(([minutes, decision, version]) => {
    now = minutes * MINUTE;
    try {
      idleness.check(aService({ record: 'none', version }), decision);
      return false;
    } catch {
      return true;
    }
  });
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
