import { describe, expect, test } from 'vitest';

import { FIRST_ANNOTATION, writeFirst } from '../../src/core/rollout/first-note.ts';
import { Problem } from '../../src/core/problem.ts';
import { planHash, writePlan } from '../../src/core/rollout/plan.ts';
import {
  BIRTH_ANNOTATION,
  PLAN_ANNOTATION,
  RECORD_ANNOTATION,
  writeBirth,
  writeRecord,
} from '../../src/core/rollout/record.ts';
import { readService } from '../../src/edges/cloud-run/service-json.ts';
import { CANARY, NOW, PLAN, STABLE, draft, service } from './service-fixture.ts';

const read = (changes: Readonly<Record<string, unknown>> = {}) =>
  readService(service(changes), 'web', NOW);

function problemWith(changes: Readonly<Record<string, unknown>>): Problem {
  try {
    read(changes);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a service as it is', () => {
  test('becomes a snapshot', () => {
    expect(read()).toEqual({
      readAt: NOW,
      version: 'AAZZJpwmJn4',
      generation: 41,
      observed: true,
      ready: 'yes',
      latestCreated: STABLE,
      latestReady: STABLE,
      followsLatest: true,
      asked: { [STABLE]: 100 },
      served: { [STABLE]: 100 },
      tags: [],
      url: 'https://web-abc123-uc.a.run.app',
      image: 'us-docker.pkg.dev/demo/web/web@sha256:aaaa',
      scaling: { minInstances: null, isManual: false },
      runsAs: 'web@demo.iam.gserviceaccount.com',
      lastModifier: null,
      entrance: { ingress: 'all', hasAddresses: true, hasProxy: false },
      birth: null,
      first: null,
      record: 'none',
      plan: null,
    });
  });

  test.each([
    ['ops@example.com', 'ops@example.com'],
    ['', null],
    [7, null],
    ['x'.repeat(900), 'x'.repeat(500)],
  ])('names who wrote it last, if it says so: %j', (text, lastModifier) => {
    const annotations = { 'serving.knative.dev/lastModifier': text };
    expect(read({ 'metadata.annotations': annotations })).toMatchObject({ lastModifier });
  });

  test('row 24: asked is not served, and status may speak of an older generation', () => {
    const snapshot = read({
      'metadata.generation': 42,
      'spec.traffic': [
        { revisionName: STABLE, percent: 95 },
        { revisionName: CANARY, percent: 5 },
      ],
    });
    expect(snapshot).toMatchObject({
      observed: false,
      followsLatest: false,
      asked: { [STABLE]: 95, [CANARY]: 5 },
      served: { [STABLE]: 100 },
    });
  });
});

describe('row 17: what the wire leaves out', () => {
  test.each([
    ['no traffic at all', undefined],
    ['an empty list', []],
    ['a row with neither name nor latestRevision', [{ percent: 100 }]],
    ['a row with an empty name', [{ revisionName: '', percent: 100 }]],
    ['LATEST', [{ latestRevision: true, percent: 100 }]],
  ])('%s means everything to the latest revision', (_name, traffic) => {
    expect(read({ 'spec.traffic': traffic })).toMatchObject({
      followsLatest: true,
      asked: { [STABLE]: 100 },
    });
  });

  test('no percent is zero, and zero is nobody', () => {
    const snapshot = read({
      'spec.traffic': [
        { revisionName: STABLE, percent: 100 },
        { revisionName: CANARY, tag: 'canary' },
        { latestRevision: true, tag: 'next' },
      ],
    });
    expect(snapshot).toMatchObject({ asked: { [STABLE]: 100 }, followsLatest: false });
  });

  test('several rows of one revision add up', () => {
    const snapshot = read({
      'spec.traffic': [
        { revisionName: STABLE, percent: 60 },
        { latestRevision: true, percent: 30 },
        { revisionName: CANARY, percent: 10, tag: 'x' },
      ],
    });
    expect(snapshot.asked).toEqual({ [STABLE]: 90, [CANARY]: 10 });
  });

  test('whole numbers may come as text', () => {
    const snapshot = read({ 'metadata.generation': '42', 'status.observedGeneration': '42' });
    expect(snapshot).toMatchObject({ generation: 42, observed: true });
  });

  test('a service that serves nobody yet', () => {
    const snapshot = read({ status: { conditions: [] } });
    expect(snapshot).toMatchObject({
      observed: false,
      ready: 'pending',
      latestReady: '',
      asked: {},
      served: {},
      url: '',
    });
  });

  test('the latest revision is what is ready, not what was created last', () => {
    const snapshot = read({ 'status.latestCreatedRevisionName': CANARY });
    expect(snapshot).toMatchObject({ latestCreated: CANARY, asked: { [STABLE]: 100 } });
  });

  test('a revision may be called like a property of objects', () => {
    const traffic = [{ revisionName: 'constructor', percent: 100 }];
    expect(read({ 'spec.traffic': traffic }).asked).toEqual({ constructor: 100 });
  });
});

describe('readiness', () => {
  const withReady = (condition: Readonly<Record<string, unknown>>) =>
    read({ 'status.conditions': [{ type: 'RoutesReady', status: 'True' }, condition] }).ready;

  test.each(['Unknown', undefined, 'true', true])('%j is pending', (status) => {
    expect(withReady({ type: 'Ready', status })).toBe('pending');
  });

  test('row 22: a failure says what Cloud Run says, at most 500 characters of it', () => {
    const message = `Revision '${CANARY}' is not ready and cannot serve traffic.`;
    expect(withReady({ type: 'Ready', status: 'False', message })).toEqual({ failed: message });
    expect(withReady({ type: 'Ready', status: 'False', reason: 'RevisionFailed' })).toEqual({
      failed: 'RevisionFailed',
    });
    expect(withReady({ type: 'Ready', status: 'False', message: 'x'.repeat(9_000) })).toEqual({
      failed: 'x'.repeat(500),
    });
  });
});

describe('tags', () => {
  test('have the address of the status row that gives them to the same revision', () => {
    const snapshot = read({
      'spec.traffic': [
        { revisionName: STABLE, percent: 100, tag: 'live' },
        { revisionName: CANARY, tag: 'canary' },
        { latestRevision: true, tag: 'next' },
        { revisionName: CANARY, tag: 'new' },
      ],
      'status.traffic': [
        { revisionName: STABLE, percent: 100, tag: 'live', url: 'https://live---web.a.run.app' },
        { revisionName: STABLE, tag: 'canary', url: 'https://canary---web.a.run.app' },
        {
          revisionName: STABLE,
          latestRevision: true,
          tag: 'next',
          url: 'https://next---web.a.run.app',
        },
      ],
    });
    expect(snapshot.tags).toEqual([
      { tag: 'live', revision: STABLE, url: 'https://live---web.a.run.app' },
      // Row 65: the status still gives the tag to another revision.
      { tag: 'canary', revision: CANARY, url: '' },
      { tag: 'next', revision: null, url: 'https://next---web.a.run.app' },
      { tag: 'new', revision: CANARY, url: '' },
    ]);
  });
});

describe('the image in force', () => {
  test.each([
    ['the container with ports', [{ image: 'side' }, { image: 'app', ports: [{}] }], 'app'],
    ['the first where none has ports', [{ image: 'a' }, { image: 'b', ports: [] }], 'a'],
    ['none', [], ''],
  ])('is that of %s', (_name, containers, image) => {
    expect(read({ 'spec.template.spec.containers': containers }).image).toBe(image);
  });
});

describe('our annotations', () => {
  const record = { ...draft(), transition: 3, generation: 41, writeId: '9f1c64b20a7de853' };
  const withRecord = (value: unknown) => ({
    'metadata.annotations': { [RECORD_ANNOTATION]: value },
  });

  test('the record is read', () => {
    expect(read(withRecord(writeRecord(record))).record).toEqual(record);
  });

  test.each(['', '{}', writeRecord(record).replace('"stage":0', '"stage":2'), 7, null, {}])(
    'row 62: %j is unreadable, which is not none',
    (text) => {
      expect(read(withRecord(text)).record).toBe('unreadable');
    },
  );

  const plan = { ...PLAN, hash: planHash(PLAN) };
  const withPlan = (hash: string, text: unknown) => ({
    'metadata.annotations': {
      [RECORD_ANNOTATION]: writeRecord({ ...record, planHash: hash }),
      [PLAN_ANNOTATION]: text,
    },
  });

  test('the plan is read that the record vouches for', () => {
    expect(read(withPlan(plan.hash, writePlan(plan))).plan).toEqual(plan);
  });

  test.each([
    ['the record vouches for another', withPlan('00000000', writePlan(plan))],
    ['it was edited', withPlan(plan.hash, writePlan(plan).replace('canary', 'mine'))],
    ['it is no text', withPlan(plan.hash, 7)],
    ['it is not there', withPlan(plan.hash, undefined)],
    ['there is no record', { 'metadata.annotations': { [PLAN_ANNOTATION]: writePlan(plan) } }],
    [
      'the record cannot be read',
      {
        'metadata.annotations': {
          [RECORD_ANNOTATION]: '{}',
          [PLAN_ANNOTATION]: writePlan(plan),
        },
      },
    ],
  ])('there is no plan where %s', (_name, changes) => {
    expect(read(changes).plan).toBeNull();
  });

  test('a service without annotations has no record', () => {
    expect(read({ 'metadata.annotations': undefined }).record).toBe('none');
  });

  test('the birth certificate is read from the template, whatever revision it names', () => {
    const { rolloutId, attempt, image, commit } = record;
    const birth = {
      rolloutId,
      attempt,
      canary: CANARY,
      stable: STABLE,
      image,
      commit,
      clone: null,
    };
    const annotations = { [BIRTH_ANNOTATION]: writeBirth(birth) };
    expect(read({ 'spec.template.metadata.annotations': annotations }).birth).toEqual(birth);
    expect(read({ 'spec.template.metadata': undefined }).birth).toBeNull();
  });

  test('of a canary that was brought it is read from the service, if it explains the split', () => {
    const { rolloutId, attempt, image, commit } = record;
    const sides = { stable: STABLE, clone: null };
    const made = { rolloutId, attempt, canary: 'web-made', ...sides, image, commit };
    const brought = { ...made, canary: CANARY };
    const both = {
      'metadata.annotations': { [BIRTH_ANNOTATION]: writeBirth(brought) },
      'spec.template.metadata.annotations': { [BIRTH_ANNOTATION]: writeBirth(made) },
    };
    const split = (shares: Readonly<Record<string, number>>) => ({
      ...both,
      'spec.traffic': Object.entries(shares).map(([revisionName, percent]) => ({
        revisionName,
        percent,
      })),
    });
    expect(read(split({ [STABLE]: 95, [CANARY]: 5 })).birth).toEqual({ ...brought, brought: true });
    expect(read(split({ [STABLE]: 95, 'web-made': 5 })).birth).toEqual(made);
    expect(read(split({ other: 95, [CANARY]: 5 })).birth).toEqual(made);
  });

  test('who has deployed the first revision is read from the service', () => {
    const first = { rolloutId: '1-2', attempt: 1, revision: CANARY, planHash: '5be0a1f7' };
    const annotations = { [FIRST_ANNOTATION]: writeFirst(first) };
    expect(read({ 'metadata.annotations': annotations }).first).toEqual(first);
  });
});

describe('an answer that is no such service', () => {
  test.each([
    ['another name', { 'metadata.name': 'other' }, 'metadata.name'],
    ['another kind', { kind: 'Status' }, 'metadata.name'],
    ['no version', { 'metadata.resourceVersion': undefined }, 'metadata.resourceVersion'],
    ['an empty version', { 'metadata.resourceVersion': '' }, 'metadata.resourceVersion'],
    ['no generation', { 'metadata.generation': undefined }, 'metadata.generation'],
    ['half a generation', { 'metadata.generation': 41.5 }, 'metadata.generation'],
    ['no template', { 'spec.template': undefined }, 'spec.template'],
    ['traffic that is no list', { 'spec.traffic': {} }, 'spec.traffic'],
    ['a row that is no object', { 'spec.traffic': [7] }, 'spec.traffic[0]'],
    ['a percent of 101', { 'spec.traffic': [{ percent: 101 }] }, 'spec.traffic[0]'],
    ['a percent below zero', { 'status.traffic': [{ percent: -1 }] }, 'status.traffic[0]'],
    ['half a percent', { 'spec.traffic': [{}, { percent: 0.5 }] }, 'spec.traffic[1]'],
    ['a percent in words', { 'spec.traffic': [{ percent: 'all' }] }, 'spec.traffic[0]'],
    ['no percent but null', { 'spec.traffic': [{ percent: null }] }, 'spec.traffic[0]'],
  ])('%s is a bad answer with its path', (_name, changes, path) => {
    const problem = problemWith(changes);
    expect(problem.code).toBe('bad-answer');
    expect(problem.summary).toContain(`at ${path} `);
  });
});
