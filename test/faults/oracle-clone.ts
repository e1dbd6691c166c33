/** What the oracle asks of a rollout with a clone of the stable revision; empty: it has none, or all is well. */
import type { ServiceObject } from '../sandbox/cloud-run/objects.ts';
import type { Cloud, Split } from './cloud.ts';
import type { Violation } from './oracle.ts';
import { isOpen } from './written.ts';
import type { Written } from './written.ts';

type View = Pick<Cloud, 'isReady' | 'revision'>;

/** A clone was asked for, and its canary was not. */
function awaitsCanary({ clone, changedAt }: Written): boolean {
  return clone !== undefined && changedAt?.length === 0;
}

/** The second start of a rollout: its canary. */
export function isSecondStart(was: Written | null, record: Written): boolean {
  return (
    was !== null && awaitsCanary(was) && record.reason === 'started' && was.canary === record.canary
  );
}

/** Of the write that makes the clone. */
export function copyFaults(
  view: View,
  record: Written,
  after: ServiceObject,
): readonly Violation[] {
  const { template } = after.spec;
  const serving = view.revision(record.stable);
  const isSame = template.spec.containers[0]?.image === serving.status.imageDigest;
  const isNamed = template.metadata?.name === record.clone;
  return [
    ...(isSame ? [] : [{ promise: 'S8', text: 'the clone has another image' }]),
    ...(isNamed ? [] : [{ promise: 'S9', text: 'the clone has another name' }]),
  ];
}

/** Of the write that makes the canary. */
export function secondFaults(
  view: View,
  was: Written,
  by: { readonly rolloutId: string; readonly attempt: number },
): readonly Violation[] {
  const isReady = was.clone !== undefined && view.isReady(was.clone);
  const isOwn = was.owner === by.rolloutId && was.attempt === by.attempt;
  return [
    ...(isReady ? [] : [{ promise: 'S1', text: 'the canary was made before its clone was ready' }]),
    ...(isOwn ? [] : [{ promise: 'S6', text: "another's clone got a canary" }]),
  ];
}

/** Of any write: the clone has as much as the canary, but for 1 % of the stable one, and nothing in the end. */
export function shareFaults(
  record: Written,
  was: Written | null,
  after: Split,
): readonly Violation[] {
  const clone = record.clone ?? was?.clone;
  if (clone === undefined || record.phase === 'released') return [];
  const canary = after[record.canary] ?? 0;
  const due = isOpen(record) && canary > 0 ? Math.min(canary, 99 - canary) : 0;
  return (after[clone] ?? 0) === due
    ? []
    : [{ promise: 'S8', text: `the clone has ${after[clone] ?? 0} % beside ${canary} %` }];
}
