/** A copy of the sources of which a guard can be taken out, and whether tests pass in it. */
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
import { ROOT } from '../docs/pages.ts';
import type { Guard } from './guard.ts';

export type Copy = {
  /** Whether the tests pass with everything in its place. */
  readonly passes: (path: string) => Promise<boolean>;
  /** Whether one of its tests fails without the guard, or is not over in that many milliseconds. */
  readonly notices: (guard: Guard, atMost: (path: string) => number) => Promise<boolean>;
};

const PARTS = 'src test dist docs action.yml package.json tsconfig.json vitest.config.mts'.split(
  ' ',
);

/** With everything in its place the slowest takes a tenth of it. */
const LONGEST_MS = 120_000;

export function openCopy(): Copy {
  const copy = mkdtempSync(join(tmpdir(), 'guards-'));
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
  for (const name of PARTS) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(copy, 'node_modules'));
  const passes = (path: string) => passesIn(copy, path, LONGEST_MS);
  const notices: Copy['notices'] = async ({ file, from, to, tests }, atMost) => {
    const place = join(copy, file);
    const text = readFileSync(place, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file} does not have once: ${from}`);
    writeFileSync(
      place,
      text.replace(from, () => to),
    );
    try {
      for (const one of tests) if (!(await passesIn(copy, one, atMost(one)))) return true;
      return false;
    } finally {
      writeFileSync(place, text);
    }
  };
  return { passes, notices };
}

type Told = { readonly numTotalTests: number; readonly success: boolean };

/** Ends at the first failure. Not to end at all is one. */
async function passesIn(copy: string, path: string, atMostMs: number): Promise<boolean> {
  const vitest = join(copy, 'node_modules/.bin/vitest');
  const result = join(copy, 'result.json');
  rmSync(result, { force: true });
  const args = ['run', '--bail=1', '--reporter=json', `--outputFile=${result}`, path];
  // A process group of its own, for a test that never ends takes its worker with it.
  const child = spawn(vitest, args, { cwd: copy, stdio: 'ignore', detached: true });
  const kill = () => process.kill(-(child.pid ?? 0), 'SIGKILL');
  const late = setTimeout(kill, atMostMs);
  process.once('exit', kill);
  await new Promise((ended) => child.on('exit', ended));
  clearTimeout(late);
  process.off('exit', kill);
  if (!existsSync(result)) return false;
  const told: Told = JSON.parse(readFileSync(result, 'utf8'));
  if (told.numTotalTests === 0 && told.success) throw new Error(`${path} has no test`);
  return told.success;
}
