/**
 * npm run guards [-- --only hosts]
 * Takes each security guard out of a copy of the sources and runs its tests. Ends with 1 where they
 * still pass: then the guard has no test.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../docs/pages.ts';
import type { Guard } from './guard.ts';
import { GUARDS } from './guards.ts';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const chosen = GUARDS.filter(({ what, file }) => `${file}: ${what}`.includes(values.only));

const copy = mkdtempSync(join(tmpdir(), 'guards-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const name of ['src', 'test', 'dist', 'docs', 'action.yml', 'package.json', 'tsconfig.json']) {
  cpSync(join(ROOT, name), join(copy, name), { recursive: true });
}
cpSync(join(ROOT, 'vitest.config.mts'), join(copy, 'vitest.config.mts'));
symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(copy, 'node_modules'));

/** The slowest of the tests takes a tenth of it. */
const LONGEST_MS = 120_000;

for (const path of new Set(chosen.flatMap(({ tests }) => tests))) {
  if (!(await passes(path))) throw new Error(`${path} fails with all guards in their places`);
}
let missed = 0;
for (const [index, guard] of chosen.entries()) {
  const begun = performance.now();
  const isNoticed = await noticed(guard);
  missed += isNoticed ? 0 : 1;
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const verdict = isNoticed ? 'noticed' : 'NOT NOTICED';
  console.log(
    `${index + 1}/${chosen.length} ${guard.file}: ${guard.what}: ${verdict} (${seconds} s)`,
  );
}
console.log(`${chosen.length - missed} of ${chosen.length} guards are missed when they are gone.`);
process.exitCode = missed === 0 ? 0 : 1;

async function noticed({ file, from, to, tests }: Guard): Promise<boolean> {
  const text = readFileSync(join(copy, file), 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file} does not have once: ${from}`);
  writeFileSync(
    join(copy, file),
    text.replace(from, () => to),
  );
  try {
    for (const one of tests) if (!(await passes(one))) return true;
    return false;
  } finally {
    writeFileSync(join(copy, file), text);
  }
}

/** Ends at the first failure. Not to end at all is one. */
function passes(path: string): Promise<boolean> {
  const vitest = join(copy, 'node_modules/.bin/vitest');
  const result = join(copy, 'result.json');
  rmSync(result, { force: true });
  const args = ['run', '--bail=1', '--reporter=json', `--outputFile=${result}`, path];
  // A process group of its own, for a test that never ends takes its worker with it.
  const child = spawn(vitest, args, { cwd: copy, stdio: 'ignore', detached: true });
  const late = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), LONGEST_MS);
  return new Promise((resolve) => {
    child.on('exit', () => {
      clearTimeout(late);
      if (!existsSync(result)) return resolve(false);
      const told = JSON.parse(readFileSync(result, 'utf8')) as Told;
      if (told.numTotalTests === 0 && told.success) throw new Error(`${path} has no test`);
      return resolve(told.success);
    });
  });
}

type Told = { readonly numTotalTests: number; readonly success: boolean };
