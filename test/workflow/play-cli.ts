/**
 * npm run play -- FILE [--image sandbox/app:WORDS]
 * A workflow as it is written, against the sandbox: a service of its name under load, this action from
 * the committed bundle, other steps by stand-ins, and each stage of the ramp for six seconds.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { logLine } from '../demo/picture.ts';
import { withScene } from '../scene/play.ts';
import { openBench } from './bench.ts';
import { parseWorkflow } from './file.ts';
import type { Workflow } from './file.ts';
import { rehearsalOf } from './rehearsal.ts';
import type { Rehearsal } from './rehearsal.ts';
import { Repository } from './repository.ts';

const USAGE = `npm run play -- FILE [--image sandbox/app:WORDS]

  FILE      a workflow, such as examples/first-canary.yml
  --image   what the canary runs; sandbox/app:v3_late-errors-4s fails once it has users`;

/** Enough for a share of 5 % to be judged by. */
const REQUESTS_PER_SECOND = 80;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      options: { image: { type: 'string', default: 'sandbox/app:v2' } },
      allowPositionals: true,
    });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) throw new Error(USAGE);
    const workflow = parseWorkflow(
      `.github/workflows/${basename(file)}`,
      readFileSync(file, 'utf8'),
    );
    return await play(workflow, rehearsalOf(workflow), values.image);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}

function play(workflow: Workflow, rehearsal: Rehearsal, image: string): Promise<number> {
  const { project, region, service, stages } = rehearsal;
  console.log(`Service ${service} in ${region} of ${project}; the ramp is ${stages}.`);
  const sandbox = { project, region, ingestDelayMs: 500 };
  const options = { service, requestsPerSecond: REQUESTS_PER_SECOND, sandbox };
  return withScene(options, async (scene) => {
    const bench = await openBench(scene, {
      image: () => image,
      stages,
      dispatch: (file) => void repository.dispatch(file),
      onLine: show,
    });
    const hands = bench.hands;
    const host = { now: () => performance.now(), wait: () => Promise.resolve(), hands };
    const repository = new Repository(host, [workflow]);
    const runs = repository.push();
    if (runs.length === 0) repository.dispatch(basename(workflow.file));
    await repository.settled();
    await bench.close();
    for (const { job, result } of bench.shown) console.log(`${job}: ${result.outputs['outcome']}`);
    const served = Object.entries(scene.served()).filter(([, percent]) => percent > 0);
    console.log(`Served: ${served.map(([name, percent]) => `${name} ${percent} %`).join(', ')}.`);
    const results = await Promise.all(repository.runs.map(({ finished }) => finished));
    return results.every((result) => result === 'success') ? 0 : 1;
  });
}

function show(text: string): void {
  for (const line of text.split('\n')) {
    const shown = logLine(stripVTControlCharacters(line));
    if (shown !== null) console.log(`  ${shown}`);
  }
}
