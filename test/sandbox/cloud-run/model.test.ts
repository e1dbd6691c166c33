import { describe, expect, test } from 'vitest';
import { decodeService } from './validate.ts';
import { decodeVersion, encodeVersion } from './version.ts';
import {
  bodyOf,
  by,
  canary,
  createWorld,
  stable,
  startCanary,
  templateSpec,
  type World,
} from './world.ts';

describe('a write', () => {
  test('a stale version is refused with both versions in the text, and changes nothing', async () => {
    const world = createWorld();
    const old = await world.create('web');
    world.edit('web', ({ metadata }) => Object.assign(metadata.annotations, { a: '1' }));
    const current = world.model.get('web');
    const versions = [old, current].map((s) => decodeVersion(s.metadata.resourceVersion));
    expect(() =>
      world.edit('web', ({ metadata }) => {
        metadata.resourceVersion = old.metadata.resourceVersion;
        metadata.annotations['a'] = '2';
      }),
    ).toThrow(
      `Conflict for resource 'web': version '${versions[0]}' was specified but current version is '${versions[1]}'.`,
    );
    expect(world.model.get('web')).toEqual(current);
  });

  test('a stale version is taken when the service does not fence', async () => {
    const world = createWorld({ fenced: false });
    await world.create('web');
    world.edit('web', ({ metadata }) => {
      metadata.resourceVersion = encodeVersion(1n);
      metadata.annotations['a'] = '2';
    });
    expect(world.model.get('web').metadata.annotations['a']).toBe('2');
  });

  test('without a version it is not fenced', async () => {
    const world = createWorld();
    await world.create('web');
    world.edit('web', (draft) => {
      Reflect.deleteProperty(draft.metadata, 'resourceVersion');
      draft.metadata.annotations['a'] = '1';
    });
    expect(world.model.get('web').metadata.annotations['a']).toBe('1');
  });

  test('every write makes a new version, even within one millisecond', async () => {
    const world = createWorld();
    await world.create('web');
    const versions = ['1', '2', '3'].map(
      (a) =>
        world.edit('web', ({ metadata }) => Object.assign(metadata.annotations, { a })).metadata
          .resourceVersion,
    );
    expect(new Set(versions).size).toBe(3);
  });

  test.each([
    { statusBumpsVersion: true, same: false },
    { statusBumpsVersion: false, same: true },
  ])('settling makes a new version: $statusBumpsVersion', async ({ same, ...rules }) => {
    const world = createWorld(rules);
    await world.create('web');
    const asked = startCanary(world).metadata.resourceVersion;
    await world.advance(2_000);
    expect(world.model.get('web').metadata.resourceVersion === asked).toBe(same);
  });

  test('annotations alone count as a generation only if the rule says so', async () => {
    for (const generationCounts of ['spec', 'every-write'] as const) {
      const world = createWorld({ generationCounts });
      const { metadata } = await world.create('web');
      const next = world.edit('web', (s) => Object.assign(s.metadata.annotations, { a: '1' }));
      const expected = metadata.generation + (generationCounts === 'spec' ? 0 : 1);
      expect(next.metadata.generation).toBe(expected);
      expect(next.status.conditions[0]?.status).toBe('True');
    }
  });

  test('a dry run checks the version and changes nothing', async () => {
    const world = createWorld();
    const before = await world.create('web');
    const shown = world.edit(
      'web',
      ({ spec }) => {
        Object.assign(spec, templateSpec(canary, 'app:next'));
      },
      true,
    );
    expect(shown.metadata.generation).toBe(before.metadata.generation + 1);
    expect(world.model.get('web')).toEqual(before);
    expect(world.model.revisions('web')).toHaveLength(1);
    const stale = encodeVersion(1n);
    const bogus = (dryRun: boolean) =>
      world.edit('web', ({ metadata }) => void (metadata.resourceVersion = stale), dryRun);
    expect(() => bogus(true)).toThrow(/^Conflict for resource 'web'/);
  });

  test('template fields nobody knows are kept, in the service and in the revision', async () => {
    const world = createWorld();
    await world.create('web');
    world.edit('web', ({ spec }) => {
      spec.template = {
        metadata: { name: canary },
        spec: { containers: [{ image: 'app:next', novelty: { deep: [1] } }], surprise: '1e5' },
      };
    });
    const { template } = world.model.get('web').spec;
    expect(template.spec).toMatchObject({
      surprise: '1e5',
      containers: [{ novelty: { deep: [1] } }],
    });
    expect(world.model.revision(canary).spec).toEqual(template.spec);
  });
});

describe('two writes in a row', () => {
  const moveTo = (world: World, revisionName: string) =>
    world.edit('web', ({ spec }) => {
      spec.traffic = [{ revisionName, percent: 100 }];
    });

  test.each([
    ['that moved traffic', (world: World) => moveTo(world, stable)],
    ['that made a revision', (world: World) => startCanary(world, 'app:other')],
  ])('the second settles in its own time, not in that of the first %s', async (_what, first) => {
    const world = createWorld({ settleMs: 400 });
    await world.create('web');
    world.edit('web', ({ spec }) => Object.assign(spec, templateSpec('web-c2', 'app:next')));
    await world.advance(2_000);
    first(world);
    await world.advance(300);
    moveTo(world, stable);
    world.edit('web', ({ spec }) => {
      spec.traffic = [{ revisionName: stable, percent: 100, tag: 'second' }];
    });
    await world.advance(200);
    expect(world.model.tagged('web', 'second')).toBeNull();
    await world.advance(200);
    expect(world.model.tagged('web', 'second')).toBe(stable);
  });

  test('the operation of the first is over as soon as the second is accepted', async () => {
    const world = createWorld();
    await world.create('web');
    const { metadata } = startCanary(world);
    const id = metadata.annotations['run.googleapis.com/operation-id'] ?? '';
    const over = () => world.model.isDone(world.model.operation(id)!);
    expect(over()).toBe(false);
    moveTo(world, stable);
    expect(over()).toBe(true);
  });

  test('the operation of a deleted service is over, whatever a new one of that name does', async () => {
    const world = createWorld();
    await world.create('web');
    const { metadata } = startCanary(world);
    world.model.remove('web', by);
    world.model.create(decodeService(bodyOf('web')), by);
    const id = metadata.annotations['run.googleapis.com/operation-id'] ?? '';
    expect(world.model.isDone(world.model.operation(id)!)).toBe(true);
  });
});

test('a deleted service is gone with its revisions, and its operation is over', async () => {
  const world = createWorld();
  await world.create('web');
  const operation = world.model.operation(world.model.remove('web', by));
  expect(operation !== null && world.model.isDone(operation)).toBe(true);
  expect(world.stopped).toEqual([stable]);
  expect(() => world.model.get('web')).toThrow(
    "Resource 'web' of kind 'SERVICE' in region 'us-central1' in project 'demo' does not exist.",
  );
});
