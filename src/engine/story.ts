/**
 * Follows a rollout turn by turn: log lines for the person watching, a Report for the check run.
 * It is told everything and decides nothing.
 */
import { awaitsCanary } from '../core/rollout/clone.ts';
import { isFinal } from '../core/rollout/drafts.ts';
import { takeBackLines } from '../core/report/report-commands.ts';
import { reportOf } from '../core/report/report-facts.ts';
import type { Forecast } from '../core/forecast/forecast-types.ts';
import type { Told } from '../core/report/report-facts.ts';
import type { Report } from '../core/report/report-model.ts';
import { gapText, guaranteeText, isUnfenced } from '../core/rollout/gap.ts';
import type { Problem, ProblemCode } from '../core/problem.ts';
import { percentOf, splitText } from '../core/rollout/traffic.ts';
import type { Caller, Decision, Goal, Memory } from '../core/decision-types.ts';
import type { Judgement } from '../core/judging-types.ts';
import type { RecordDraft, RolloutRecord, ServiceRef, ServiceSnapshot } from '../core/types.ts';
import type { Ending, Observer } from './loop.ts';
import type { Log, Reporter } from './ports.ts';
import { speaksFor } from './speaker.ts';

export type StoryContext = {
  readonly ref: ServiceRef;
  readonly caller: Caller;
  readonly goal: Goal;
  readonly notices: readonly string[];
  /** What this start was told beforehand; null: nothing, or no start. */
  readonly forecast: Forecast | null;
  readonly log: Log;
  readonly reporter: Reporter;
};

type Turn = {
  readonly service: ServiceSnapshot;
  readonly memory: Memory;
  readonly decision: Decision;
};

export class Story implements Observer {
  readonly #context: StoryContext;
  readonly #judgements = new Map<number, Judgement>();
  #grouped: number | null = null;
  #lastLine = '';
  #lastShown = '';
  #guarantee = '';
  #gaps = 0;
  #outsider: string | null = null;
  #found: ServiceSnapshot['record'] | null = null;
  /** What is being acted on. */
  #last: Turn | null = null;

  constructor(context: StoryContext) {
    this.#context = context;
  }

  turn(service: ServiceSnapshot, memory: Memory, decision: Decision): void {
    this.#last = { service, memory, decision };
    this.#found ??= service.record;
    const { record } = service;
    if (typeof record !== 'string' && this.#isOurs(record)) {
      this.#enter(record, service);
      const judgement = memory.stage?.judgement ?? null;
      if (judgement !== null) this.#heard(record.stage, judgement);
    }
    this.#vouch(service, memory);
    // Only this read names the outsider: the write that lets go makes us the last to have written.
    if (isRelease(decision)) this.#outsider = service.lastModifier;
    this.#say(decisionLine(decision));
    this.#show(this.#told(service, memory, null));
  }

  remark(text: string): void {
    this.#context.log.line(text);
  }

  /** The report of a rollout that is over for this process. */
  end(ending: Ending, refusal?: Problem): Report | null {
    const { service, memory } = ending;
    if (service === null) return null;
    const known = this.#told(service, memory, ending);
    const told = refusal === undefined ? known : { ...known, refusal };
    this.#show(told);
    const report = this.#report(told);
    for (const line of takeBackLines(report)) this.#context.log.line(line);
    return report;
  }

  /** null: it broke off elsewhere than before the first write, or nobody knows whether that was taken. */
  refused(problem: Problem): Report | null {
    if (this.#last === null) return null;
    const { service, memory, decision } = this.#last;
    const isNothingSent = decision.do === 'prove-fence';
    const isNotTaken = decision.do === 'start' && NOT_TAKEN.includes(problem.code);
    if (!isNothingSent && !isNotTaken) return null;
    return this.end({ outcome: 'refused', why: problem.summary, service, memory }, problem);
  }

  #told(service: ServiceSnapshot, memory: Memory, ending: Ending | null): Told {
    const found = this.#found;
    const heard = { judgements: this.#judgements, outsider: this.#outsider, found };
    return { service, memory, ending, ...heard };
  }

  #isOurs(record: RolloutRecord): boolean {
    const { caller, goal } = this.#context;
    return (
      record.rolloutId === caller.rolloutId ||
      record.owner === caller.rolloutId ||
      goal.kind === 'order'
    );
  }

  #enter(record: RolloutRecord, service: ServiceSnapshot): void {
    if (isFinal(record) || this.#grouped === record.stage) return;
    this.#grouped = record.stage;
    const last = record.percents.length - 2;
    const what =
      record.stage === 0
        ? `Stage 0: ${record.canary} at 0 %, proved on its own address`
        : `Stage ${record.stage} of ${last}: ${percentOf(record)} % to ${record.canary}`;
    this.#context.log.group(what);
    this.#context.log.line(`Traffic: ${splitText(service.asked)}.`);
  }

  #heard(stage: number, judgement: Judgement): void {
    if (this.#judgements.get(stage) === judgement) return;
    this.#judgements.set(stage, judgement);
    const { from, to } = judgement.observation;
    const window = `${timeOf(from)}–${timeOf(to)} UTC`;
    this.#context.log.line(`Look ${window}: ${judgement.verdict}. ${judgement.why}`);
  }

  /** Which guarantee is in force, once; and each time that it was needed. */
  #vouch(service: ServiceSnapshot, memory: Memory): void {
    const { log } = this.#context;
    const guarantee = guaranteeText(memory, service);
    if (guarantee !== '' && guarantee !== this.#guarantee) {
      this.#guarantee = guarantee;
      if (isUnfenced(memory, service)) log.notice(guarantee);
      else log.line(guarantee);
    }
    for (const gap of memory.gaps.slice(this.#gaps)) log.notice(gapText(gap));
    this.#gaps = memory.gaps.length;
  }

  /** A wait that goes on for the same reason is one line, not sixty. */
  #say(line: { readonly text: string; readonly kind: string } | null): void {
    if (line === null || line.kind === this.#lastLine) return;
    this.#lastLine = line.kind;
    this.#context.log.line(line.text);
  }

  #show(told: Told): void {
    if (told.ending === null && typeof told.service.record === 'string') return;
    if (!speaksFor(this.#context, told)) return;
    const key = shownKey(told);
    if (key === this.#lastShown) return;
    this.#lastShown = key;
    // Whoever shows it warns about it, too.
    this.#context.reporter.update(this.#report(told)).catch(() => undefined);
  }

  #report(told: Told): Report {
    return reportOf(this.#context, told);
  }
}

/** Cloud Run has said no in its own words. */
const NOT_TAKEN: readonly ProblemCode[] = ['denied', 'write-refused', 'revision-name-taken'];

function isRelease(decision: Decision): boolean {
  return decision.do === 'write' && decision.record.phase === 'released';
}

/** What a reader would see change. */
function shownKey(told: Told): string {
  const { record } = told.service;
  const position = typeof record === 'string' ? record : `${record.phase}:${record.stage}`;
  const look = told.memory.stage?.judgement?.observation.to ?? 0;
  const probed = told.memory.stage?.probed === true;
  // Who is affected now.
  const served = splitText(told.service.served);
  const { doom, gaps } = told.memory;
  return [position, served, look, probed, doom?.reason, gaps.length, told.ending?.outcome].join(
    '|',
  );
}

function decisionLine(decision: Decision): { readonly text: string; readonly kind: string } | null {
  switch (decision.do) {
    case 'prove-fence':
      return { kind: 'prove', text: 'Checking that the service refuses a stale write.' };
    case 'start':
      return startLine(decision.record);
    case 'write':
      return { kind: `write:${decision.record.phase}`, text: writeLine(decision.record) };
    case 'probe':
      return { kind: 'probe', text: `Probing ${decision.revision} on its tag URL.` };
    case 'warm-up':
      return { kind: 'warm-up', text: `Warming ${decision.revision} up on its tag URL.` };
    case 'wait':
      return { kind: decision.why.replace(/[0-9]+ s$/, ''), text: `Waiting: ${decision.why}.` };
    case 'stop':
      return { kind: 'stop', text: decision.why };
    case 'look-for':
    case 'inspect':
    case 'observe':
      return null;
  }
}

/** With a fresh baseline there are two. */
function startLine({ canary, clone, stable, brought, changedAt }: RecordDraft) {
  if (clone !== null && awaitsCanary({ clone, changedAt })) {
    return { kind: 'start:clone', text: `Creating ${clone}, a clone of ${stable}, at 0 %.` };
  }
  const isBrought = brought === true;
  const how = isBrought ? `Bringing ${canary}, which is there already, in` : `Creating ${canary}`;
  return { kind: 'start', text: `${how} at 0 %.` };
}

function writeLine(record: Extract<Decision, { do: 'write' }>['record']): string {
  switch (record.phase) {
    case 'active':
      return record.reason === 'taken'
        ? `Taking the rollout over at ${percentOf(record)} %.`
        : `Passed: raising ${record.canary} to ${percentOf(record)} %.`;
    case 'held':
      return `Holding ${record.canary} at ${percentOf(record)} %.`;
    case 'promoted':
      return `Promoting ${record.canary} to 100 %.`;
    case 'rolled-back':
    case 'start-failed':
      return `Restoring ${record.stable} to 100 % (${record.reason}).`;
    case 'released':
      return 'Somebody else changed the traffic: letting go of it.';
  }
}

function timeOf(instant: number): string {
  return new Date(instant).toISOString().slice(11, 19);
}
