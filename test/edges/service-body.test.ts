import { describe, expect, test } from 'vitest';

import { BIRTH_ANNOTATION, RECORD_ANNOTATION, readRecord } from '../../src/core/rollout/record.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import { bodyFor, withWrongVersion } from '../../src/edges/cloud-run/service-body.ts';
import { asText, at, parseJson, stringifyJson, withAt } from '../../src/edges/json.ts';
import type { JsonObject, JsonValue } from '../../src/edges/json.ts';
import { CANARY, IMAGE, SERVICE_TEXT, STABLE, draft, object, service } from './service-fixture.ts';

const raw = object(parseJson(SERVICE_TEXT));

function record(changes: Partial<RolloutRecord> = {}): RolloutRecord {
  return { ...draft(), transition: 2, generation: 42, writeId: '9f1c64b20a7de853', ...changes };
}

function send(from: JsonObject, next: RolloutRecord): JsonObject {
  return bodyFor(from, next, null)!;
}

function trafficAfter(next: RolloutRecord, traffic?: unknown): JsonValue | undefined {
  const from = traffic === undefined ? raw : service({ 'spec.traffic': traffic });
  return at(send(from, next), 'spec', 'traffic');
}

/** What is left when everything that may differ is taken out. */
function untouchable(body: JsonObject, isStart: boolean): string {
  let rest = withAt(body, ['metadata', 'annotations', RECORD_ANNOTATION], null);
  rest = withAt(rest, ['spec', 'traffic'], null);
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
    const body = bodyFor(raw, record(), { image: IMAGE })!;
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

  test.each([
    ['promoted', CANARY],
    ['rolled-back', STABLE],
    ['start-failed', STABLE],
  ] as const)('%s leaves one revision and takes our tag away', (phase, revisionName) => {
    const found = [{ revisionName: STABLE, percent: 100 }, ours];
    expect(trafficAfter(record({ phase }), found)).toEqual([{ revisionName, percent: 100 }]);
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

  test("others' tags are carried over without a percent, also one that follows LATEST", () => {
    const found = [
      { revisionName: STABLE, percent: 80, tag: 'live', future: 1 },
      { latestRevision: true, percent: 20, tag: 'next' },
      { revisionName: 'web-00040-abc', tag: 'prev' },
      { revisionName: 'web-00039-abc' },
    ];
    expect(trafficAfter(record({ stage: 1 }), found)).toEqual([
      { revisionName: STABLE, percent: 95 },
      { revisionName: CANARY, percent: 5 },
      { revisionName: STABLE, tag: 'live', future: 1 },
      { latestRevision: true, tag: 'next' },
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

  test.each([
    ['another revision', { revisionName: 'web-00050-abc', tag: 'canary' }],
    ['LATEST', { latestRevision: true, revisionName: CANARY, tag: 'canary' }],
  ])('a tag that somebody gave to %s stays at the end', (_name, row) => {
    expect(trafficAfter(record({ phase: 'rolled-back' }), [row])).toContainEqual(row);
  });
});

describe('the template at the start', () => {
  test('has a new name, the image and a birth certificate, and all the rest', () => {
    const body = bodyFor(raw, record(), { image: IMAGE })!;
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

  test('changes the container that gets the requests, not the others', () => {
    const containers = [{ image: 'side' }, { image: 'app', ports: [{ containerPort: 1 }] }];
    const from = service({ 'spec.template.spec.containers': containers });
    const body = bodyFor(from, record(), { image: IMAGE })!;
    expect(at(body, 'spec', 'template', 'spec', 'containers')).toEqual([
      { image: 'side' },
      { image: IMAGE, ports: [{ containerPort: 1 }] },
    ]);
  });

  test('needs neither metadata nor annotations to be there', () => {
    const from = service({ 'spec.template.metadata': undefined });
    const body = bodyFor(from, record(), { image: IMAGE })!;
    expect(at(body, 'spec', 'template', 'metadata', 'name')).toBe(CANARY);
  });

  test('replaces the certificate of an earlier canary', () => {
    const annotations = { [BIRTH_ANNOTATION]: '{"canary":"web-old"}' };
    const from = service({ 'spec.template.metadata.annotations': annotations });
    const body = bodyFor(from, record(), { image: IMAGE })!;
    const birth = asText(at(body, 'spec', 'template', 'metadata', 'annotations', BIRTH_ANNOTATION));
    expect(birth).toContain(CANARY);
  });

  test('cannot be made without a container', () => {
    const from = service({ 'spec.template.spec.containers': [] });
    expect(bodyFor(from, record(), { image: IMAGE })).toBeNull();
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
