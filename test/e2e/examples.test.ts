/** The workflows of examples/, played job by job as they are written. */
import { afterAll, describe, expect, test } from 'vitest';
import { checkOf, nothingLeft, recordOf, storyOf, until } from '../scene/evidence.ts';
import { playing } from '../workflow/stage.ts';
import type { Stage } from '../workflow/stage.ts';

afterAll(nothingLeft);

function outcomesOf({ shown }: Stage): readonly string[] {
  return shown.map(({ job, result }) => `${job} ${result.outputs['outcome']}`);
}

describe.concurrent('the example', () => {
  test('first-canary is promoted', () =>
    playing({ examples: ['first-canary'] }, async (stage) => {
      const [run] = stage.repository.push();
      expect(await run!.finished).toBe('success');
      expect(outcomesOf(stage)).toEqual(['canary promoted']);
      expect(storyOf(stage.scene)).toEqual(['active 0','active 1','active 2','active 3','promoted 4']);
    }));
});
void checkOf; void recordOf; void until;
