/** A service that does not refuse writes made from an old read: the promise about races is gone. */
import { afterAll, describe, expect, test } from 'vitest';
import { checkOf, errorsOf, nothingLeft, recordOf, untilAt } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK } from '../scene/scene.ts';

afterAll(nothingLeft);

const UNFENCED = { sandbox: { rules: { fenced: false } } };

describe.concurrent('a service without a fence', () => {
  test('nothing is created, and the message names the way on', () =>
    withScene({ ...UNFENCED, requestsPerSecond: 5 }, async (scene) => {
      const { spec, metadata } = scene.sandbox.model.get('web');
      const result = await scene.run({ inputs: QUICK });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'refused']);
      expect(errorsOf(result)).toEqual([expect.stringContaining('allow_unfenced: true')]);
      // The proof sends what is there already; taken, it changes nothing but the version.
      const after = scene.sandbox.model.get('web');
      expect([after.spec, after.metadata.generation]).toEqual([spec, metadata.generation]);
      expect([recordOf(scene), scene.sandbox.model.revisions('web').length]).toEqual([null, 1]);
    }));

  test('`allow_unfenced: true` goes on and says which guarantee is missing', () =>
    withScene(UNFENCED, async (scene) => {
      const result = await scene.run({ inputs: { ...QUICK, allow_unfenced: 'true' } });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([0, 'promoted']);
      for (const text of [checkOf(scene).text, result.summary]) {
        expect(text).toContain('accepted a write made from an old read');
        expect(text).toContain('can be overwritten');
      }
      expect(JSON.parse(result.outputs['report_json']!)).toMatchObject({ fence: 'absent' });
    }));

  test('an outsider who came between two of our reads is still noticed', () =>
    withScene(UNFENCED, async (scene) => {
      const inputs = { ...QUICK, stages: '30% for 60s', allow_unfenced: 'true' };
      const running = scene.start({ inputs });
      await untilAt(scene, 30);
      await scene.sandbox.services.setTraffic('web', { [scene.stable]: 100 });
      const result = await running.finished;
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'released']);
      expect(scene.asked()).toEqual({ [scene.stable]: 100 });
    }));

  test('nothing of this is said where there is a fence', () =>
    withScene({}, async (scene) => {
      const result = await scene.run({ inputs: { ...QUICK, allow_unfenced: 'true' } });
      expect(result.exitCode).toBe(0);
      expect(result.summary).not.toContain('old read');
      expect(JSON.parse(result.outputs['report_json']!)).toMatchObject({ fence: 'proved' });
    }));
});
