/** The runner edge in a process of its own, where its log, its files and its exit code are real. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const RUNNER = join(import.meta.dirname, '../../src/edges/runner.ts');
const PROBLEM = join(import.meta.dirname, '../../src/core/problem.ts');
export const program = (body: string): readonly string[] => [
  '--input-type=module',
  // It would speak of package.json; what stands on stderr is what `show` was given.
  '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
  '--eval',
  `import { createRunner } from ${JSON.stringify(RUNNER)};
   import { Problem } from ${JSON.stringify(PROBLEM)};
   const runner = createRunner();
   const show = (value) => process.stderr.write(JSON.stringify(value));
   ${body}`,
];

/** Runs `body` as the runner would, with `runner` and `show` at hand; nothing is inherited. */
export async function run(body: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, program(body), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, shown, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code, out, shown: shown === '' ? undefined : JSON.parse(shown) };
}
