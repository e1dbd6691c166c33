/** The first revision of a service: the rows of docs/protocol.md, and the note that later attempts read. */
import { describe, expect, test } from 'vitest';
import { FIRST_ANNOTATION, readFirst, writeFirst } from '../../src/core/rollout/first-note.ts';
import { decideFirst } from '../../src/core/rollout/first.ts';
import type { FirstDecision, FirstMemory } from '../../src/core/rollout/first.ts';
import { startFindings } from '../../src/core/rollout/start-checks.ts';
import type { FirstDeployment } from '../../src/core/service-types.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import { CANARY, MINUTE, aCaller, aChange, aPlan, aQuietService, aRecord } from './build.ts';

const caller = aCaller();
const plan = aPlan();
const note: FirstDeployment = {
  rolloutId: caller.rolloutId,
  attempt: 1,
  revision: CANARY,
  planHash: plan.hash,
};
const FRESH: FirstMemory = {
  cancelled: false,
  sent: false,
  fence: 'unproved',
  waited: 0,
  probe: null,
};

type With = { readonly memory?: Partial<FirstMemory>; readonly attempt?: number };

function decided(
  service: ServiceSnapshot | null,
  { memory = {}, attempt = 1 }: With = {},
): FirstDecision {
  const around = { caller: aCaller({ attempt }), plan, memory: { ...FRESH, ...memory } };
  return decideFirst({ service, ...around });
}

/** Made, and never ready. */
function unready(with_: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  const nobody = { asked: {}, served: {}, latestReady: '', latestCreated: CANARY };
  return aQuietService({ ...nobody, ready: { failed: 'No port.' }, ...with_ });
}

function ready(with_: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  const asked = { [CANARY]: 100 };
  return aQuietService({
    asked,
    latestReady: CANARY,
    latestCreated: CANARY,
    first: note,
    ...with_,
  });
}

const starting = unready({ ready: 'pending' });
const own = { first: note };
const failed = 'deploy-failed';

/** Of another service, from which somebody has copied all annotations. */
const COPIED = aRecord({
  phase: 'promoted',
  stage: 3,
  rolloutId: '683120945-1',
  owner: '683120945-1',
});

test('a record that was copied along is what is in the way, not the input that is set already', () => {
  const copied = unready({ record: COPIED });
  expect(decided(copied)).toEqual({ do: 'canary' });
  const [finding, ...others] = startFindings(copied, plan);
  expect(others).toEqual([]);
  expect(finding?.wrong).toContain('has no revision that was ever ready');
  expect(finding?.advice).toMatch(/copied from another service.* describe SERVICE .* replace/);
  const [ordinary] = startFindings(unready(), plan);
  expect(ordinary?.advice).toMatch(/set first_deploy: direct\.$/);
  expect(ordinary?.advice).not.toContain('copied');
});

describe('the first revision', () => {
  test.each<readonly [string, ServiceSnapshot | null, With, object]>([
    ['no service: it is made', null, {}, { do: 'deploy', first: note }],
    [
      'no service, cancelled',
      null,
      { memory: { cancelled: true } },
      { do: 'stop', outcome: 'nothing-open' },
    ],
    [
      'no service, but a request is on its way',
      null,
      { memory: { cancelled: true, sent: true } },
      { do: 'stop', outcome: failed },
    ],
    ['somebody else is making it', starting, {}, { do: 'wait' }],
    [
      'somebody else never comes to an end',
      starting,
      { memory: { waited: 10 * MINUTE } },
      { do: 'stop', outcome: 'refused' },
    ],
    ['its own is starting', { ...starting, ...own }, {}, { do: 'wait' }],
    [
      'its own, cancelled: nothing is undone',
      { ...starting, ...own },
      { memory: { cancelled: true } },
      { do: 'stop', outcome: failed, why: expect.stringContaining('Nothing was undone') },
    ],
    [
      'its own is never ready',
      { ...starting, ...own },
      { memory: { waited: 10 * MINUTE } },
      { do: 'stop', outcome: failed },
    ],
    ['its own has failed', unready(own), {}, { do: 'stop', outcome: failed, said: 'No port.' }],
    [
      'status still speaks of the one before',
      unready({ ...own, observed: false, latestCreated: 'web-1' }),
      {},
      { do: 'wait' },
    ],
    ['somebody has failed: the fence first', unready(), {}, { do: 'prove-fence' }],
    [
      'somebody has failed',
      unready(),
      { memory: { fence: 'proved' } },
      { do: 'deploy', first: note },
    ],
    ['no fence', unready(), { memory: { fence: 'absent' } }, { do: 'stop', outcome: 'refused' }],
    [
      'an earlier attempt has failed',
      unready(own),
      { attempt: 2, memory: { fence: 'proved' } },
      { do: 'deploy', first: { ...note, attempt: 2 } },
    ],
    [
      'traffic names a revision that is not ready',
      unready({ followsLatest: false, asked: { [CANARY]: 100 } }),
      {},
      { do: 'stop', outcome: 'refused', why: expect.stringContaining('--to-latest') },
    ],
    ['ready, not served', ready({ served: {} }), {}, { do: 'wait' }],
    [
      'ready, never served',
      ready({ served: {} }),
      { memory: { waited: 10 * MINUTE } },
      { do: 'stop', outcome: failed },
    ],
    ['served: it is asked', ready(), {}, { do: 'probe', revision: CANARY }],
    [
      'it answers',
      ready(),
      { memory: { probe: { ok: true, why: 'Answered 200.' } } },
      { do: 'stop', outcome: 'deployed', why: expect.stringMatching(/no canary.* Answered 200\./) },
    ],
    [
      'it answers badly',
      ready(),
      { memory: { probe: { ok: false, why: 'Answered 500.' } } },
      { do: 'stop', outcome: failed, why: expect.stringContaining('Answered 500.') },
    ],
    ['an earlier attempt has deployed it', ready(), { attempt: 2 }, { do: 'probe' }],
    ['somebody else has deployed it', ready({ first: null }), {}, { do: 'canary' }],
    [
      'another plan of this run has',
      ready({ first: { ...note, planHash: '00000000' } }),
      {},
      { do: 'canary' },
    ],
    ['somebody has deployed since', ready({ latestCreated: 'web-2' }), {}, { do: 'canary' }],
    ['somebody has moved the traffic since', ready({ asked: { x: 100 } }), {}, { do: 'canary' }],
    ['there is a record', ready({ record: aRecord() }), {}, { do: 'canary' }],
    ['the record cannot be read', unready({ record: 'unreadable' }), {}, { do: 'canary' }],
  ])('%s', (_, service, with_, expected) => {
    expect(decided(service, with_)).toMatchObject(expected);
  });

  test('of a service that is not there needs an image', () => {
    const without = { caller, plan: aPlan({ change: aChange() }), memory: FRESH };
    expect(decideFirst({ service: null, ...without })).toMatchObject({ outcome: 'refused' });
  });

  test('is refused by an ordinary start, which names the input', () => {
    expect(startFindings(unready(), plan)).toEqual([
      {
        subject: 'service',
        value: CANARY,
        wrong: expect.stringContaining('no revision that was ever ready'),
        advice: expect.stringMatching(/No port\..*first_deploy: direct/),
      },
    ]);
    expect(startFindings(starting, plan)[0]?.wrong).toContain('still being rolled out');
  });
});

describe('the note on the service', () => {
  test('reads as it was written', () => {
    expect(FIRST_ANNOTATION).toBe('cloud-run-canary.dev/first');
    expect(readFirst(writeFirst(note))).toEqual(note);
  });

  test.each([
    undefined,
    '',
    '{',
    'null',
    '[]',
    writeFirst(note).replace('"attempt":1', '"attempt":"1"'),
    writeFirst(note).replace('{', '{ '),
    writeFirst({ ...note, attempt: 1.5 }),
    JSON.stringify({ ...note, more: 1 }),
  ])('%s is none', (text) => {
    expect(readFirst(text)).toBeNull();
  });
});
