/** How long a bad canary was served, and what of it was the engine's own time. */
import type { Continuation } from './life.ts';
import { SICK, isCanary } from './requests.ts';
import { MINUTE, RESUME_EVERY, TIMING } from './settings.ts';
import type { World } from './world.ts';

/**
 * ms from the first bad datum that could be read to the canary served at 0 %: until the first look that
 * could read it, but no longer than from one poll to the next; and all the rest.
 */
export type Exposure = { readonly poll: number; readonly own: number };

export type Exposures = {
  readonly exposures: readonly Exposure[];
  /** ms from the first bad datum that was read to the same; null: none was. */
  readonly reaction: number | null;
};

/** Of one bad canary after the other; a whole bad minute is a datum once it has been delivered. */
export function exposuresIn(world: World, continuation: Continuation): Exposures {
  const { spans } = world.cloud;
  const found: Exposure[] = [];
  let reaction: number | null = null;
  const read = world.oracle.evidence.firstBadRead;
  for (let index = 0; index < spans.length; index += 1) {
    const canary = Object.keys(spans[index]!.split).find(isCanary);
    if (canary === undefined) continue;
    const begin = index;
    while (index + 1 < spans.length && (spans[index + 1]!.split[canary] ?? 0) > 0) index += 1;
    const end = spans[index + 1]?.at;
    if (end === undefined) continue;
    const readable = firstReadable(world, canary, { begin, end });
    if (readable !== null && readable < end) {
      const poll = pollOf(world, { readable, end }, continuation);
      found.push({ poll, own: end - readable - poll });
    }
    if (read !== null && read >= spans[begin]!.at && read <= end) reaction ??= end - read;
  }
  return { exposures: found, reaction };
}

/** Nobody who never looked, and nobody who was late for it, is excused by the pace of looking. */
function pollOf(
  world: World,
  bad: { readonly readable: number; readonly end: number },
  continuation: Continuation,
): number {
  const most = continuation === 'resume' ? RESUME_EVERY : TIMING.samplePeriod;
  const look = world.looks.find(({ turn, at }) => turn >= bad.readable && at < bad.end);
  return look === undefined ? 0 : Math.min(look.at - bad.readable, most);
}

function firstReadable(
  world: World,
  canary: string,
  served: { readonly begin: number; readonly end: number },
): number | null {
  const { spans } = world.cloud;
  for (let index = served.begin; ; index += 1) {
    const span = spans[index]!;
    if (span.at >= served.end) return null;
    const rate = world.requests.errorRate(canary, span.split[canary] ?? 0, span.at) ?? 0;
    const minute = Math.ceil(span.at / MINUTE) * MINUTE;
    const isWhole = minute + MINUTE <= (spans[index + 1]?.at ?? Infinity);
    if (rate >= SICK && isWhole) return minute + MINUTE + TIMING.ingestDelay;
  }
}
