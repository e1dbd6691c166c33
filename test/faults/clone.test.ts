/** Rollouts with a clone of the stable revision: faults break no promise, and broken builds are caught. */
import { expect, test } from 'vitest';
import { SHIPPED } from './breaks.ts';
import type { Break } from './breaks.ts';
import { play } from './schedule.ts';
import { FRESH, fresh, grounds, plain } from './suites.ts';
import { count, emptyTally } from './tally.ts';

const USUAL = { truth: 'good', continuation: 're-run', manner: FRESH } as const;
const IMAGE = 'europe-docker.pkg.dev/demo/app/web:v1';

type Body = {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { image: string }[] } };
    readonly traffic: readonly { readonly revisionName?: string; readonly percent?: number }[];
  };
};

function sending(alter: (body: Body) => Body): Break {
  return {
    ...SHIPPED,
    sending: (put) => (request) =>
      put({ ...request, body: JSON.stringify(alter(JSON.parse(request.body))) }),
  };
}

function phaseIn({ metadata }: Body): string {
  const text = metadata.annotations['cloud-run-canary.dev/rollout'];
  return text === undefined ? '' : JSON.parse(text).phase;
}

const CLONE = /-b$/;
let clone = '';

const BREAKS: Readonly<Record<string, readonly [promise: string, broken: Break]>> = {
  'keeps a percent on the clone in the end': [
    'S8',
    sending((body) => {
      const { traffic } = body.spec;
      clone =
        traffic.find(({ revisionName = '' }) => CLONE.test(revisionName))?.revisionName ?? clone;
      if (phaseIn(body) !== 'promoted') return body;
      const rows = traffic.map((row) => (row.percent === 100 ? { ...row, percent: 99 } : row));
      const kept = [...rows, { revisionName: clone, percent: 1 }];
      return { ...body, spec: { ...body.spec, traffic: kept } };
    }),
  ],
  'makes the canary before the clone is known to be ready': [
    'S1',
    {
      ...SHIPPED,
      ports: (ports) => ({
        ...ports,
        revisions: {
          ...ports.revisions,
          state: async (name) =>
            CLONE.test(name) ? { health: 'ready', digest: null } : ports.revisions.state(name),
        },
      }),
    },
  ],
  'makes the clone from a tag that may have moved': [
    'S8',
    sending((body) => {
      const { template } = body.spec;
      const [container] = template.spec.containers;
      if (!/@sha256/.test(container!.image)) return body;
      const containers = [{ ...container!, image: IMAGE }];
      const spec = { ...template.spec, containers };
      return { ...body, spec: { ...body.spec, template: { ...template, spec } } };
    }),
  ],
};

test.each(Object.entries(BREAKS))('a build that %s is caught', async (_, [promise, broken]) => {
  const shown = await play(plain(USUAL, []), broken);
  expect(shown.violations.map((violation) => violation.promise)).toContain(promise);
});

test('the build that is shipped is not, and leaves no clone behind', async () => {
  const { violations, ends } = await play(plain(USUAL, []));
  expect([violations, ends.map(({ how }) => how)]).toEqual([[], ['promoted']]);
});

test('no fault breaks a promise', { timeout: 60_000 }, async () => {
  const tally = emptyTally();
  let number = 0;
  for (const schedule of fresh(await grounds(FRESH), false)) {
    number += 1;
    if (number % 89 === 0) count(tally, schedule, await play(schedule));
  }
  expect(tally.schedules).toBeGreaterThan(250);
  expect([...tally.examples]).toEqual([]);
});

test('a crash between the two writes of a start leaves everything with the stable revision', async () => {
  const faults = [{ kind: 'crashAfter', at: 6 }] as const;
  const shown = await play(plain({ ...USUAL, continuation: 'reconcile' }, faults));
  expect(shown.violations).toEqual([]);
  expect(shown.ends.at(-1)).toMatchObject({ role: 'reconcile', how: 'rolled-back' });
});
