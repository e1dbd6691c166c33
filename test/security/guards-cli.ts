/**
 * npm run guards [-- --only hosts] [-- --copies 2]
 * Takes each security guard out of a copy of the sources and runs its tests, in several copies side by
 * side. Ends with 1 where they still pass: then the guard has no test. The last line is JSON.
 */
import { parseArgs } from 'node:util';
import type { Guard } from './guard.ts';
import { openCopy } from './guards-copy.ts';
import type { Copy } from './guards-copy.ts';
import { GUARDS } from './guards.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    copies: { type: 'string', default: '2' },
  },
});
const count = Number(values.copies);
if (!(Number.isSafeInteger(count) && count > 0)) throw new Error('--copies is a whole number.');
const chosen = GUARDS.filter((guard) => nameOf(guard).includes(values.only));
if (chosen.length === 0) throw new Error(`No guard has "${values.only}" in its name.`);

const begun = performance.now();
// Ctrl-C must take the copies with it, and 'exit' is not said of a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
const copies = Array.from({ length: Math.min(count, chosen.length) }, () => openCopy());

const usualMs = new Map<string, number>();
await together([...new Set(chosen.flatMap(({ tests }) => tests))], async (path, copy) => {
  const from = performance.now();
  if (!(await copy.passes(path))) throw new Error(`${path} fails with all guards in their places`);
  usualMs.set(path, performance.now() - from);
});
// Without its guard a test may wait, or count, for ever.
const atMost = (path: string) => Math.max(30_000, 10 * (usualMs.get(path) ?? 0));
const unnoticed: string[] = [];
let over = 0;
await together(chosen, async (guard, copy) => {
  const from = performance.now();
  const isNoticed = await copy.notices(guard, atMost);
  if (!isNoticed) unnoticed.push(nameOf(guard));
  over += 1;
  const verdict = `${isNoticed ? 'noticed' : 'NOT NOTICED'} (${secondsSince(from)} s)`;
  console.log(`${over}/${chosen.length} ${nameOf(guard)}: ${verdict}`);
});
const guards = chosen.length;
const noticed = guards - unnoticed.length;
const seconds = Number(secondsSince(begun));
console.log(JSON.stringify({ guards, noticed, unnoticed, copies: copies.length, seconds }));
process.exit(unnoticed.length === 0 ? 0 : 1);

/** Each copy takes the next of them when it is done with one. */
async function together<T>(
  all: readonly T[],
  work: (one: T, copy: Copy) => Promise<void>,
): Promise<void> {
  const queue = all.values();
  const takeAll = async (copy: Copy) => {
    for (const one of queue) await work(one, copy);
  };
  await Promise.all(copies.map(takeAll));
}

function nameOf({ file, what }: Guard): string {
  return `${file}: ${what}`;
}

function secondsSince(from: number): string {
  return ((performance.now() - from) / 1000).toFixed(1);
}
