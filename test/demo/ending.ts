/** What came of an act: whether it ended as it must, and what the users had of it. */
import { isDeepStrictEqual } from 'node:util';
import type { LoadStats } from '../sandbox/traffic/load.ts';
import type { Act } from './act.ts';
import { errorsIn } from './rates.ts';

export type Ended = {
  readonly act: Act;
  readonly stable: string;
  /** null: ended by a signal. */
  readonly exitCode: number | null;
  readonly postExitCode: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  /** Percent rows by revision, when all was over. */
  readonly served: Readonly<Record<string, number>>;
  readonly asked: Readonly<Record<string, number>>;
  /** null: there is no check run. */
  readonly page: string | null;
  readonly users: LoadStats;
  /** From the first user request on the canary until its share was 0 %; null: one is missing. */
  readonly exposedMs: number | null;
};

/** "promoted REVISION" or "restored REVISION". */
export function resultLine({ act, stable, outputs }: Ended): string {
  return act.name === 'good' ? `promoted ${canaryOf(outputs)}` : `restored ${stable}`;
}

/** Every way in which the act did not end as it must. */
export function faultsOf(ended: Ended): readonly string[] {
  const { act, outputs, exitCode, postExitCode, served, asked, stable, page } = ended;
  const [outcome, code, revision] =
    act.name === 'good' ? ['promoted', 0, canaryOf(outputs)] : ['rolled-back', 1, stable];
  const traffic = { [revision]: 100 };
  const rows: readonly (readonly [boolean, string])[] = [
    [outputs['outcome'] === outcome, `outcome '${outputs['outcome'] ?? ''}', not '${outcome}'`],
    [exitCode === code, `exit code ${exitCode}, not ${code}`],
    [postExitCode === 0, `exit code ${postExitCode} of the post step, not 0`],
    [isDeepStrictEqual(served, traffic), `served: ${splitText(served)}, not ${revision} 100 %`],
    [isDeepStrictEqual(asked, traffic), `asked for: ${splitText(asked)}, not ${revision} 100 %`],
    [page !== null, 'there is no check run'],
  ];
  return rows.filter(([isRight]) => !isRight).map(([, fault]) => `${act.title}: ${fault}.`);
}

/** A table of what the users saw, one column an act. */
export function usersTable(all: readonly Ended[]): readonly string[] {
  const rows: readonly (readonly string[])[] = [
    ['What users saw', ...all.map(({ act }) => act.name)],
    ['requests', ...all.map(({ users }) => String(users.sent))],
    ['served by the canary', ...all.map((one) => String(servedByCanary(one)))],
    ['failed', ...all.map(({ users }) => String(users.failed + errorsIn(users.statuses)))],
    ['first on the canary to 0 %', ...all.map(({ exposedMs }) => secondsText(exposedMs))],
  ];
  return rows.map(([label = '', ...cells]) =>
    [label.padEnd(28), ...cells.map((text) => text.padStart(9))].join(''),
  );
}

function canaryOf(outputs: Readonly<Record<string, string>>): string {
  return outputs['revision'] ?? '';
}

function servedByCanary({ users, stable }: Ended): number {
  return Object.entries(users.revisions)
    .filter(([name]) => name !== stable)
    .reduce((sum, [, { requests }]) => sum + requests, 0);
}

function secondsText(ms: number | null): string {
  return ms === null ? '–' : `${(ms / 1_000).toFixed(1)} s`;
}

function splitText(split: Readonly<Record<string, number>>): string {
  const rows = Object.entries(split).map(([revision, percent]) => `${revision} ${percent} %`);
  return rows.length === 0 ? 'nobody' : rows.join(', ');
}
