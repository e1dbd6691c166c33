/**
 * npm run demo [-- good|bad] [-- --image sandbox/app:slow-300]
 * The committed bundle against the sandbox: a healthy canary is promoted, a bad one undone.
 */
import { relative } from 'node:path';
import { actsFrom, USAGE } from './act.ts';
import type { Act } from './act.ts';
import { faultsOf, resultLine, usersTable } from './ending.ts';
import type { Ended } from './ending.ts';
import { play } from './play.ts';
import { openScreen } from './screen.ts';
import type { Screen } from './screen.ts';

/** An act takes half a minute; only something broken takes this long. */
const ACT_MS = 120_000;

process.exit(await main());

async function main(): Promise<number> {
  const acts = chosen();
  if (acts === null) return 2;
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    // The second one is not waited for: revisions end with this process, the action is dead by then.
    process.on(name, () => (interrupted.signal.aborted ? process.exit(130) : interrupted.abort()));
  }
  const screen = openScreen(process.stdout, process.env['TERM']);
  try {
    const ended: Ended[] = [];
    for (const act of acts) {
      const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(ACT_MS)]);
      ended.push(await play(act, { screen, signal }));
    }
    return conclude(ended, screen);
  } catch (error) {
    complain(interrupted.signal.aborted ? 'Interrupted.' : sentence(error));
    return interrupted.signal.aborted ? 130 : 1;
  }
}

function chosen(): readonly Act[] | null {
  try {
    return actsFrom(process.argv.slice(2));
  } catch (error) {
    complain(`${sentence(error)}\n\n${USAGE}`);
    return null;
  }
}

function conclude(all: readonly Ended[], screen: Screen): number {
  screen.line('');
  for (const row of usersTable(all)) screen.line(row);
  screen.line('');
  for (const { act, page } of all) {
    if (page !== null) screen.line(`Check run (${act.name}): ${relative(process.cwd(), page)}`);
  }
  const faults = all.flatMap(faultsOf);
  for (const one of all) {
    if (faultsOf(one).length === 0) screen.line(resultLine(one));
  }
  if (faults.length > 0) {
    complain(
      ['The demo did not end as it should.', ...faults.map((text) => `- ${text}`)].join('\n'),
    );
  }
  return faults.length === 0 ? 0 : 1;
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isLate = error.name === 'TimeoutError';
  return isLate ? `The rollout was not over after ${ACT_MS / 1_000} s.` : error.message;
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}
