/** npm run kills [-- --count 200 --seed 1]: real processes killed at seeded moments. */
import { parseArgs } from 'node:util';
import { killOnce } from './kill.ts';
import type { Killed } from './kill.ts';

const AT_ONCE = 4;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
const first = Number(values.seed);
const seeds = Array.from({ length: Number(values.count) }, (_, index) => first + index);
const killed: Killed[] = [];

async function worker(): Promise<void> {
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
    const result = await killOnce(seed);
    killed.push(result);
    if (result.fault !== null) process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, worker));
const count = (fits: (result: Killed) => boolean) => killed.filter(fits).length;
const violations = count(({ fault }) => fault !== null);
process.stdout.write(
  `${JSON.stringify({
    kills: killed.length,
    beforeTheFirstWrite: count(({ left }) => left === 'none'),
    whileOpen: count(({ left }) => left === 'active'),
    afterTheEnd: count(({ left }) => left === 'promoted' || left === 'rolled-back'),
    violations,
  })}\n`,
);
process.exitCode = violations === 0 ? 0 : 1;
