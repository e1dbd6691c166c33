import { afterAll, expect, test } from 'vitest';
import { killOnce } from '../kills/kill.ts';
import { nothingLeft } from '../scene/evidence.ts';

afterAll(nothingLeft);

/** `npm run kills` plays two hundred. */
test.concurrent.each([101, 102, 103, 104])(
  'a process killed at any moment leaves what a re-run or a reconcile finishes: seed %i',
  async (seed) => {
    expect(await killOnce(seed)).toMatchObject({ fault: null });
  },
);
