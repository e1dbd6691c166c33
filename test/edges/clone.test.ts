/** The two templates of a start that makes a clone, and what is sent of them. */
import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import { readPlan } from '../../src/core/rollout/plan.ts';
import {
  BIRTH_ANNOTATION,
  PLAN_ANNOTATION,
  readBirth,
  writeBirth,
} from '../../src/core/rollout/record.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import { copyTemplates } from '../../src/edges/cloud-run/clone.ts';
import { bodyFor } from '../../src/edges/cloud-run/service-body.ts';
import { asText, at, parseJson, stringifyJson, withAt } from '../../src/edges/json.ts';
import type { JsonObject, JsonValue } from '../../src/edges/json.ts';
import { aChange, aPlan } from '../unit/build.ts';
import { sealed } from '../engine/world.ts';
import { CANARY, IMAGE, SERVICE_TEXT, STABLE, draft, object, service } from './service-fixture.ts';

const CLONE = `${CANARY}-b`;
const MIN = 'run.googleapis.com/minScale';
const DIGEST = `us-docker.pkg.dev/demo/web/web@sha256:${'a'.repeat(64)}`;
const SIDECAR = `us-docker.pkg.dev/demo/proxy@sha256:${'c'.repeat(64)}`;
const PLAN = sealed(aPlan({ change: aChange({ image: IMAGE }), tag: 'canary', baseline: 'fresh' }));

function record(changes: Partial<RolloutRecord> = {}): RolloutRecord {
  const stamped = { transition: 1, generation: 42, writeId: '9f1c64b20a7de853' };
  return { ...draft({ planHash: PLAN.hash, clone: CLONE }), ...stamped, ...changes };
}

function json(value: unknown): JsonObject {
  return object(parseJson(JSON.stringify(value)));
}

/** As namespaces.revisions shows the stable one. */
function revision(changes: object = {}): JsonObject {
  return json({
    metadata: {
      name: STABLE,
      labels: {
        team: 'café',
        'serving.knative.dev/service': 'web',
        'cloud.googleapis.com/location': 'x',
      },
      annotations: {
        'autoscaling.knative.dev/maxScale': '7',
        'serving.knative.dev/creator': 'someone',
        'run.googleapis.com/operation-id': 'op',
        'run.googleapis.com/startup-cpu-boost': 'true',
      },
    },
    spec: { timeoutSeconds: 30, containers: [{ image: 'web:v1', futureField: 1 }] },
    status: { imageDigest: DIGEST },
    ...changes,
  });
}

function textOf(value: JsonValue | undefined): string {
  return stringifyJson(value ?? null);
}

function read(value: object): JsonObject {
  return object(value as JsonValue);
}

const OTHER = { 'status.latestCreatedRevisionName': 'web-c1-1' };

describe('the template of a clone', () => {
  test('is the one in force, field by field, where that is the stable revision’s', () => {
    const raw = object(parseJson(SERVICE_TEXT));
    const { clone, before } = copyTemplates(raw, revision());
    const containers = ['spec', 'containers'] as const;
    const template = object(at(raw, 'spec', 'template')!);
    expect(textOf(withAt(read(clone), containers, null))).toBe(
      textOf(withAt(template, containers, null)),
    );
    const [container] = at(read(clone), 'spec', 'containers') as JsonValue[];
    expect(at(container, 'image')).toBe(DIGEST);
    expect(textOf(at(container, 'futureField'))).toBe('{"ratio":1.0,"id":12345678901234567890}');
    expect(before).toBe(template);
  });

  test('is the revision’s, without what the platform writes, where it is another’s', () => {
    const raw = service(OTHER);
    const { clone, before } = copyTemplates(raw, revision());
    expect(JSON.parse(textOf(read(clone)))).toEqual({
      metadata: {
        labels: { team: 'café' },
        annotations: {
          'autoscaling.knative.dev/maxScale': '7',
          'run.googleapis.com/startup-cpu-boost': 'true',
        },
      },
      spec: { timeoutSeconds: 30, containers: [{ image: DIGEST, futureField: 1 }] },
    });
    expect(before).toBe(at(raw, 'spec', 'template'));
  });

  test('has nobody else’s birth certificate', () => {
    const birth = {
      rolloutId: '1-2',
      attempt: 1,
      canary: STABLE,
      stable: 'web-0',
      image: '',
      commit: '',
      clone: null,
    };
    const path = 'spec.template.metadata.annotations';
    const raw = service({ [path]: { [BIRTH_ANNOTATION]: writeBirth(birth), other: 'x' } });
    const { clone } = copyTemplates(raw, revision());
    expect(JSON.parse(textOf(at(read(clone), 'metadata', 'annotations')))).toEqual({ other: 'x' });
  });

  test('keeps an image that has its digest', () => {
    const image = `elsewhere@sha256:${'d'.repeat(64)}`;
    const raw = service({ 'spec.template.spec.containers': [{ image }] });
    const [container] = at(
      read(copyTemplates(raw, revision()).clone),
      'spec',
      'containers',
    ) as JsonValue[];
    expect(at(container, 'image')).toBe(image);
  });

  const two = [
    { name: 'web', image: 'web:v1' },
    { name: 'proxy', image: 'proxy:v1' },
  ];

  test.each([
    [
      'by name',
      [
        { name: 'proxy', imageDigest: SIDECAR },
        { name: 'web', imageDigest: DIGEST },
      ],
    ],
    ['by place', [{ imageDigest: DIGEST }, { imageDigest: SIDECAR }]],
  ])('tells several containers apart %s', (_, containerStatuses) => {
    const status = { imageDigest: 'x', containerStatuses };
    const { clone } = copyTemplates(
      service(OTHER),
      revision({ spec: { containers: two }, status }),
    );
    const images = (at(read(clone), 'spec', 'containers') as JsonValue[]).map((one) =>
      at(one, 'image'),
    );
    expect(images).toEqual([DIGEST, SIDECAR]);
  });

  test.each([
    ['there is none', {}, [{ image: 'web:v1' }]],
    ['it is no digest', { imageDigest: 'web:v1' }, [{ image: 'web:v1' }]],
    ['it is one of two containers', { imageDigest: DIGEST }, two],
  ])('cannot be made where %s', (_, status, containers) => {
    const make = () => copyTemplates(service(OTHER), revision({ spec: { containers }, status }));
    expect(make).toThrow(Problem);
    expect(make).toThrow(
      expect.objectContaining({ findings: [expect.objectContaining({ subject: 'baseline' })] }),
    );
  });
});

describe('the two writes of a start', () => {
  const raw = service({
    'spec.traffic': [
      { percent: 100, latestRevision: true },
      { tag: 'live', latestRevision: true },
    ],
  });
  const copy = copyTemplates(raw, revision());
  const first = bodyFor(raw, record({ changedAt: [] }), { ...PLAN, copy });
  const after = withAt(first, ['status', 'latestCreatedRevisionName'], CLONE);
  const second = bodyFor(after, record({ transition: 2 }), { ...PLAN, copy });
  const trafficOf = (body: JsonObject) => JSON.parse(textOf(at(body, 'spec', 'traffic')));

  test('the first sends the clone by its name, and no tag for a canary that is not there', () => {
    expect(at(first, 'spec', 'template', 'metadata', 'name')).toBe(CLONE);
    const own = at(first, 'spec', 'template', 'metadata', 'annotations', BIRTH_ANNOTATION);
    expect(readBirth(asText(own)!)).toMatchObject({ canary: CLONE, stable: STABLE, clone: null });
    expect(trafficOf(first)).toEqual([
      { revisionName: STABLE, percent: 100 },
      { tag: 'live', revisionName: STABLE },
    ]);
  });

  test('the second sends the canary made from what was in force before', () => {
    const canary = at(second, 'spec', 'template');
    const alone = at(bodyFor(raw, record({ transition: 2 }), PLAN), 'spec', 'template');
    expect(textOf(canary)).toBe(textOf(alone));
    expect(trafficOf(second)).toContainEqual({ revisionName: CANARY, tag: 'canary' });
    const birth = at(canary, 'metadata', 'annotations', BIRTH_ANNOTATION);
    expect(readBirth(asText(birth)!)).toMatchObject({ canary: CANARY, clone: CLONE });
  });

  test('both freeze the same plan, and nothing of the copy', () => {
    for (const body of [first, second]) {
      const text = asText(at(body, 'metadata', 'annotations', PLAN_ANNOTATION))!;
      expect(readPlan(text, PLAN.hash)).toEqual({ ...PLAN, change: aChange({ image: IMAGE }) });
      expect(text).not.toContain('copy');
    }
  });
});

describe('minimum instances', () => {
  const WARM = { before: '1', during: '4' };
  const minimum = (body: JsonObject) => at(body, 'metadata', 'annotations', MIN);
  const warm = (changes: Partial<RolloutRecord> = {}) =>
    record({ clone: null, minInstances: WARM, ...changes });
  const begun = bodyFor(service({ [`metadata.annotations`]: { [MIN]: '1' } }), warm(), PLAN);
  const END = { phase: 'rolled-back', clone: null, minInstances: null } as const;

  test('are set by the write that opens a rollout', () => {
    expect(minimum(begun)).toBe('4');
  });

  test('stay while it is open, also where somebody has set others', () => {
    expect(minimum(bodyFor(begun, warm({ stage: 1 }), null))).toBe('4');
    const theirs = withAt(begun, ['metadata', 'annotations', MIN], '9');
    expect(minimum(bodyFor(theirs, warm({ stage: 1 }), null))).toBe('9');
  });

  test.each(['rolled-back', 'start-failed', 'promoted', 'released'] as const)(
    'are put back by an ending that is %s',
    (phase) => {
      const stage = phase === 'promoted' ? 3 : 0;
      expect(minimum(bodyFor(begun, record({ ...END, phase, stage }), null))).toBe('1');
    },
  );

  test('are taken away again where there were none', () => {
    const none = bodyFor(service(), warm({ minInstances: { before: null, during: '4' } }), PLAN);
    const annotations = object(at(bodyFor(none, record(END), null), 'metadata', 'annotations')!);
    expect(Object.hasOwn(annotations, MIN)).toBe(false);
  });

  test('somebody else’s are theirs', () => {
    const theirs = withAt(begun, ['metadata', 'annotations', MIN], '9');
    expect(minimum(bodyFor(theirs, record(END), null))).toBe('9');
  });

  test('are nothing that a service file is held against', () => {
    const containers = [{ image: 'web:v9' }];
    const file = {
      metadata: { name: 'web', annotations: { [MIN]: '1' } },
      spec: { template: { spec: { containers } } },
    };
    const edits = [{ kind: 'service-file', json: JSON.stringify(file) }] as const;
    const plan = { ...PLAN, change: aChange({ edits }) };
    const before = service({ 'metadata.annotations': { [MIN]: '1' } });
    const clone = warm({ clone: CLONE, changedAt: [] });
    const copy = copyTemplates(before, revision());
    const first = bodyFor(before, clone, { ...plan, copy });
    const second = bodyFor(first, warm({ clone: CLONE, transition: 2 }), { ...plan, copy });
    expect([minimum(first), minimum(second)]).toEqual(['4', '4']);
    const [made] = at(second, 'spec', 'template', 'spec', 'containers') as JsonValue[];
    expect(at(made, 'image')).toBe('web:v9');
  });

  test('are not put back twice', () => {
    const over = bodyFor(begun, record(END), null);
    const later = withAt(over, ['metadata', 'annotations', MIN], '4');
    expect(minimum(bodyFor(later, record(END), null))).toBe('4');
  });
});
