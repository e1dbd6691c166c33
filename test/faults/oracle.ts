/**
 * Knows what really happened and checks the promises of durability.md, 2.1, on every write that the
 * service took. It reads records as plain JSON and remembers what it needs itself: a rule that is
 * wrong in src must not be wrong here as well.
 */
import type { Observation } from '../../src/core/judging-types.ts';
import type { TrafficTarget } from '../sandbox/cloud-run/objects.ts';
import type { Accepted, Cloud, Split } from './cloud.ts';
import { askedOf, isSame } from './cloud.ts';
import { Evidence } from './evidence.ts';
import type { Process } from './process.ts';
import { BAKE, OLD, SECOND, STABLE, TIMING } from './settings.ts';

export type Violation = { readonly promise: string; readonly text: string };

/** The fields of a record that the oracle looks at. */
type Written = {
  readonly rolloutId: string;
  readonly attempt: number;
  readonly transition: number;
  readonly phase: string;
  readonly stable: string;
  readonly canary: string;
  readonly reason: string;
  readonly due: string;
};

/** One of our writes, in the oracle's words. */
type Ours = {
  readonly process: Process;
  readonly sentAt: number;
  readonly was: Written | null;
  readonly record: Written;
  readonly before: Split;
  readonly after: Split;
  readonly rows: readonly TrafficTarget[];
  readonly starts: boolean;
  readonly makes: boolean;
};

/** As it was started; nothing in a later record can change it. */
type Rollout = { readonly stable: string; readonly canary: string; isOver: boolean };

export const ROLLOUT = 'cloud-run-canary.dev/rollout';
/** The first one and twenty rereads (L3). */
const MOST_SENDS = 21;

/** What it looks at itself. */
export type OracleView = Pick<Cloud, 'isReady' | 'revision' | 'spans'>;

export class Oracle {
  readonly violations: Violation[] = [];
  readonly evidence: Evidence;
  /** The record as our last write left it; null: never written. */
  text: string | null = null;
  readonly #cloud: OracleView;
  readonly #now: () => number;
  readonly #made = new Set<string>([OLD, STABLE]);
  readonly #proven = new Set<string>([OLD, STABLE]);
  readonly #sends = new Map<string, number>();
  readonly #reconciled = new Set<string>();
  #rollout: Rollout | null = null;
  /** The split that our last write asked for; null: none of ours yet. */
  #split: Split | null = null;

  constructor(cloud: OracleView, now: () => number) {
    this.#cloud = cloud;
    this.#now = now;
    this.evidence = new Evidence(cloud);
  }

  /** S1 holds for what is sent, whether or not it is taken. */
  sent(process: Process, body: string): void {
    const { spec, metadata } = JSON.parse(body) as {
      spec: { traffic: TrafficTarget[] };
      metadata: { annotations: Record<string, string> };
    };
    const text = metadata.annotations[ROLLOUT];
    const record = writtenIn(text);
    // The proof of the fence sends what is there already.
    if (record === null || text === this.text) return;
    const mayKeep = record.phase === 'released';
    const percents = spec.traffic.flatMap(({ percent }) => percent ?? []);
    const sum = percents.reduce((total, percent) => total + percent, 0);
    this.#check('S1', sum === 100 || mayKeep, `a split of ${sum} % was sent`);
    this.#check('S1', percents.every(Number.isInteger), 'a percent is not whole');
    const follows = spec.traffic.some((row) => row.latestRevision === true && row.percent);
    this.#check('S1', mayKeep || !follows, 'a share for LATEST was sent');
    const key = `${process.id} ${record.rolloutId} ${record.transition}`;
    const sends = (this.#sends.get(key) ?? 0) + 1;
    this.#sends.set(key, sends);
    this.#check('L3', sends <= MOST_SENDS, `one transition was sent ${sends} times`);
  }

  wrote({ by, sentAt, before, after }: Accepted): void {
    const { template } = after.spec;
    const makes = JSON.stringify(before.spec.template) !== JSON.stringify(template);
    if (by === 'outsider') return;
    const text = after.metadata.annotations[ROLLOUT];
    const record = writtenIn(text);
    const was = before.metadata.annotations[ROLLOUT];
    if (record === null) return this.#fail('S2', `a write without a record was taken`);
    const isForeign = was !== undefined && this.text !== null && was !== this.text;
    this.#check('S2', !isForeign, 'a record that somebody else has changed was overwritten');
    const starts = record.reason === 'started';
    const write: Ours = {
      process: by,
      sentAt,
      was: writtenIn(was),
      record,
      before: askedOf(before),
      after: askedOf(after),
      rows: after.spec.traffic,
      starts,
      makes,
    };
    this.#check('S2', was !== undefined || starts, 'a rollout went on without a record');
    this.#judge(write);
    if (starts) this.#begin(write);
    this.#remember(write, text ?? null);
  }

  probed(process: Process, revision: string): void {
    this.evidence.probed(process, revision);
  }

  observed(process: Process, seen: Observation, canary: string): void {
    this.evidence.observed(process, seen, { canary, now: this.#now() });
  }

  /** Whether the split in force is somebody else's. */
  isForeign(asked: Split): boolean {
    return this.#split !== null && !isSame(asked, this.#split);
  }

  #begin({ before, record }: Ours): void {
    const [stable = '', ...rest] = Object.keys(before);
    this.#check('S3', rest.length === 0, 'a rollout began on a split of several');
    this.#check('S9', !this.#made.has(record.canary), `${record.canary} was made twice`);
    this.#made.add(record.canary);
    // Somebody has put everything on it: it is theirs, whatever it was before.
    this.#proven.add(stable);
    this.#rollout = { stable, canary: record.canary, isOver: false };
  }

  #judge(write: Ours): void {
    const { process, record, before, after, starts } = write;
    const moves = !isSame(before, after);
    if (starts) this.#check('S5', !moves, 'the start moved traffic');
    else this.#check('S9', !write.makes, 'a write after the start made a revision');
    if (moves) {
      const ours = this.#split !== null && isSame(before, this.#split);
      this.#check('S2', ours, 'a split that somebody else had set was overwritten');
      this.#check('S7', this.#rollout?.isOver !== true, 'a finished rollout moved traffic');
      this.#check('S14', process.role !== 'post' || record.phase !== 'promoted', 'a post promoted');
    }
    this.#checkRows(write);
    this.#checkOwner(write);
    if (!starts) this.#checkEnd(write);
    const { canary } = record;
    if ((after[canary] ?? 0) > (before[canary] ?? 0)) this.#checkRaise(write);
  }

  #checkRows({ rows, after, record }: Ours): void {
    if (record.phase === 'released') return;
    for (const { revisionName, percent } of rows) {
      if (percent === undefined || revisionName === undefined) continue;
      this.#check('S1', this.#cloud.isReady(revisionName), `${revisionName} is not ready`);
    }
    const unproven = Object.keys(after).filter((name) => !this.#proven.has(name));
    this.#check('S8', unproven.length <= 1, `${unproven.join(' and ')} are unproven`);
  }

  #checkOwner({ process, record, was, starts }: Ours): void {
    const { caller, role } = process;
    if (starts || role === 'order') return;
    if (role === 'reconcile') {
      this.#check('L1', !this.#reconciled.has(record.rolloutId), 'a reconcile wrote twice');
      this.#reconciled.add(record.rolloutId);
    }
    const isDue = was !== null && this.#now() > Date.parse(was.due);
    const ends = record.phase !== 'active' && record.phase !== 'held';
    if (isDue && ends) return;
    const isMine = record.rolloutId === caller.rolloutId;
    // A later attempt of the same run need not take over what it only ends.
    const isOwn = isMine && (record.attempt === caller.attempt || ends);
    this.#check('S6', isOwn && role !== 'reconcile', `${role} drives another's rollout`);
    this.#check('S6', (was?.attempt ?? 0) <= caller.attempt, 'a later attempt was overruled');
  }

  /** Rollbacks are targets, and the target never changes. */
  #checkEnd({ record, after, process, before }: Ours): void {
    const rollout = this.#rollout;
    if (rollout === null) return this.#fail('S9', 'a rollout that never started was written');
    this.#check('S3', record.stable === rollout.stable, `stable became ${record.stable}`);
    this.#check('S12', record.canary === rollout.canary, `the canary became ${record.canary}`);
    if (record.phase === 'rolled-back' || record.phase === 'start-failed') {
      this.#check('S3', isSame(after, { [rollout.stable]: 100 }), 'the rollback is no rollback');
    }
    const isIdle = process.role === 'post' && rollout.isOver;
    this.#check('S14', !isIdle || isSame(before, after), 'an abort of nothing changed traffic');
  }

  #checkRaise(write: Ours): void {
    const { process, sentAt, before, record } = write;
    const { canary } = record;
    const { evidence } = this;
    this.#check('S14', process.role === 'main', `${process.role} raised the canary`);
    const isLate = process.cancelledAt !== null && sentAt > process.cancelledAt;
    this.#check('S14', !isLate, 'a cancelled process raised the canary');
    this.#check('S10', !evidence.isCondemned(process), 'a condemned canary was raised');
    const lack = evidence.lackFor(process, canary, before);
    this.#check('S4', lack === null, `raised, but ${lack}`);
    const proven = evidence.provenDigest(process, canary, before);
    const isSwapped = proven !== undefined && proven !== evidence.digestOf(canary);
    this.#check('S12', !isSwapped, 'another image was raised than was proven');
    const since = evidence.servedSince(before);
    if ((before[canary] ?? 0) === 0 || since === null) return;
    const least = BAKE + TIMING.ingestDelay - SECOND;
    this.#check('S11', sentAt - since >= least, `a stage of ${sentAt - since} ms was judged`);
  }

  #remember({ record, after }: Ours, text: string | null): void {
    this.#split = after;
    this.text = text;
    if (this.#rollout === null) return;
    if (record.phase === 'promoted') this.#proven.add(record.canary);
    if (record.phase !== 'active' && record.phase !== 'held') this.#rollout.isOver = true;
  }

  #check(promise: string, holds: boolean, text: string): void {
    if (!holds) this.#fail(promise, text);
  }

  #fail(promise: string, text: string): void {
    this.violations.push({ promise, text });
  }
}

function writtenIn(text: string | undefined): Written | null {
  try {
    return text === undefined ? null : (JSON.parse(text) as Written);
  } catch {
    return null;
  }
}
