/** From one state to all that can follow it. A state is a row of numbers that stand for interned values. */
import type { Role } from './cast.ts';
import type { Answer, Design } from './design.ts';
import type { Safety } from './promises.ts';
import type { Place } from './places.ts';
import { Tables } from './tables.ts';
import type { ServiceStep } from './tables.ts';

/** How often each kind of fault may happen. */
export type Faults = {
  readonly crash: number;
  readonly network: number;
  readonly outsider: number;
  readonly cancel: number;
};

export type Scope = {
  readonly cast: readonly Role[];
  readonly faults: Faults;
  readonly design: Design;
  /** A stale fenced write cannot take effect, so it is forgotten at once. */
  readonly reduced: boolean;
};

export type Emit = (what: string, broken: readonly Safety[]) => void;

const SERVICE = 0;
const TRUTH = 1;
const FLIGHT = 2;
const FAULTS = 3;
const PLACES = 4;
const SHIFT = { crash: 0, network: 4, outsider: 8, cancel: 12 } as const;
const NOTHING: readonly Safety[] = [];

type Sending = Extract<Place, { at: 'send' }>;

export class Steps {
  readonly width: number;
  /** The state that is being emitted. */
  readonly next: Uint32Array;
  readonly tables: Tables;
  readonly #scope: Scope;
  #row: Uint32Array;
  #emit: Emit = () => undefined;

  constructor(scope: Scope) {
    const { cast, design, reduced } = scope;
    this.#scope = scope;
    this.tables = new Tables(cast, design, reduced);
    this.width = PLACES + cast.length;
    this.next = new Uint32Array(this.width);
    this.#row = this.next;
  }

  first(): Uint32Array {
    const { cast, faults } = this.#scope;
    const budget = Object.entries(SHIFT).reduce(
      (sum, [kind, shift]) => sum + (faults[kind as keyof Faults] << shift),
      0,
    );
    const { quiet, nothingYet, flights } = this.tables;
    const places = cast.map((_, by) => this.tables.beginning(by));
    return Uint32Array.from([quiet, nothingYet, flights.id([]), budget, ...places]);
  }

  after(row: Uint32Array, emit: Emit): void {
    this.#row = row;
    this.#emit = emit;
    for (const step of this.tables.platform(row[SERVICE]!)) this.#changed(step);
    if (this.#may('outsider')) this.#intrude();
    this.#deliver();
    this.#scope.cast.forEach(({ after }, by) => {
      const number = this.#begun(row[PLACES + by]!, after);
      const place = number === null ? null : this.tables.places.at(number);
      if (number === null || place === null || place.at === 'over') return;
      this.#strike(by, number);
      if (place.at === 'turn') this.#turn(by, number);
      else this.#answer(place);
    });
  }

  /** null: it waits for one that has not died. */
  #begun(place: number, after: string | null): number | null {
    if (after === null) return place;
    const main = this.#row[PLACES + this.#scope.cast.findIndex(({ name }) => name === after)]!;
    const found = this.tables.places.at(main);
    return found.at === 'over' && found.died ? this.tables.heir(place, main) : null;
  }

  #may(kind: keyof Faults): boolean {
    return ((this.#row[FAULTS]! >>> SHIFT[kind]) & 15) > 0;
  }

  /** A copy of the state to change. */
  #fresh(fault: keyof Faults | null = null): Uint32Array {
    this.next.set(this.#row);
    if (fault !== null) this.next[FAULTS]! -= 1 << SHIFT[fault];
    return this.next;
  }

  #changed(step: ServiceStep, fault: keyof Faults | null = null): void {
    const next = this.#fresh(fault);
    next[SERVICE] = step.service;
    if (fault === 'outsider' && step.bumps) {
      next[TRUTH] = this.tables.intruded(next[TRUTH]!, step.service);
      this.#bump();
    }
    this.#emit(step.what, NOTHING);
  }

  #intrude(): void {
    for (const step of this.tables.intrusions(this.#row[SERVICE]!)) this.#changed(step, 'outsider');
  }

  /** A new version: every read before it is stale. */
  #bump(): void {
    const { next, tables } = this;
    next[FLIGHT] = tables.outrunFlight(next[FLIGHT]!);
    for (let i = PLACES; i < this.width; i += 1) next[i] = tables.outrun(next[i]!);
  }

  /** Requests whose sender has given up arrive at any time, or never. */
  #deliver(): void {
    const { tables } = this;
    const flight = this.#row[FLIGHT]!;
    tables.flights.at(flight).forEach(({ request, stale }, index) => {
      const next = this.#fresh();
      next[FLIGHT] = tables.withoutLate(flight, index);
      const by = tables.nameOf(tables.request(request).by);
      const broken = stale ? NOTHING : this.#apply(request);
      this.#emit(
        `a late write of ${by} arrives${stale ? ' and is refused' : ''}`,
        broken ?? NOTHING,
      );
    });
  }

  /** Puts the write into `next`. null: the service will not take it. */
  #apply(request: number): readonly Safety[] | null {
    const { next, tables } = this;
    const service = tables.written(next[SERVICE]!, request);
    if (service === null) return null;
    const { truth, broken } = tables.applied(tables.deed(next[SERVICE]!, next[TRUTH]!), request);
    next[SERVICE] = service;
    next[TRUTH] = truth;
    this.#bump();
    return broken;
  }

  /** Killed or cancelled, at any point. */
  #strike(by: number, place: number): void {
    const { tables } = this;
    const name = tables.nameOf(by);
    if (this.#may('crash') && place !== tables.beginning(by)) {
      this.#fresh('crash')[PLACES + by] = tables.dead(place);
      this.#emit(`${name} dies`, NOTHING);
    }
    const cancelled = tables.cancelled(place);
    if (this.#may('cancel') && cancelled !== place) {
      this.#fresh('cancel')[PLACES + by] = cancelled;
      this.#emit(`${name} is cancelled`, NOTHING);
    }
  }

  #turn(by: number, place: number): void {
    const { tables } = this;
    for (const turn of tables.turns(place, this.#row[SERVICE]!)) {
      if (turn.lost && !this.#may('network')) continue;
      const next = this.#fresh(turn.lost ? 'network' : null);
      next[PLACES + by] = turn.place;
      if (turn.learnt !== null) next[TRUTH] = tables.learn(next[TRUTH]!, turn.learnt);
      const broken = turn.request === null ? NOTHING : tables.decided(next[TRUTH]!, turn.request);
      this.#emit(turn.what, broken);
    }
  }

  #answer(place: Sending): void {
    const { tables } = this;
    const { request, stale } = place;
    if (stale && !tables.request(request).blind) {
      this.#refused(place, 'conflict', null);
    } else if (tables.written(this.#row[SERVICE]!, request) === null) {
      this.#refused(place, 'refused', null);
    } else {
      this.#taken(place, 'applied', null);
      if (this.#may('network')) this.#taken(place, 'lost', 'network');
      if (this.#may('crash')) this.#taken(place, null, 'crash');
      if (this.#may('network')) this.#refused(place, 'conflict', 'network');
    }
    if (this.#may('network')) {
      this.#refused(place, 'refused', 'network');
      this.#refused(place, 'denied', 'network');
      this.#underWay(place, 'network');
    }
    if (this.#may('crash')) this.#underWay(place, 'crash');
  }

  /** `answer` null: the process is dead by then. */
  #taken(place: Sending, answer: Answer | null, fault: keyof Faults | null): void {
    const { tables } = this;
    const { by, request } = place;
    const next = this.#fresh(fault);
    // Not among those that are outrun: it is its own write.
    next[PLACES + by] = tables.dead(this.#row[PLACES + by]!);
    const broken = this.#apply(request) ?? NOTHING;
    if (answer !== null) next[PLACES + by] = tables.answered(this.#row[PLACES + by]!, answer);
    this.#emit(`${tables.nameOf(by)} writes: ${answer ?? 'applied, and it dies'}`, broken);
  }

  #refused({ by }: Sending, answer: Answer, fault: keyof Faults | null): void {
    this.#fresh(fault)[PLACES + by] = this.tables.answered(this.#row[PLACES + by]!, answer);
    this.#emit(`${this.tables.nameOf(by)} writes: ${answer}`, NOTHING);
  }

  /** The write is sent and has not arrived; its sender gives up, or dies. */
  #underWay({ by, request, stale }: Sending, fault: 'network' | 'crash'): void {
    const { tables } = this;
    const next = this.#fresh(fault);
    const dead = fault === 'crash';
    next[FLIGHT] = tables.withLate(next[FLIGHT]!, { request, stale });
    const place = this.#row[PLACES + by]!;
    next[PLACES + by] = dead ? tables.dead(place) : tables.answered(place, 'late');
    this.#emit(
      `${tables.nameOf(by)} writes: under way${dead ? ', and it dies' : ', no answer'}`,
      NOTHING,
    );
  }
}
