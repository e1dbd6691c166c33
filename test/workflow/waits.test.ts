/** What the examples say of their bills is what they come to in virtual time. */
import { expect, test } from 'vitest';
import { read } from '../docs/pages.ts';
import { WAYS, costOf } from './waits.ts';
import { readExample } from './stage.ts';
import { playVirtually } from './virtual.ts';

function billsOf(example: string): string {
  const [head = ''] = read(`examples/${example}.yml`).split('\nname: ');
  return head.replaceAll('\n# ', ' ').split('Bills: ')[1] ?? '';
}

/** The row of the table in docs/strategies.md that leads to an example. */
function rowOf(example: string): string {
  const [, table = ''] =
    /<!-- waits -->([^]*)<!-- \/waits -->/.exec(read('docs/strategies.md')) ?? [];
  return table.split('\n').find((row) => row.includes(`/${example}.yml`)) ?? '';
}

test.each(WAYS)('$name: $example', async (way) => {
  const { billed, minutes, harm, violations } = await costOf(way);
  const [, takes, bills, undone] = rowOf(way.example).split(' | ');
  expect(takes).toBe(`${(minutes / 60).toFixed(1)} h`);
  expect(bills?.split(',')[0]).toBe(String(billed));
  expect(undone).toBe(`${harm.toFixed(0)} min |`);
  expect(violations).toEqual([]);
  expect(billsOf(way.example)).toContain(`${billed} minutes`);
  // Nobody is raised before its time.
  expect(minutes).toBeGreaterThan(24 * 60);
});

test.each([
  'first-canary',
  'tell-the-team',
  'migrate-from-deploy-cloudrun',
  'approval-between-stages',
])('%s bills what it says', async (example) => {
  const environments = { canary: {}, production: {} };
  const workflow = readExample(example);
  const { promotedAfter, billedMinutes, violations } = await playVirtually({
    workflow,
    environments,
    hours: 2,
  });
  expect(violations).toEqual([]);
  expect(promotedAfter).not.toBeNull();
  expect(billsOf(example)).toContain(`${billedMinutes} minutes`);
});
