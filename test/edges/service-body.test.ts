import { describe, expect, test } from 'vitest';

import { planHash, readPlan, writePlan } from '../../src/core/rollout/plan.ts';
import {
  BIRTH_ANNOTATION,
  PLAN_ANNOTATION,
  RECORD_ANNOTATION,
  readRecord,
} from '../../src/core/rollout/record.ts';
import type { Plan, RolloutRecord } from '../../src/core/types.ts';
import { bodyFor, withWrongVersion } from '../../src/edges/cloud-run/service-body.ts';
import { followsLatest } from '../../src/edges/cloud-run/service-json.ts';
import { asList, asText, at, parseJson, stringifyJson, withAt } from '../../src/edges/json.ts';
import type { JsonObject, JsonValue } from '../../src/edges/json.ts';
import {
  CANARY,
  IMAGE,
  PLAN,
  SERVICE_TEXT,
  STABLE,
  draft,
  object,
  service,
} from './service-fixture.ts';

const raw = object(parseJson(SERVICE_TEXT));

function record(changes: Partial<RolloutRecord> = {}): RolloutRecord {
  return { ...draft(), transition: 2, generation: 42, writeId: '9f1c64b20a7de853', ...changes };
}

function send(from: JsonObject, next: RolloutRecord): JsonObject {
  return bodyFor(from, next, null);
}

function trafficAfter(next: RolloutRecord, traffic?: unknown): JsonValue | undefined {
  const from = traffic === undefined ? raw : service({ 'spec.traffic': traffic });
  return at(send(from, next), 'spec', 'traffic');
}

/** What is left when everything that may differ is taken out. */
function untouchable(body: JsonObject, isStart: boolean): string {
  let rest = withAt(body, ['metadata', 'annotations', RECORD_ANNOTATION], null);
  rest = withAt(rest, ['spec', 'traffic'], null);
  if (isStart) rest = withAt(rest, ['metadata', 'annotations', PLAN_ANNOTATION], null);
  return stringifyJson(isStart ? withAt(rest, ['spec', 'template'], null) : rest);
}

describe('row 16: everything else goes back as it came', () => {
  test('at a stage', () => {
    const body = send(raw, record({ stage: 1 }));
    expect(untouchable(body, false)).toBe(untouchable(raw, false));
    expect(stringifyJson(body)).toContain('"futureField":{"ratio":1.0,"id":12345678901234567890}');
    expect(at(body, 'metadata', 'resourceVersion')).toBe('AAZZJpwmJn4');
    expect(at(body, 'spec', 'template')).toBe(at(raw, 'spec', 'template'));
  });

  test('at the start, but for the template', () => {
    const body = bodyFor(raw, record(), PLAN);
    expect(untouchable(body, true)).toBe(untouchable(raw, true));
    expect(stringifyJson(body)).toContain('"futureField":{"ratio":1.0,"id":12345678901234567890}');
  });

  test('the record is our annotation, and the others stay', () => {
    const next = record();
    const annotations = object(at(send(raw, next), 'metadata', 'annotations')!);
    expect(readRecord(asText(annotations[RECORD_ANNOTATION])!)).toEqual(next);
    expect(annotations['example.com/unknown']).toBe('1.0');
    const bare = send(service({ 'metadata.annotations': undefined }), next);
    expect(asText(at(bare, 'metadata', 'annotations', RECORD_ANNOTATION))).not.toBeNull();
  });
});

describe('traffic', () => {
  const ours = { revisionName: CANARY, tag: 'canary' };

  test('S5: a start pins LATEST and moves nobody', () => {
    expect(trafficAfter(record())).toEqual([{ revisionName: STABLE, percent: 100 }, ours]);
  });

  test('a stage names both revisions', () => {
    expect(trafficAfter(record({ stage: 1 }))).toEqual([
      { revisionName: STABLE, percent: 95 },
      { revisionName: CANARY, percent: 5 },
      ours,
    ]);
  });

  test('a held rollout keeps its tag', () => {
    expect(trafficAfter(record({ phase: 'held' }))).toContainEqual(ours);
  });

  test.each(['rolled-back', 'start-failed'] as const)(
    '%s leaves the stable revision and takes our tag away',
    (phase) => {
      const found = [
        { revisionName: STABLE, percent: 95 },
        { revisionName: CANARY, percent: 5 },
        ours,
      ];
      const after = [{ revisionName: STABLE, percent: 100 }];
      expect(trafficAfter(record({ phase }), found)).toEqual(after);
    },
  );

  test('promoted leaves the canary, takes our tag away and marks the way back', () => {
    const found = [{ revisionName: STABLE, percent: 100 }, ours];
    expect(trafficAfter(record({ phase: 'promoted', stage: 3 }), found)).toEqual([
      { revisionName: CANARY, percent: 100 },
      { revisionName: STABLE, tag: 'c-previous' },
    ]);
  });

  test('S2: released leaves traffic exactly as found', () => {
    const found = [
      { latestRevision: true, percent: 70, tag: 'a' },
      { revisionName: CANARY, percent: 30, tag: 'canary' },
    ];
    const from = service({ 'spec.traffic': found });
    const body = send(from, record({ phase: 'released' }));
    expect(at(body, 'spec', 'traffic')).toBe(at(from, 'spec', 'traffic'));
    const unset = service({ 'spec.traffic': undefined });
    expect(at(send(unset, record({ phase: 'released' })), 'spec', 'traffic')).toBeUndefined();
  });

  test("others' tags are carried over without a percent", () => {
    const found = [
      { revisionName: STABLE, percent: 100, tag: 'live', future: 1 },
      { revisionName: 'web-00040-abc', tag: 'prev' },
      { revisionName: 'web-00039-abc' },
    ];
    expect(trafficAfter(record({ stage: 1 }), found)).toEqual([
      { revisionName: STABLE, percent: 95 },
      { revisionName: CANARY, percent: 5 },
      { revisionName: STABLE, tag: 'live', future: 1 },
      { revisionName: 'web-00040-abc', tag: 'prev' },
      ours,
    ]);
  });

  test('while the rollout is open the tag is ours, once', () => {
    const found = [
      { revisionName: STABLE, percent: 100 },
      ours,
      { latestRevision: true, tag: 'canary' },
    ];
    expect(trafficAfter(record(), found)).toEqual([{ revisionName: STABLE, percent: 100 }, ours]);
  });

  test('a tag that somebody gave to another revision stays at the end', () => {
    const row = { revisionName: 'web-00050-abc', tag: 'canary' };
    expect(trafficAfter(record({ phase: 'rolled-back' }), [row])).toContainEqual(row);
  });
});

describe('S5: a tag that follows LATEST never moves to a canary that is not proved', () => {
  const NEWEST = 'web-00042-new';
  const following = [
    { latestRevision: true, percent: 20, tag: 'prod', future: 1 },
    { latestRevision: false, tag: 'next' },
  ];
  const pinned = (revisionName: string) => [
    { future: 1, revisionName, tag: 'prod' },
    { revisionName, tag: 'next' },
  ];
  const after = (next: RolloutRecord, plan: Plan | null, latestReady?: string) => {
    const from = service({
      'spec.traffic': following,
      'status.latestReadyRevisionName': latestReady,
    });
    return at(bodyFor(from, next, plan), 'spec', 'traffic');
  };
  const others = (traffic: JsonValue | undefined) =>
    asList(traffic)!.filter((row) => ['prod', 'next'].includes(asText(at(row, 'tag')) ?? ''));

  test('a start pins it to what it means', () => {
    expect(others(after(record(), PLAN, NEWEST))).toEqual(pinned(NEWEST));
    expect(others(after(record(), PLAN, STABLE))).toEqual(pinned(STABLE));
  });

  test('a start at which no revision is ready pins it to the stable revision', () => {
    expect(others(after(record(), PLAN))).toEqual(pinned(STABLE));
    expect(others(after(record(), PLAN, ''))).toEqual(pinned(STABLE));
  });

  test.each([
    ['a write at 0 %', record()],
    ['a stage', record({ stage: 1 })],
    ['a hold', record({ phase: 'held', stage: 1 })],
    ['a rollback', record({ phase: 'rolled-back', stage: 1 })],
    ['a rollback after a promotion', record({ phase: 'rolled-back', stage: 3 })],
    ['a start that failed', record({ phase: 'start-failed' })],
  ])('%s takes one that has been added back to the stable revision', (_name, next) => {
    expect(others(after(next, null, CANARY))).toEqual(pinned(STABLE));
  });

  test('a promotion gives it the canary, which is what it means then', () => {
    const promoted = record({ phase: 'promoted', stage: 3 });
    expect(others(after(promoted, null, CANARY))).toEqual(pinned(CANARY));
  });

  test('our own tag, set to LATEST by somebody, is pinned like theirs when the rollout ends', () => {
    const row = { latestRevision: true, revisionName: CANARY, tag: 'canary' };
    expect(trafficAfter(record({ phase: 'rolled-back', stage: 1 }), [row])).toEqual([
      { revisionName: STABLE, percent: 100 },
      { revisionName: STABLE, tag: 'canary' },
    ]);
  });

  test.each(['active', 'held', 'promoted', 'rolled-back', 'start-failed'] as const)(
    'nothing that is sent follows LATEST: %s',
    (phase) => {
      const next = record({ phase, stage: phase === 'promoted' ? 3 : 1 });
      for (const plan of [null, PLAN]) {
        const rows = asList(after(next, plan, CANARY))!;
        expect(rows.length).toBeGreaterThan(2);
        expect(rows.filter(followsLatest)).toEqual([]);
      }
    },
  );

  test('released leaves it as it was found', () => {
    expect(after(record({ phase: 'released', stage: 1 }), null, CANARY)).toEqual(following);
  });
});

describe('L7: the tag that keeps the way back', () => {
  const back = { revisionName: STABLE, tag: 'c-previous' };
  const promoted = record({ phase: 'promoted', stage: 3 });
  const older = { revisionName: 'web-00039-abc', tag: 'c-previous', future: 1 };

  test('moves on at a promotion: there is never more than one', () => {
    const found = [
      { revisionName: STABLE, percent: 100 },
      older,
      { ...older, latestRevision: true },
    ];
    expect(trafficAfter(promoted, found)).toEqual([{ revisionName: CANARY, percent: 100 }, back]);
  });

  test('is no reason to touch the tags of others', () => {
    const theirs = [
      { revisionName: 'web-00039-abc', tag: 'c-previous-2' },
      { revisionName: STABLE, tag: 'previous' },
    ];
    const found = [{ revisionName: STABLE, percent: 100 }, ...theirs];
    expect(trafficAfter(promoted, found)).toEqual([
      { revisionName: CANARY, percent: 100 },
      ...theirs,
      back,
    ]);
  });

  test.each([
    ['a start', record()],
    ['a stage', record({ stage: 1 })],
    ['a hold', record({ phase: 'held', stage: 1 })],
    ['a rollback', record({ phase: 'rolled-back', stage: 1 })],
    ['a rollback to it', record({ phase: 'rolled-back', stage: 3 })],
    ['a start that failed', record({ phase: 'start-failed' })],
  ])('stays where it is at %s', (_name, next) => {
    const found = [{ revisionName: STABLE, percent: 100 }, older];
    expect(trafficAfter(next, found)).toContainEqual(older);
    expect(trafficAfter(next)).not.toContainEqual(back);
  });

  test.each([
    [36, [{ revisionName: CANARY, percent: 100 }, back]],
    [37, [{ revisionName: CANARY, percent: 100 }]],
  ])('is left out where tag and service name are too long for one label: %i', (length, rows) => {
    const from = service({ 'metadata.name': 'w'.repeat(length) });
    expect(at(send(from, promoted), 'spec', 'traffic')).toEqual(rows);
  });

  test('left out, leaves one that somebody else has put there', () => {
    const found = [{ revisionName: STABLE, percent: 100 }, older];
    const from = service({ 'metadata.name': 'w'.repeat(37), 'spec.traffic': found });
    expect(at(send(from, promoted), 'spec', 'traffic')).toContainEqual(older);
  });
});

describe('the plan', () => {
  const planned = { ...PLAN, hash: planHash(PLAN) };
  const planIn = (body: JsonObject) =>
    asText(at(body, 'metadata', 'annotations', PLAN_ANNOTATION)) ?? undefined;
  const started = bodyFor(raw, record(), planned);

  test('is frozen at the start, next to the other annotations', () => {
    expect(readPlan(planIn(started), planned.hash)).toEqual(planned);
    expect(at(started, 'metadata', 'annotations', 'example.com/unknown')).toBe('1.0');
    expect(planIn(send(raw, record()))).toBeUndefined();
  });

  test.each(['active', 'held', 'promoted', 'rolled-back', 'released', 'start-failed'] as const)(
    'is carried byte for byte afterwards: %s',
    (phase) => {
      const stage = phase === 'promoted' ? 3 : 1;
      expect(planIn(send(started, record({ phase, stage })))).toBe(writePlan(planned));
    },
  );

  test('is carried even where it is not one of ours any more', () => {
    const from = service({ 'metadata.annotations': { [PLAN_ANNOTATION]: '{"by":"hand"}' } });
    expect(planIn(send(from, record({ stage: 1 })))).toBe('{"by":"hand"}');
  });

  test('of the next rollout takes its place', () => {
    const next = { ...planned, holdFor: 1 };
    expect(planIn(bodyFor(started, record(), next))).toBe(writePlan(next));
  });
});

describe('the template at the start', () => {
  test('has a new name, the image and a birth certificate, and all the rest', () => {
    const body = bodyFor(raw, record(), PLAN);
    const template = at(body, 'spec', 'template');
    expect(at(template, 'metadata', 'name')).toBe(CANARY);
    expect(at(template, 'metadata', 'labels')).toBe(
      at(raw, 'spec', 'template', 'metadata', 'labels'),
    );
    const birth = asText(at(template, 'metadata', 'annotations', BIRTH_ANNOTATION))!;
    expect(JSON.parse(birth)).toEqual({
      rolloutId: '683120945-19482736450',
      attempt: 1,
      canary: CANARY,
      stable: STABLE,
      image: IMAGE,
      commit: draft().commit,
    });
    expect(at(template, 'metadata', 'annotations', 'autoscaling.knative.dev/maxScale')).toBe('100');
    const before = stringifyJson(at(raw, 'spec', 'template', 'spec')!);
    const after = stringifyJson(at(template, 'spec')!);
    expect(after).toBe(before.replace('web@sha256:aaaa', 'web@sha256:bbbb'));
  });

  test('is certified by who started it, whoever drives it', () => {
    const next = record({ startedBy: 2, owner: '683120945-7', attempt: 5 });
    const template = at(bodyFor(raw, next, PLAN), 'spec', 'template');
    const birth = asText(at(template, 'metadata', 'annotations', BIRTH_ANNOTATION))!;
    expect(JSON.parse(birth)).toMatchObject({ rolloutId: next.rolloutId, attempt: 2 });
  });

  test('changes the container that gets the requests, not the others', () => {
    const containers = [{ image: 'side' }, { image: 'app', ports: [{ containerPort: 1 }] }];
    const from = service({ 'spec.template.spec.containers': containers });
    const body = bodyFor(from, record(), PLAN);
    expect(at(body, 'spec', 'template', 'spec', 'containers')).toEqual([
      { image: 'side' },
      { image: IMAGE, ports: [{ containerPort: 1 }] },
    ]);
  });

  test('needs neither metadata nor annotations to be there', () => {
    const from = service({ 'spec.template.metadata': undefined });
    const body = bodyFor(from, record(), PLAN);
    expect(at(body, 'spec', 'template', 'metadata', 'name')).toBe(CANARY);
  });

  test('replaces the certificate of an earlier canary', () => {
    const annotations = { [BIRTH_ANNOTATION]: '{"canary":"web-old"}' };
    const from = service({ 'spec.template.metadata.annotations': annotations });
    const body = bodyFor(from, record(), PLAN);
    const birth = asText(at(body, 'spec', 'template', 'metadata', 'annotations', BIRTH_ANNOTATION));
    expect(birth).toContain(CANARY);
  });

  test('cannot be made without a container', () => {
    const from = service({ 'spec.template.spec.containers': [] });
    expect(() => bodyFor(from, record(), PLAN)).toThrow('no container');
  });
});

describe('the wrong version', () => {
  test.each(['AAZZJpwmJn4', '1786872223639166', '0', 'a', 'A', '-', '000', 'azAZ09+/='])(
    '%j becomes another of the same form, and nothing else changes',
    (version) => {
      const from = service({ 'metadata.resourceVersion': version });
      const body = withWrongVersion(from);
      const wrong = asText(at(body, 'metadata', 'resourceVersion'))!;
      expect(wrong).not.toBe(version);
      expect(wrong).toHaveLength(version.length);
      expect(stringifyJson(withAt(body, ['metadata', 'resourceVersion'], version))).toBe(
        stringifyJson(from),
      );
    },
  );
});
