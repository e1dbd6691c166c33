import { expect, test } from 'vitest';
import type { Cell } from '../../../src/core/judging-types.ts';
import { ALERT_POLICY, ALERT_POLICY_FITTED } from './peers-alert-policy.ts';
import { ARGO, ARGO_STRICT } from './peers-argo.ts';
import { FLAGGER, FLAGGER_FITTED } from './peers-flagger.ts';
import { fittedLimits } from './peers-limits.ts';
import { RELEASE_MANAGER } from './peers-release-manager.ts';
import { PROMOTED, cell, ended, past, rolledBackAt } from './peers-scene.ts';
import type { Row } from './peers-scene.ts';

const good = cell(100);

/** These minutes of the canary are like this, the others good. */
function canaryIn(minutes: readonly number[], bad: Cell | null) {
  return (minute: number): Row => ({
    canary: minutes.includes(minute) ? bad : good,
    baseline: cell(1000),
  });
}

test('Flagger adds failed checks up over the whole rollout and never forgets one', () => {
  const failing = cell(100, 2);
  expect(ended(FLAGGER, canaryIn([1, 14, 28, 40, 50], failing))).toEqual(rolledBackAt(54));
  expect(ended(FLAGGER, canaryIn([1, 14, 28, 40], failing))).toEqual(PROMOTED);
});

test.each([
  ['no point', null, 8],
  ['no request', cell(0, 0, [0]), 8],
  ['more than one error in a hundred', cell(1000, 11), 8],
  ['nothing but errors', cell(5, 5), 8],
  ['a p99 above 500 ms', cell(100, 0, [0, 90, 0, 0, 10]), 8],
])('Flagger: %s is a failed check', (_, bad, minutes) => {
  const always = Array.from({ length: 60 }, (__, minute) => minute);
  expect(ended(FLAGGER, canaryIn(always, bad))).toEqual(rolledBackAt(minutes));
});

test('Flagger: exactly one error in a hundred passes', () => {
  const always = Array.from({ length: 60 }, (_, minute) => minute);
  expect(ended(FLAGGER, canaryIn(always, cell(100, 1)))).toEqual(PROMOTED);
});

test('Flagger raises the weight only after a check that passed', () => {
  // The last row of the first stage, and the one after it, fail.
  expect(ended(FLAGGER, canaryIn([11, 12], null))).toEqual({ outcome: 'promoted', minutes: 62 });
});

test('fitted limits are twice the past error rate, but one in a hundred at least, and 1.5 p99', () => {
  const usual = fittedLimits(past(cell(1000, 20, [0, 980]), cell(1000, 20, [0, 980])));
  expect(usual.errorRate).toBeCloseTo(0.04, 12);
  expect(usual.p99Ms).toBeCloseTo(1.5 * 99.5, 9);
  expect(fittedLimits(past(cell(1000, 1))).errorRate).toBe(0.01);
  expect(fittedLimits([])).toEqual({ errorRate: 0.01, p99Ms: 500 });
});

test.each([FLAGGER_FITTED, ALERT_POLICY_FITTED])(
  '$name: a service with 2 % errors may have 3',
  (rule) => {
    const rowAt = (errors: number) => (): Row => ({
      canary: cell(100, errors),
      baseline: cell(100, errors),
    });
    const history = past(cell(1000, 20));
    expect(ended(rule, rowAt(3), history)).toEqual(PROMOTED);
    expect(ended(rule, rowAt(5), history).outcome).toBe('rolled-back');
    expect(ended(rule, rowAt(3), past(cell(1000, 1))).outcome).toBe('rolled-back');
  },
);

test.each([FLAGGER_FITTED, ALERT_POLICY_FITTED])('$name: 1.5 times its own p99 is slow', (rule) => {
  const slower = (): Row => ({ canary: cell(100, 0, [0, 50, 50]), baseline: good });
  expect(ended(rule, slower, past(good)).outcome).toBe('rolled-back');
  expect(ended(rule, slower, past(cell(100, 0, [0, 50, 50])))).toEqual(PROMOTED);
});

test('Argo fails at one measurement more than its limit', () => {
  const failing = cell(100, 6);
  expect(ended(ARGO, canaryIn([2, 20, 30, 40], failing))).toEqual(rolledBackAt(44));
  expect(ended(ARGO, canaryIn([2, 20, 30], failing))).toEqual(PROMOTED);
  expect(ended(ARGO_STRICT, canaryIn([20], failing))).toEqual(rolledBackAt(24));
  expect(ended(ARGO_STRICT, canaryIn([20], cell(100, 5)))).toEqual(PROMOTED);
});

test('Argo: the fifth measurement in a row without data is one too many', () => {
  expect(ended(ARGO, canaryIn([20, 21, 22, 23, 24], null))).toEqual(rolledBackAt(28));
  expect(ended(ARGO, canaryIn([20, 21, 22, 23, 25, 26, 27, 28], null))).toEqual(PROMOTED);
});

test('Argo: a failed measurement is data, too', () => {
  const rowAt = (minute: number): Row => ({
    canary: minute === 24 ? cell(10, 9) : minute >= 20 && minute <= 28 ? null : good,
    baseline: good,
  });
  expect(ended(ARGO, rowAt)).toEqual(PROMOTED);
});

test('release-manager looks back into earlier stages, where nothing of the present one is bad', () => {
  // Thirty errors of minute 5 are few as long as the busy minutes before it are in the window.
  const rowAt = (minute: number): Row => ({
    canary: minute < 5 ? cell(1000) : minute === 5 ? cell(100, 30) : cell(10),
    baseline: good,
  });
  expect(ended(RELEASE_MANAGER, rowAt)).toEqual(rolledBackAt(36));
  const alone = (minute: number): Row => rowAt(minute < 5 ? 50 : minute);
  expect(ended(RELEASE_MANAGER, alone)).toEqual(rolledBackAt(9));
});

test('release-manager: one failed request of one is enough, none at all is healthy', () => {
  const only = (one: Cell | null) => (minute: number) => ({
    canary: minute === 7 ? one : null,
    baseline: good,
  });
  expect(ended(RELEASE_MANAGER, only(cell(1, 1)))).toEqual(rolledBackAt(11));
  expect(ended(RELEASE_MANAGER, only(null))).toEqual(PROMOTED);
  expect(ended(RELEASE_MANAGER, only(cell(100, 1)))).toEqual(PROMOTED);
});

test('release-manager forgets what is older than thirty rows', () => {
  const rowAt = (minute: number): Row => ({
    canary: minute === 0 ? cell(1000) : minute === 1 ? cell(10, 4) : cell(3),
    baseline: good,
  });
  // Alone in the window with the small rows, the four errors would be too many; they go one row later.
  expect(ended(RELEASE_MANAGER, rowAt)).toEqual(rolledBackAt(34));
  const earlier = (minute: number): Row => ({
    canary: minute === 0 ? cell(1000, 4) : cell(3),
    baseline: good,
  });
  expect(ended(RELEASE_MANAGER, earlier)).toEqual(PROMOTED);
});

test('an alert policy fires when five polls in a row saw a bad window', () => {
  // 40 of 500 requests are 8 %; the window is bad in the five polls that see that minute.
  expect(ended(ALERT_POLICY, canaryIn([20], cell(100, 40)))).toEqual(rolledBackAt(28));
  // So it is when that minute is the first with traffic for a while.
  const idle = (minute: number): Row =>
    minute > 10 && minute < 20
      ? { canary: null, baseline: good }
      : canaryIn([20], cell(100, 40))(minute);
  expect(ended(ALERT_POLICY, idle)).toEqual(rolledBackAt(28));
  // 4 of 500 are not.
  expect(ended(ALERT_POLICY, canaryIn([20], cell(100, 4)))).toEqual(PROMOTED);
});

test('an alert policy closes its incident at the first good window', () => {
  const rowAt = (minute: number): Row => ({
    canary: minute === 20 || minute === 25 ? cell(100, 10) : minute === 24 ? cell(2000) : good,
    baseline: good,
  });
  expect(ended(ALERT_POLICY, rowAt)).toEqual(PROMOTED);
  const without = (minute: number): Row => rowAt(minute === 24 ? 0 : minute);
  expect(ended(ALERT_POLICY, without)).toEqual(rolledBackAt(28));
});

test('an alert policy looks at the p99 of the whole window, and no data is not bad', () => {
  const slow = cell(100, 0, [0, 90, 0, 0, 10]);
  expect(ended(ALERT_POLICY, canaryIn([20], slow))).toEqual(rolledBackAt(28));
  expect(ended(ALERT_POLICY, () => ({ canary: null, baseline: good }))).toEqual(PROMOTED);
});
