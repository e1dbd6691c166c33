/** A write of ours in the words of the oracle, and what can be said of it by itself. */
import type { TrafficTarget } from '../sandbox/cloud-run/objects.ts';
import type { Cloud, Split } from './cloud.ts';
import type { Violation } from './oracle.ts';
import type { Process } from './process.ts';
import type { Written } from './written.ts';

/** One of our writes, in the oracle's words. */
export type Ours = {
  readonly process: Process;
  readonly sentAt: number;
  readonly was: Written | null;
  readonly record: Written;
  readonly before: Split;
  readonly after: Split;
  readonly rows: readonly TrafficTarget[];
  readonly starts: boolean;
  readonly makes: boolean;
  readonly plan: string | undefined;
};

/** As it was started; nothing in a later record can change it. */
export type Rollout = {
  readonly stable: string;
  readonly canary: string;
  readonly starter: string;
  readonly plan: string | undefined;
  isOver: boolean;
};

/** A person may leave a split of ours whose record is gone (decisions.md, "`rollback` after the end"). */
export function isRescue({ process, record, before }: Ours, rollout: Rollout | null): boolean {
  const { canary, stable } = rollout ?? {};
  const known = [canary, stable, `${canary}-b`];
  const isBetween = Object.keys(before).every((name) => known.includes(name));
  return process.role === 'order' && record.phase === 'rolled-back' && isBetween;
}

/** Only what is ready, and at most one revision that nobody has proved. */
export function rowFaults(
  { rows, after, record }: Ours,
  cloud: Pick<Cloud, 'isReady'>,
  proven: ReadonlySet<string>,
): readonly Violation[] {
  if (record.phase === 'released') return [];
  const named = rows.flatMap(({ revisionName, percent }) =>
    percent === undefined || revisionName === undefined ? [] : [revisionName],
  );
  const unready = named.filter((name) => !cloud.isReady(name));
  const unproven = Object.keys(after).filter((name) => !proven.has(name));
  return [
    ...unready.map((name) => ({ promise: 'S1', text: `${name} is not ready` })),
    ...(unproven.length > 1
      ? [{ promise: 'S8', text: `${unproven.join(' and ')} are unproven` }]
      : []),
  ];
}
