import { describe, expect, test } from 'vitest';
import {
  by,
  canary,
  createWorld,
  ready,
  stable,
  startCanary,
  templateSpec,
  type World,
} from './world.ts';

describe('revisions', () => {
  test('a name repeated with another template is refused, even as a dry run', async () => {
    const world = createWorld();
    await world.create('web');
    const repeat = (dryRun: boolean) =>
      world.edit(
        'web',
        ({ spec }) => Object.assign(spec, templateSpec(stable, 'app:other')),
        dryRun,
      );
    for (const dryRun of [true, false]) {
      expect(() => repeat(dryRun)).toThrow(
        `Revision named '${stable}' with different configuration already exists.`,
      );
    }
  });

  test('the same template under the same name makes no revision', async () => {
    const world = createWorld();
    await world.create('web');
    world.edit('web', ({ spec }) => Object.assign(spec, templateSpec(stable, 'app:healthy')));
    expect(world.model.revisions('web')).toHaveLength(1);
  });

  test('the very template of an older revision makes none: that one is the latest created again', async () => {
    const world = createWorld();
    const { spec: first } = await world.create('web');
    startCanary(world);
    await world.advance(2_000);
    world.edit('web', ({ spec }) => Object.assign(spec, { template: first.template }));
    await world.advance(2_000);
    expect(world.model.revisions('web')).toHaveLength(2);
    expect(world.model.get('web').status.latestCreatedRevisionName).toBe(stable);
  });

  test('a template without a name gets one, and only when it differs', async () => {
    const world = createWorld();
    await world.create('web');
    const put = () =>
      world.edit('web', ({ spec }) => {
        spec.template = { spec: { containers: [{ image: 'app:next' }] } };
      });
    put();
    expect(world.model.get('web').status.latestCreatedRevisionName).toMatch(/^web-00002-[a-z]{3}$/);
    put();
    expect(world.model.revisions('web')).toHaveLength(2);
  });

  test('a ready revision knows the digest of its image', async () => {
    const world = createWorld();
    await world.create('web');
    expect(world.model.revision(stable).status.imageDigest).toBe('app:healthy@sha256:1');
  });

  const gone = "Revision 'web-gone' does not exist or is deleted.";
  const serveGone = (world: World) =>
    world.edit('web', ({ spec }) => {
      spec.traffic = [{ revisionName: 'web-gone', percent: 100 }];
    });

  test('traffic that names a missing revision is refused', async () => {
    const world = createWorld();
    const before = await world.create('web');
    expect(() => serveGone(world)).toThrow(gone);
    expect(world.model.get('web')).toEqual(before);
  });

  test('or, under the other rule, accepted and then failed', async () => {
    const world = createWorld({ missingTarget: 'fail-routes' });
    await world.create('web');
    serveGone(world);
    await world.advance(2_000);
    expect(ready(world)?.message).toContain(gone);
    expect(world.model.served('web')).toEqual([{ revision: stable, percent: 100 }]);
  });

  test('an older revision that gets ready later does not become the latest', async () => {
    const world = createWorld();
    await world.create('web');
    world.model.rules.readyDelayMs = 10_000;
    startCanary(world);
    await world.advance(1_000);
    world.model.rules.readyDelayMs = 0;
    world.edit('web', ({ spec }) => {
      spec.template = templateSpec('web-c2', 'app:next').template;
    });
    await world.advance(20_000);
    expect(world.model.revision(canary).status.conditions[0]?.status).toBe('True');
    expect(world.model.get('web').status.latestReadyRevisionName).toBe('web-c2');
  });

  test('one that is lost while it serves leaves its split behind, and the next write is judged anew', async () => {
    const world = createWorld();
    await world.create('web');
    startCanary(world);
    await world.advance(2_000);
    world.model.loseRevision(canary);
    expect(ready(world)).toMatchObject({ status: 'False', reason: 'RevisionMissing' });
    expect(() =>
      world.edit('web', ({ spec }) => {
        spec.traffic = [{ revisionName: canary, percent: 100 }];
      }),
    ).toThrow(/does not exist or is deleted/);
  });

  test('one that is lost while it starts never becomes the latest', async () => {
    const world = createWorld({ readyDelayMs: 1_000 });
    await world.create('web');
    await world.advance(2_000);
    startCanary(world);
    world.model.loseRevision(canary);
    await world.advance(5_000);
    expect(world.model.get('web').status.latestReadyRevisionName).toBe(stable);
  });

  test('only a retired revision can be deleted', async () => {
    const world = createWorld();
    await world.create('web');
    startCanary(world);
    await world.advance(2_000);
    expect(() => world.model.removeRevision(stable, by)).toThrow(/has traffic or a traffic tag/);
    world.edit('web', ({ spec }) => {
      spec.traffic = [
        { revisionName: canary, percent: 100 },
        { revisionName: stable, tag: 'old' },
      ];
    });
    await world.advance(2_000);
    expect(() => world.model.removeRevision(stable, by)).toThrow(/has traffic or a traffic tag/);
    world.edit('web', ({ spec }) => void (spec.traffic = [{ revisionName: stable, percent: 100 }]));
    await world.advance(2_000);
    expect(() => world.model.removeRevision(canary, by)).toThrow(/is the latest revision/);
    world.edit('web', ({ spec }) => Object.assign(spec, templateSpec('web-c2', 'app:next')));
    await world.advance(2_000);
    world.model.removeRevision(canary, by);
    expect(world.stopped).toEqual([canary]);
    expect(() => world.model.revision(canary)).toThrow(/of kind 'REVISION'.*does not exist/);
  });
});
