import { expect, test, vi } from 'vitest';
import { FRESH, HOLD, attempt, order, reconcile, reconcileDead } from './cast.ts';
import { SHIPPED } from './design.ts';
import { explore } from './explore.ts';
import { figuresOf } from './figures.ts';
import { brokenLiveness } from './liveness.ts';
import type { Scope } from './steps.ts';

/** For a machine that others use too. */
vi.setConfig({ testTimeout: 60_000 });

const NONE = { crash: 0, network: 0, outsider: 0, cancel: 0 };
const SHIPPED_SCOPE = { design: SHIPPED, reduced: true, faults: NONE };

const SMALL: readonly Scope[] = [
  {
    ...SHIPPED_SCOPE,
    cast: [attempt(1), reconcile()],
    faults: { crash: 1, network: 1, outsider: 1, cancel: 0 },
  },
  {
    ...SHIPPED_SCOPE,
    cast: [attempt(1, HOLD), order('promote')],
    faults: { ...NONE, cancel: 1, crash: 1 },
  },
  { ...SHIPPED_SCOPE, cast: [attempt(1), attempt(2)] },
  { ...SHIPPED_SCOPE, cast: [attempt(1, FRESH), attempt(2, FRESH)] },
];

test('the last line of `npm run model` has these figures', () => {
  const { states, transitions, violations } = explore(SMALL[2]!);
  const figures = figuresOf({ states, transitions, violations: violations.length }, 18);
  expect(Object.keys(figures)).toEqual(
    'states transitions violations mutationsCaught mutations'.split(' '),
  );
  expect(figures.states).toBeGreaterThan(1_000);
  expect(figures.transitions).toBeGreaterThan(figures.states);
  expect(figures.mutations).toBeGreaterThanOrEqual(18);
});

test('no promise can be broken, and from everywhere a reconcile and a re-run come to an end', () => {
  const found = SMALL.map((scope) => explore(scope));
  expect(found.flatMap(({ violations }) => violations)).toEqual([]);
  expect(found.every(({ whole }) => whole)).toBe(true);
  expect(found.reduce((sum, { states }) => sum + states, 0)).toBeGreaterThan(150_000);
  const services = found.flatMap((each) => each.services);
  expect(brokenLiveness(services, SHIPPED)).toEqual([]);
});

test('to forget a write that can only be refused loses no situation of the service', () => {
  const scope = {
    ...SHIPPED_SCOPE,
    cast: [attempt(1, HOLD), reconcileDead()],
    faults: { ...NONE, network: 1, crash: 1 },
  };
  const [reduced, whole] = [true, false].map((forgets) => explore({ ...scope, reduced: forgets }));
  const texts = (found: typeof reduced) => found!.services.map((one) => JSON.stringify(one)).sort();
  expect(texts(reduced)).toEqual(texts(whole));
  expect(whole!.states).toBeGreaterThan(reduced!.states);
});

test('a search that is told where to stop says that it is not finished', () => {
  const found = explore({ ...SHIPPED_SCOPE, cast: [attempt(1)] }, { broken: [], states: 20 });
  expect(found.whole).toBe(false);
  expect(found.states).toBeGreaterThanOrEqual(20);
});
