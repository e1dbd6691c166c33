/**
 * Knows what really happened and checks the promises of durability.md, 2.1, on every write that the
 * service took. It reads records as plain JSON and remembers what it needs itself: a rule that is
 * wrong in src must not be wrong here as well.
 */
import type { Observation } from '../../src/core/judging-types.ts';
import type { ServiceObject } from '../sandbox/cloud-run/objects.ts';
import type { Accepted, Cloud, Split } from './cloud.ts';
import { askedOf, isSame } from './cloud.ts';
import { Evidence } from './evidence.ts';
import type { Process } from './process.ts';
import { copyFaults, isSecondStart, secondFaults, shareFaults } from './oracle-clone.ts';
import { isRescue, rowFaults } from './oracle-writes.ts';
import type { Ours, Rollout } from './oracle-writes.ts';
import { Sendings } from './sendings.ts';
import { BAKE, OLD, SECOND, STABLE, TIMING } from './settings.ts';
import { PLAN, ROLLOUT, isLost, isOpen, sentIn, starterOf, writtenIn } from './written.ts';

export type Violation = { readonly promise: string; readonly text: string };

/** A read and a write take seconds; whoever raises later than this has not looked (row 49). */
const FRESH = 120 * SECOND;

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
  readonly #sendings = new Sendings();
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
    const { spec, metadata } = sentIn(body);
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
    const due = Date.parse(writtenIn(this.text ?? undefined)?.due ?? '') || 0;
    const excess = this.#sendings.excess(process, record, { now: this.#now(), due });
    if (excess !== null) this.#fail('L3', excess);
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
      plan: after.metadata.annotations[PLAN],
    };
    const isKnown = was !== undefined || starts || isRescue(write, this.#rollout);
    this.#check('S2', isKnown, 'a rollout went on without a record');
    this.#judge(write);
    if (isSecondStart(write.was, record)) this.#make(write);
    else if (starts) this.#begin(write, after);
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

  #begin({ before, record, plan, makes }: Ours, after: ServiceObject): void {
    const [stable = '', ...rest] = Object.keys(before);
    this.#check('S3', rest.length === 0, 'a rollout began on a split of several');
    const { clone } = record;
    const isBrought = record.brought === true;
    this.#check('S9', !(isBrought && makes), 'a start that brings its canary made a revision');
    if (!isBrought) this.#makes(clone ?? record.canary);
    this.#made.add(clone ?? record.canary);
    if (clone !== undefined) {
      this.violations.push(...copyFaults(this.#cloud, record, after));
      this.#proven.add(clone);
    }
    // Somebody has put everything on it: it is theirs, whatever it was before.
    this.#proven.add(stable);
    const starter = starterOf(record);
    this.#rollout = { stable, canary: record.canary, starter, plan, isOver: false };
  }

  /** The canary of a rollout that has its clone. */
  #make({ was, record, process }: Ours): void {
    this.violations.push(...secondFaults(this.#cloud, was!, process.caller));
    this.#makes(record.canary);
  }

  #makes(revision: string): void {
    this.#check('S9', !this.#made.has(revision), `${revision} was made twice`);
    this.#made.add(revision);
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
    this.violations.push(...rowFaults(write, this.#cloud, this.#proven));
    this.#checkOwner(write);
    this.violations.push(...shareFaults(record, write.was, after));
    if (!starts) this.#checkEnd(write);
    const { canary } = record;
    if ((after[canary] ?? 0) > (before[canary] ?? 0)) this.#checkRaise(write);
  }

  #checkOwner({ process, record, was, starts }: Ours): void {
    const { caller, role } = process;
    if (starts || role === 'order') return;
    if (role === 'reconcile') {
      this.#check('L1', !this.#reconciled.has(record.rolloutId), 'a reconcile wrote twice');
      this.#reconciled.add(record.rolloutId);
    }
    const isDue = was !== null && this.#now() > Date.parse(was.due);
    const ends = !isOpen(record);
    if (isDue && ends) return;
    const isHeld = was?.phase === 'held';
    if (role === 'taker' && isHeld && isLost(record)) return;
    const isMine = record.owner === caller.rolloutId;
    // A later attempt of the same run need not take over what it only ends, or leaves held.
    const isLeft = role === 'post' && record.phase === 'held';
    const isOwn = isMine && (record.attempt === caller.attempt || ends || isLeft);
    this.#check('S6', isOwn && role !== 'reconcile', `${role} drives another's rollout`);
    if (was === null) return;
    const isKept = was.owner === record.owner;
    const isLatest = !isKept || was.attempt <= caller.attempt;
    this.#check('S6', isLatest, 'a later attempt was overruled');
    const mayTake = isHeld && (role === 'taker' || record.rolloutId === caller.rolloutId);
    this.#check('S6', isKept || mayTake, 'what somebody drives changed hands');
  }

  /** Rollbacks are targets, and the target never changes. */
  #checkEnd({ record, after, process, before, plan }: Ours): void {
    const rollout = this.#rollout;
    if (rollout === null) return this.#fail('S9', 'a rollout that never started was written');
    this.#check('S3', record.stable === rollout.stable, `stable became ${record.stable}`);
    this.#check('S12', record.canary === rollout.canary, `the canary became ${record.canary}`);
    const isStarter = starterOf(record) === rollout.starter;
    this.#check('S6', isStarter, 'another one is said to have started it');
    this.#check('L2', plan === rollout.plan, 'the frozen plan was changed');
    if (record.phase === 'rolled-back' || record.phase === 'start-failed') {
      this.#check('S3', isSame(after, { [rollout.stable]: 100 }), 'the rollback is no rollback');
    }
    const isIdle = process.role === 'post' && rollout.isOver;
    this.#check('S14', !isIdle || isSame(before, after), 'an abort of nothing changed traffic');
  }

  #checkRaise(write: Ours): void {
    const { process, sentAt, before, record } = write;
    const [{ canary }, { evidence }] = [record, this];
    const isOrdered = process.role === 'order' && record.reason.startsWith('ordered:promote:');
    this.#check('S14', process.drives || isOrdered, `${process.role} raised the canary`);
    const isLate = process.cancelledAt !== null && sentAt > process.cancelledAt;
    this.#check('S14', !isLate, 'a cancelled process raised the canary');
    const age = sentAt - process.turn;
    this.#check('S4', age <= FRESH, `raised from a read of ${age} ms ago`);
    // A person answers for it, by name, and needs no verdict.
    if (isOrdered) return this.#check('S14', record.phase === 'promoted', 'half a promotion');
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
    if (!isOpen(record)) this.#rollout.isOver = true;
  }

  #check(promise: string, holds: boolean, text: string): void {
    if (!holds) this.#fail(promise, text);
  }

  #fail(promise: string, text: string): void {
    this.violations.push({ promise, text });
  }
}
