/**
 * Where the service does not refuse stale writes, somebody's change can be lost between a read of ours
 * and our write. It never is in silence: each write records the generation that it makes, so a higher
 * one shows that somebody else has written as well (docs/protocol.md).
 */
import { sharedSplit } from './clone.ts';
import { isFinal } from './drafts.ts';
import { cloneName } from './identity.ts';
import type { Gap, Memory } from '../decision-types.ts';
import type { Instant, Millis, RolloutRecord, ServiceSnapshot, Split } from '../types.ts';
import { sameSplit, splitText } from './traffic.ts';

type Known = Pick<Memory, 'fence' | 'gaps' | 'drove'>;

/** Long after the end of a rollout others write the service as they did before it. */
const OF_THE_END: Millis = 10 * 60_000;

/** The gaps seen until now, with the one that this read shows for the first time. */
export function gapsWith(known: Known, service: ServiceSnapshot): readonly Gap[] {
  const { record, generation, served, readAt } = service;
  if (typeof record === 'string' || !isUnfenced(known, service)) return known.gaps;
  if (isFinal(record) && !known.drove && readAt > record.at + OF_THE_END) return known.gaps;
  const expected = Math.max(record.generation, known.gaps.at(-1)?.found ?? 0);
  if (generation <= expected) return known.gaps;
  const split = isOfRollout(served, record) ? null : served;
  return [...known.gaps, { expected, found: generation, split }];
}

/**
 * The fence was found absent, or nobody here has tried it and the rollout may go on without. Behind a
 * fence nothing was overwritten, and what was changed since the last write is seen.
 */
export function isUnfenced(
  { fence }: Pick<Memory, 'fence'>,
  { plan }: Pick<ServiceSnapshot, 'plan'>,
): boolean {
  return fence === 'absent' || (fence === 'unproved' && plan?.allowUnfenced === true);
}

/**
 * Since when the split of a record's stage has been served, as far as an earlier process saw; null: not
 * known. Behind a fence, too, somebody may take it away while nobody is there, and put it back.
 */
export function servedUntilNow(
  { generation, servedAt }: RolloutRecord,
  now: Pick<ServiceSnapshot, 'generation'>,
): Instant | null {
  return now.generation > generation ? null : servedAt;
}

/** A split that some stage of the rollout asks for. What is served may lag behind what is asked. */
function isOfRollout(split: Split, { percents, stable, canary }: RolloutRecord): boolean {
  const share = split[canary] ?? 0;
  // A record that is final does not say whether there was a clone.
  const own = [null, cloneName(canary)].map((clone) =>
    sharedSplit({ stable, canary, clone }, share),
  );
  return percents.includes(share) && own.some((known) => sameSplit(split, known));
}

const LOST =
  'A change that somebody else makes between a read and a write of ours can be overwritten. It is not passed over in silence: the next read shows that there was one.';

/** Said by whoever goes on with a rollout without having tried the fence. */
export const UNTRIED = `allow_unfenced is set, and whether the service refuses stale writes was not tried again. ${LOST}`;

/** Which guarantee is in force; "" as long as nothing hangs on it. */
export function guaranteeText(memory: Memory, service: ServiceSnapshot): string {
  switch (memory.fence) {
    case 'proved':
      return 'The service refuses stale writes: what somebody else changes is not overwritten.';
    case 'absent':
      return `The service does not refuse stale writes. ${LOST}`;
    case 'unproved':
      return isUnfenced(memory, service) ? UNTRIED : '';
  }
}

export function gapText({ expected, found, split }: Gap): string {
  const traffic = split === null ? '' : ` Meanwhile ${splitText(split)} was served.`;
  return `Somebody else has written the service: its generation is ${found}, and the last one known of was ${expected}. What they changed may have been overwritten.${traffic}`;
}
