import { describe, expect, test } from 'vitest';
import { decodeService } from './validate.ts';
import {
  bodyOf,
  broken,
  by,
  canary,
  createWorld,
  ready,
  stable,
  startCanary,
  templateSpec,
} from './world.ts';

describe('asked and served', () => {
  test('one write makes the revision, pins the traffic and sets the tag; LATEST takes nothing', async () => {
    const world = createWorld();
    await world.create('web');
    expect(startCanary(world).status.conditions[0]?.status).toBe('Unknown');
    await world.advance(2_000);
    expect(ready(world)?.status).toBe('True');
    expect(world.model.served('web')).toEqual([{ revision: stable, percent: 100 }]);
    expect(world.model.tagged('web', 'canary')).toBe(canary);
    expect(world.model.get('web').status).toMatchObject({
      latestCreatedRevisionName: canary,
      latestReadyRevisionName: canary,
    });
  });

  test('traffic is served later than it is asked for, and the generation is observed between', async () => {
    const world = createWorld({ settleMs: 400 });
    await world.create('web');
    startCanary(world);
    await world.advance(2_000);
    const asked = world.edit('web', ({ spec }) => {
      spec.traffic = [
        { revisionName: stable, percent: 75 },
        { revisionName: canary, percent: 25 },
      ];
    });
    const seen = () => {
      const { observedGeneration } = world.model.get('web').status;
      const rows = world.model.served('web').length;
      return [observedGeneration === asked.metadata.generation, ready(world)?.status, rows];
    };
    expect(seen()).toEqual([false, 'Unknown', 1]);
    await world.advance(200);
    expect(seen()).toEqual([true, 'Unknown', 1]);
    await world.advance(200);
    expect(seen()).toEqual([true, 'True', 2]);
  });

  test('LATEST follows the newest ready revision, and not one that failed', async () => {
    const world = createWorld();
    world.script.set('app:broken', broken);
    await world.create('web');
    world.edit('web', ({ spec }) => Object.assign(spec, templateSpec(canary, 'app:next')));
    await world.advance(2_000);
    expect(world.model.served('web')).toEqual([{ revision: canary, percent: 100 }]);
    world.edit('web', ({ spec }) => Object.assign(spec, templateSpec('web-c2', 'app:broken')));
    await world.advance(2_000);
    expect(world.model.served('web')).toEqual([{ revision: canary, percent: 100 }]);
    expect(world.model.get('web').status.latestCreatedRevisionName).toBe('web-c2');
    expect(world.model.get('web').status.latestReadyRevisionName).toBe(canary);
  });

  test('a revision that fails leaves what is served, keeps the spec and says why', async () => {
    const world = createWorld();
    world.script.set('app:broken', broken);
    await world.create('web');
    const asked = startCanary(world, 'app:broken');
    await world.advance(2_000);
    const service = world.model.get('web');
    expect(service.status.conditions[0]).toMatchObject({
      type: 'Ready',
      status: 'False',
      reason: 'HealthCheckContainerError',
      message: `Revision '${canary}' is not ready and cannot serve traffic. ${broken.message}`,
    });
    expect(service.spec).toEqual(asked.spec);
    expect(service.status.observedGeneration).toBe(service.metadata.generation);
    expect(world.model.lastGood('web')).toBe(service.metadata.generation - 1);
    expect(world.model.served('web')).toEqual([{ revision: stable, percent: 100 }]);
    expect(world.model.tagged('web', 'canary')).toBeNull();
  });

  test('a revision that fails at once ends the operation only when the generation is observed', async () => {
    const world = createWorld();
    world.script.set('app:broken', broken);
    await world.create('web');
    const { metadata } = startCanary(world, 'app:broken');
    const id = metadata.annotations['run.googleapis.com/operation-id'] ?? '';
    const over = () => world.model.isDone(world.model.operation(id)!);
    await world.advance(1);
    expect([ready(world)?.status, over()]).toEqual(['False', false]);
    await world.advance(1_000);
    expect(over()).toBe(true);
  });

  test('traffic moves between ready revisions while the newest one has failed', async () => {
    const world = createWorld();
    world.script.set('app:broken', broken);
    await world.create('web');
    startCanary(world, 'app:broken');
    await world.advance(2_000);
    world.edit(
      'web',
      ({ spec }) => void (spec.traffic = [{ revisionName: stable, percent: 100, tag: 'old' }]),
    );
    await world.advance(2_000);
    expect(world.model.tagged('web', 'old')).toBe(stable);
    expect(ready(world)?.status).toBe('False');
  });

  test('traffic waits for a revision that is not ready yet', async () => {
    const world = createWorld({ readyDelayMs: 10_000 });
    world.model.create(decodeService(bodyOf('web')), by);
    await world.advance(9_000);
    expect([ready(world)?.status, world.model.served('web')]).toEqual(['Unknown', []]);
    await world.advance(2_000);
    expect(world.model.served('web')).toEqual([{ revision: stable, percent: 100 }]);
  });

  test('a start that never ends leaves the operation open and what is served alone', async () => {
    const world = createWorld();
    world.script.set('app:stuck', 'never');
    await world.create('web');
    const { metadata } = startCanary(world, 'app:stuck');
    await world.advance(3_600_000);
    const id = metadata.annotations['run.googleapis.com/operation-id'] ?? '';
    const operation = world.model.operation(id);
    expect(operation === null || world.model.isDone(operation)).toBe(false);
    expect(world.model.served('web')).toEqual([{ revision: stable, percent: 100 }]);
  });

  test('a change of traffic that never settles is never served', async () => {
    const world = createWorld();
    await world.create('web');
    startCanary(world);
    await world.advance(2_000);
    world.model.rules.settleMs = null;
    world.edit('web', ({ spec }) => void (spec.traffic = [{ revisionName: canary, percent: 100 }]));
    await world.advance(3_600_000);
    expect(world.model.served('web')).toEqual([{ revision: stable, percent: 100 }]);
    expect(ready(world)?.status).toBe('Unknown');
  });

  test('a change of traffic may be accepted and then fail; the next one is served', async () => {
    const world = createWorld();
    await world.create('web');
    startCanary(world);
    await world.advance(2_000);
    world.model.breakRoutes('web', 'Resource readiness deadline exceeded.');
    const moveAll = (revisionName: string) =>
      world.edit('web', ({ spec }) => void (spec.traffic = [{ revisionName, percent: 100 }]));
    moveAll(canary);
    await world.advance(2_000);
    expect(ready(world)).toMatchObject({
      status: 'False',
      message: 'Resource readiness deadline exceeded.',
    });
    expect(world.model.served('web')).toEqual([{ revision: stable, percent: 100 }]);
    moveAll(stable);
    await world.advance(2_000);
    expect(ready(world)?.status).toBe('True');
  });
});
