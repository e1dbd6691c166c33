import { expect, test } from 'vitest';
import { actsFrom } from './act.ts';
import { faultsOf, resultLine, usersTable } from './ending.ts';
import type { Ended } from './ending.ts';

const [good, bad] = actsFrom([]);
const served = (requests: number) => ({ requests, statuses: {}, meanLatencyMs: 40 });

const promoted: Ended = {
  act: good!,
  stable: 'web-1',
  exitCode: 0,
  postExitCode: 0,
  outputs: { outcome: 'promoted', revision: 'web-2' },
  served: { 'web-2': 100 },
  asked: { 'web-2': 100 },
  page: '.demo/good.html',
  users: {
    sent: 1_700,
    answered: 1_700,
    failed: 0,
    inFlight: 0,
    statuses: { 200: 1_700 },
    revisions: { 'web-1': served(1_100), 'web-2': served(600) },
  },
  exposedMs: null,
};

const restored: Ended = {
  ...promoted,
  act: bad!,
  exitCode: 1,
  outputs: { outcome: 'rolled-back', revision: 'web-2' },
  served: { 'web-1': 100 },
  asked: { 'web-1': 100 },
  page: '.demo/bad.html',
  users: {
    sent: 912,
    answered: 911,
    failed: 1,
    inFlight: 0,
    statuses: { 200: 895, 404: 4, 500: 9, 503: 3 },
    revisions: { 'web-1': served(830), 'web-2': served(78) },
  },
  exposedMs: 9_120,
};

test('a good canary that was promoted and a bad one that was undone are without fault', () => {
  expect([promoted, restored].flatMap(faultsOf)).toEqual([]);
  expect(resultLine(promoted)).toBe('promoted web-2');
  expect(resultLine(restored)).toBe('restored web-1');
});

test.each<{ name: string; from: Ended; change: Partial<Ended>; says: RegExp }>([
  {
    name: 'a good canary that was undone',
    from: promoted,
    change: { outputs: { ...promoted.outputs, outcome: 'rolled-back' } },
    says: /A good canary: outcome 'rolled-back', not 'promoted'/,
  },
  {
    name: 'a bad canary that was promoted',
    from: restored,
    change: { outputs: { ...restored.outputs, outcome: 'promoted' } },
    says: /A bad canary: outcome 'promoted', not 'rolled-back'/,
  },
  {
    name: 'a bad canary with which the step succeeded',
    from: restored,
    change: { exitCode: 0 },
    says: /exit code 0, not 1/,
  },
  {
    name: 'a step that was ended by a signal',
    from: promoted,
    change: { exitCode: null },
    says: /exit code null, not 0/,
  },
  {
    name: 'a post step that failed',
    from: promoted,
    change: { postExitCode: 1 },
    says: /exit code 1 of the post step, not 0/,
  },
  {
    name: 'a canary that still has a share',
    from: restored,
    change: { served: { 'web-1': 90, 'web-2': 10 } },
    says: /served: web-1 90 %, web-2 10 %, not web-1 100 %/,
  },
  {
    name: 'nobody served',
    from: promoted,
    change: { served: {} },
    says: /served: nobody, not web-2 100 %/,
  },
  {
    name: 'a split that is asked for and not yet served',
    from: promoted,
    change: { asked: { LATEST: 100 } },
    says: /asked for: LATEST 100 %, not web-2 100 %/,
  },
  {
    name: 'a missing check run',
    from: promoted,
    change: { page: null },
    says: /there is no check run/,
  },
])('$name is a fault by itself', ({ from, change, says }) => {
  expect(faultsOf({ ...from, ...change })).toEqual([expect.stringMatching(says)]);
});

test('the table counts what users had of each rollout: a failure is a 5xx or no answer', () => {
  expect(usersTable([promoted, restored])).toEqual([
    'What users saw                   good      bad',
    'requests                         1700      912',
    'served by the canary              600       78',
    'failed                              0       13',
    'first on the canary to 0 %          –    9.1 s',
  ]);
});
