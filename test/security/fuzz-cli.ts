/**
 * npm run fuzz [-- --inputs 100000] [-- --seed 7] [-- --parser credentials]
 * So many spoilt texts for each parser. Ends with 1 where one crashed, leaked, was changed by what it
 * read, or took too long; what did it is printed.
 */
import { parseArgs } from 'node:util';
import { PARSERS } from './fuzz-parsers.ts';
import { fuzz } from './fuzz-run.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    parser: { type: 'string' },
  },
});
const [inputs, seed] = [Number(values.inputs), Number(values.seed)];
if (!(Number.isSafeInteger(inputs) && inputs > 0 && Number.isSafeInteger(seed))) {
  throw new Error('--inputs and --seed are whole numbers.');
}

console.log(`seed ${seed}, ${inputs} inputs for each parser`);
for (const parser of PARSERS) {
  if (values.parser !== undefined && values.parser !== parser.name) continue;
  const begun = performance.now();
  const outcome = fuzz(parser, inputs, seed);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const slowest = outcome.slowestMs.toFixed(1);
  const { problems, faults } = outcome;
  console.log(
    `${parser.name}: ${outcome.inputs} inputs, ${problems} problems, slowest ${slowest} ms, ${seconds} s, ${faults.length} faults`,
  );
  for (const { kind, why, text } of faults) {
    console.error(`  ${kind}: ${why}\n  by ${JSON.stringify(text.slice(0, 2_000))}`);
    process.exitCode = 1;
  }
}
