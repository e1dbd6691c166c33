import { expect, test } from 'vitest';

import { createClock } from '../../src/edges/clock.ts';

const clock = createClock();
const never = new AbortController().signal;

test('sleeps for as long as it was asked to', async () => {
  const begun = clock.monotonic();
  await clock.sleep(40, never);
  // A timer of Node may fire up to 1 ms early by the monotonic clock.
  expect(clock.monotonic() - begun).toBeGreaterThanOrEqual(39);
});

test('a signal ends the sleep at once and without an error', async () => {
  const cancel = new AbortController();
  const asleep = clock.sleep(3_600_000, cancel.signal);
  cancel.abort();
  await expect(asleep).resolves.toBeUndefined();
});

test('does not fall asleep when the signal has already fired', async () => {
  await expect(clock.sleep(3_600_000, AbortSignal.abort())).resolves.toBeUndefined();
});

test('a sleep longer than a timer can count does not end at once', async () => {
  const cancel = new AbortController();
  let awake = false;
  const asleep = clock.sleep(30 * 86_400_000, cancel.signal).then(() => (awake = true));
  await clock.sleep(20, never);
  expect(awake).toBe(false);
  cancel.abort();
  await asleep;
});

test('leaves nothing behind: neither a timer nor a listener', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const cancel = new AbortController();
  let listeners = 0;
  const counting = new Proxy(cancel.signal, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name === 'addEventListener') listeners += 1;
      if (name === 'removeEventListener') listeners -= 1;
      return value.bind(target) as unknown;
    },
  });
  await clock.sleep(1, counting);
  expect(listeners).toBe(0);
  const asleep = clock.sleep(3_600_000, counting);
  expect(listeners).toBe(1);
  cancel.abort();
  await asleep;
  expect(timers()).toBe(before);
});

test('the monotonic clock never goes back', () => {
  const readings = Array.from({ length: 1_000 }, () => clock.monotonic());
  expect(readings).toEqual(readings.toSorted((a, b) => a - b));
});
