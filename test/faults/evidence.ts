/** What each process has really been shown: the oracle's own knowledge, not the engine's. */
import type { Cell, Minute, Observation } from '../../src/core/judging-types.ts';
import type { Cloud, Split } from './cloud.ts';
import { isSame } from './cloud.ts';
import type { Process } from './process.ts';
import { BAKE, MINUTE, SECOND, SETTLE } from './settings.ts';

type Look = {
  readonly canary: string;
  /** It goes back to the first live stage. */
  readonly seen: Observation;
  readonly digest: string | null;
};

/** So much more than on the stable revision is bad for certain. */
const BAD = 0.1;
/** A change that was made and taken back between two looks of a poll every minute (row 57). */
const UNSEEN = MINUTE + SETTLE;
/** Instants of the server come in whole seconds. */
const WHOLE_SECOND = SECOND;

export class Evidence {
  /** When a process was first shown that a canary is bad; null: never. */
  firstBadRead: number | null = null;
  readonly #cloud: Pick<Cloud, 'isReady' | 'revision' | 'spans'>;
  readonly #probed = new Map<string, string | null>();
  readonly #looks = new Map<number, Look>();
  readonly #condemned = new Set<number>();

  constructor(cloud: Pick<Cloud, 'isReady' | 'revision' | 'spans'>) {
    this.#cloud = cloud;
  }

  probed(process: Process, revision: string): void {
    this.#probed.set(`${process.id} ${revision}`, this.digestOf(revision));
  }

  /** Real points of the window, delivered whole. */
  observed(
    process: Process,
    seen: Observation,
    asked: { readonly canary: string; readonly now: number },
  ): void {
    const { canary, now } = asked;
    this.#looks.set(process.id, { canary, seen, digest: this.digestOf(canary) });
    const since = this.#cloud.spans.at(-1)?.at ?? 0;
    if (!isBad(minutesSince(seen, since))) return;
    this.#condemned.add(process.id);
    this.firstBadRead ??= now;
  }

  isCondemned(process: Process): boolean {
    return this.#condemned.has(process.id);
  }

  /** What is missing for a raise from this split; null: nothing. */
  lackFor(process: Process, canary: string, before: Split): string | null {
    const since = this.servedSince(before);
    if (since === null) return 'the split before is not served';
    if ((before[canary] ?? 0) === 0) {
      const probed = this.#probed.get(`${process.id} ${canary}`);
      return probed === undefined ? 'no probe of this canary succeeded' : null;
    }
    const look = this.#looks.get(process.id);
    if (look === undefined || look.canary !== canary) return 'no data of this canary were seen';
    // Data of the stages before may be there as well; they are no reason for a raise.
    const { from, to } = look.seen;
    if (to - Math.max(from, since - WHOLE_SECOND) < BAKE) return 'the data do not cover the stage';
    const minutes = minutesSince(look.seen, since);
    if (requestsIn(minutes) < 100) return 'the data are too few';
    if (isBad(minutes)) return 'the data are bad';
    return null;
  }

  /** Digest of what was proven; undefined: nothing was. */
  provenDigest(process: Process, canary: string, before: Split): string | null | undefined {
    return (before[canary] ?? 0) === 0
      ? this.#probed.get(`${process.id} ${canary}`)
      : this.#looks.get(process.id)?.digest;
  }

  digestOf(revision: string): string | null {
    return this.#cloud.isReady(revision)
      ? (this.#cloud.revision(revision).status.imageDigest ?? null)
      : null;
  }

  /** Since when a split has been served; null: it is not. */
  servedSince(split: Split): number | null {
    const { spans } = this.#cloud;
    let index = spans.length - 1;
    if (!isSame(spans[index]!.split, split)) return null;
    for (;;) {
      const span = spans[index]!;
      const earlier = spans[index - 2];
      const between = spans[index - 1];
      const isSlip =
        earlier !== undefined &&
        between !== undefined &&
        isSame(earlier.split, split) &&
        span.at - between.at <= UNSEEN;
      if (!isSlip) return span.at;
      index -= 2;
    }
  }
}

function minutesSince({ minutes }: Observation, since: number): readonly Minute[] {
  return minutes.filter(({ start }) => start >= since - WHOLE_SECOND);
}

function requestsIn(minutes: readonly Minute[]): number {
  return rateOf(minutes.map(({ canary }) => canary)).requests;
}

function isBad(minutes: readonly Minute[]): boolean {
  const own = rateOf(minutes.map(({ canary }) => canary));
  const other = rateOf(minutes.map(({ baseline }) => baseline));
  return own.requests >= 100 && own.rate - other.rate >= BAD;
}

function rateOf(cells: readonly (Cell | null)[]): { requests: number; rate: number } {
  const requests = cells.reduce((sum, cell) => sum + (cell?.requests ?? 0), 0);
  const errors = cells.reduce((sum, cell) => sum + (cell?.errors ?? 0), 0);
  return { requests, rate: requests === 0 ? 0 : errors / requests };
}
