/** The composition root: tells main from post, picks the errand, and lets nothing escape. */
import { randomBytes } from 'node:crypto';
import { codeOf } from './core/problem.ts';
import { createRunner, isPost } from './edges/runner.ts';
import { watchSignals } from './edges/signals.ts';
import { callerOf } from './action/caller.ts';
import { carryOut } from './action/errand.ts';
import { cleanUp } from './action/post.ts';
import { reconcile } from './action/reconcile.ts';
import { isReplay, replay } from './action/replay.ts';
import { readSetup } from './action/setup.ts';
import { showStatus } from './action/status.ts';
import { fitToShow } from './action/unexpected.ts';
import type { Host } from './action/host.ts';

export async function main(host: NodeJS.Process): Promise<void> {
  if (isReplay(host.argv)) return runReplay(host);
  const runner = createRunner();
  const breakOff = (error: unknown): void => {
    runner.fail(fitToShow(error));
    // A post step has nobody behind it to read them.
    if (!isPost(host.argv)) runner.setOutputs({ outcome: 'error', reason: codeOf(error) });
  };
  const die = (error: unknown): void => {
    // As with every error: after a cancel it is the cancel that the post step finishes.
    if (!watch.signal.aborted) runner.saveBrokeOff(codeOf(error));
    breakOff(error);
    host.exit(1);
  };
  // Node would print the error itself, with the request that it may hold.
  host.on('uncaughtException', die).on('unhandledRejection', die);
  const watch = watchSignals(host, (name) => runner.line(`${name}: the run is being cancelled.`));
  const chance = { random: Math.random, newWriteId: () => randomBytes(8).toString('hex') };
  const around: Host = { runner, cancel: watch.signal, chance };
  try {
    const isGood = isPost(host.argv) ? await cleanUp(around) : await runCommand(around);
    if (!isGood) host.exitCode = 1;
  } catch (error) {
    breakOff(error);
  } finally {
    runner.endGroup();
    watch.dispose();
  }
}

async function runReplay(host: NodeJS.Process): Promise<void> {
  const { exitCode, lines } = await replay(host.argv.slice(3));
  host.exitCode = exitCode;
  // Whoever reads only the first lines, as head does, ends it in peace.
  host.stdout.on('error', () => {});
  (exitCode === 2 ? host.stderr : host.stdout).write(`${lines.join('\n')}\n`);
}

async function runCommand(host: Host): Promise<boolean> {
  const context = await host.runner.context();
  const setup = await readSetup(host.runner, context);
  for (const notice of setup.notices) host.runner.notice(notice);
  switch (setup.request.command) {
    case 'status':
      return showStatus(host, setup, callerOf(setup.request.ref, context));
    case 'reconcile':
      return reconcile(host, setup, context);
    case 'run':
    case 'deploy':
    case 'ramp':
    case 'promote':
    case 'rollback':
    case 'resume':
      return carryOut(host, setup, context);
  }
}
