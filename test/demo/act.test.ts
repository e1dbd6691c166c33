import { expect, test } from 'vitest';
import { actsFrom } from './act.ts';

test('both rollouts are played when none is named, the good one first', () => {
  expect(actsFrom([]).map(({ name }) => name)).toEqual(['good', 'bad']);
});

test.each(['good', 'bad'])('only the %s one is played when it is named', (name) => {
  expect(actsFrom([name]).map((act) => act.name)).toEqual([name]);
});

test('an image goes to the rollout that is named, and to the bad one when none is', () => {
  const image = 'sandbox/app:slow-300';
  const imagesOf = (...words: string[]) =>
    Object.fromEntries(actsFrom(words).map((act) => [act.name, act.image]));
  expect(imagesOf('good', '--image', image)).toEqual({ good: image });
  expect(imagesOf('bad', '--image', image)).toEqual({ bad: image });
  expect(imagesOf('--image', image)).toEqual({ good: 'sandbox/app:v2', bad: image });
});

test('the two rollouts are runs of their own', () => {
  const [good, bad] = actsFrom([]);
  expect(good!.runId).not.toBe(bad!.runId);
});

test.each([
  { words: ['ugly'], says: /'ugly' is neither 'good' nor 'bad'/ },
  { words: ['good', 'bad'], says: /'bad' is one word too many/ },
  { words: ['--imgae', 'x'], says: /--imgae/ },
  { words: ['--image'], says: /--image/ },
])('$words is refused by name', ({ words, says }) => {
  expect(() => actsFrom(words)).toThrow(says);
});
