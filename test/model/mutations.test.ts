import { expect, test, vi } from 'vitest';
import { MUTATIONS, caught } from './mutations.ts';
import { PROMISES } from './promises.ts';

/** For a machine that others use too. */
vi.setConfig({ testTimeout: 60_000 });

test.each(MUTATIONS.map((mutation) => [mutation.scope.design.name, mutation] as const))(
  '%s is caught',
  (_, mutation) => {
    expect(caught(mutation)?.history.length).toBeGreaterThan(2);
  },
);

test('every promise is broken by one of them', () => {
  expect(new Set(MUTATIONS.map(({ breaks }) => breaks))).toEqual(new Set(PROMISES));
});
