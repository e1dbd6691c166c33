/**
 * npm run fuzz:report [-- --texts 100000] [-- --seed 7]
 * So many hostile texts, put into every place of a report where foreign text can stand. Ends with 1
 * and the smallest report that still does harm, if there is one.
 */
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { harmOf, hostileReport } from './hostile-report.ts';
import type { HostileReport } from './hostile-report.ts';

/** Reports between two lines of progress. */
const ROUND = 200;

process.exitCode = main();

function main(): number {
  const { values } = parseArgs({
    options: {
      texts: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    },
  });
  const wanted = Number(values.texts);
  const first = Number(values.seed);
  if (!(Number.isSafeInteger(wanted) && wanted > 0 && Number.isSafeInteger(first))) {
    console.error('--texts and --seed are whole numbers.');
    return 2;
  }
  let told: Told = { texts: 0, reports: 0 };
  for (let seed = first; told.texts < wanted; seed += 1) {
    const { failure, ...round } = play(seed);
    if (failure !== null) {
      console.error(failure);
      return 1;
    }
    told = { texts: told.texts + round.texts, reports: told.reports + round.reports };
    console.log(`seed ${seed}: ${told.texts} texts in ${told.reports} reports so far, no harm`);
  }
  return 0;
}

type Told = { readonly texts: number; readonly reports: number };

function play(seed: number): Told & { readonly failure: string | null } {
  let texts = 0;
  let reports = 0;
  const property = fc.property(hostileReport, (one) => {
    texts += one.texts;
    reports += 1;
    const harm = harmOf(one);
    if (harm.length > 0) throw new Error(harm.join('\n'));
  });
  const result = fc.check(property, { seed, numRuns: ROUND });
  return { texts, reports, failure: result.failed ? failureOf(result) : null };
}

function failureOf(result: fc.RunDetails<[HostileReport]>): string {
  const { errorInstance } = result;
  const harm = errorInstance instanceof Error ? errorInstance.message : 'It failed.';
  return `${harm}\n${fc.defaultReportMessage(result) ?? ''}`;
}
