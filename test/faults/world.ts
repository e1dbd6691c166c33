/** Everything outside our processes: the service, the network, the weather, other people. */
import type { HttpAnswer } from '../../src/edges/http.ts';
import { notAnswered } from '../../src/edges/http-answer.ts';
import type { Rules } from '../sandbox/cloud-run/state.ts';
import { Cloud } from './cloud.ts';
import { isWireKind } from './kinds.ts';
import type { Fault, Kind, MomentKind, WireKind } from './kinds.ts';
import { Oracle } from './oracle.ts';
import { act, isOutsiderKind, touch } from './outsiders.ts';
import type { Process } from './process.ts';
import { Requests } from './requests.ts';
import { BEGIN, HOUR, MINUTE } from './settings.ts';
import type { Truth } from './settings.ts';
import { Timeline } from './timeline.ts';
import { send } from './wire.ts';
import type { Call } from './wire.ts';

const NEVER: Promise<never> = new Promise(() => undefined);

export type PeopleKind = Extract<
  MomentKind,
  'zombie' | 'rival' | 'abort' | 'ramp' | 'rampNow' | 'promote'
>;

type Monitoring = 'up' | 'nodata' | 'nan' | 'down';

export class World {
  readonly timeline = new Timeline(BEGIN);
  readonly cloud: Cloud;
  readonly requests: Requests;
  readonly oracle: Oracle;
  calls = 0;
  /** Every request for points: when it was sent, and when the turn had begun that it belongs to. */
  readonly looks: { readonly turn: number; readonly at: number }[] = [];
  /** Told when other people come in: a second run, an order, a runner taken for dead. */
  onPeople: (kind: PeopleKind, process: Process) => void = () => undefined;
  /** Whether an answer can be older than one before it. */
  readonly mayLag: boolean;
  /** The service takes no more for a canary, whoever asks. */
  refusesRaises = false;
  readonly #faults = new Map<number, Kind[]>();
  #monitoring: { readonly is: Monitoring; readonly until: number } = { is: 'up', until: Infinity };
  #api: { readonly trouble: WireKind | null; readonly until: number } = {
    trouble: null,
    until: Infinity,
  };
  #touches = 0;
  #freeze = 0;
  #writeIds = 0;

  constructor(setup: {
    readonly truth: Truth;
    readonly rules: Partial<Rules>;
    readonly faults: readonly Fault[];
  }) {
    this.cloud = new Cloud(this.timeline, setup.rules);
    this.requests = new Requests(this.cloud, setup.truth);
    this.oracle = new Oracle(this.cloud, () => this.timeline.now);
    this.mayLag = setup.faults.some(({ kind }) => kind === 'stale');
    for (const { kind, at } of setup.faults) {
      this.#faults.set(at, [...(this.#faults.get(at) ?? []), kind]);
    }
  }

  get monitoring(): Monitoring {
    return this.timeline.now < this.#monitoring.until ? this.#monitoring.is : 'up';
  }

  /** When the service's API is itself again. */
  get clearsAt(): number {
    return this.#api.trouble === null ? 0 : this.#api.until;
  }

  newWriteId(): string {
    this.#writeIds += 1;
    return this.#writeIds.toString(16).padStart(16, '0');
  }

  async exchange(process: Process, call: Call): Promise<HttpAnswer> {
    let trouble: WireKind | null = null;
    for (const kind of this.#faults.get(this.calls++) ?? []) {
      if (isWireKind(kind)) trouble ??= kind;
      else this.#strike(kind, process);
    }
    if (process.isDead) return NEVER;
    if (this.#freeze > 0) {
      const until = this.timeline.now + this.#freeze;
      const isTooLong = this.#freeze > call.deadline;
      process.paused += this.#freeze;
      this.#freeze = 0;
      await process.wait(until, () => undefined, null);
      // Its deadline is the first thing that the transport hears of, and nothing has been sent yet.
      if (call.name === 'write' && isTooLong) return notAnswered('ABORTED').answer;
    }
    trouble ??= this.#weatherFor(call);
    if (call.name === 'read') process.turn = this.timeline.now;
    if (call.name === 'observe') this.looks.push({ turn: process.turn, at: this.timeline.now });
    return send(this.timeline, process, { call: this.#withTouch(call), trouble });
  }

  #weatherFor(call: Call): WireKind | null {
    if (call.name === 'observe') return this.monitoring === 'down' ? '503' : null;
    if (call.name === 'probe' || this.timeline.now >= this.#api.until) return null;
    return this.#api.trouble;
  }

  /** In a storm somebody always writes just before us. */
  #withTouch(call: Call): Call {
    if (call.name !== 'write') return call;
    const serve = () => {
      // Counted on arrival: two processes may have a write on its way to the last one.
      if (this.#touches > 0) {
        this.#touches -= 1;
        touch({ cloud: this.cloud });
      }
      return call.serve();
    };
    return { ...call, serve };
  }

  #strike(kind: MomentKind, process: Process): void {
    const { cloud, timeline } = this;
    if (isOutsiderKind(kind)) {
      return act(kind, { cloud, timeline, canary: process.caller.revision });
    }
    switch (kind) {
      case 'crashBefore':
        return process.die();
      case 'cancelBefore':
        return process.cancel();
      case 'clock+2h':
      case 'clock-2h':
        process.skew += kind === 'clock+2h' ? 2 * HOUR : -2 * HOUR;
        return;
      case 'stall10m':
        this.#freeze = 10 * MINUTE;
        return;
      case 'stall6h':
        this.#freeze = 6 * HOUR;
        return;
      case 'zombie':
        this.#freeze = HOUR;
        return this.onPeople(kind, process);
      case 'rival':
      case 'abort':
      case 'ramp':
      case 'rampNow':
      case 'promote':
        return this.onPeople(kind, process);
      case 'nodata':
        return this.#monitor('nodata', 6 * HOUR);
      case 'nan':
        return this.#monitor('nan', 10 * MINUTE);
      case 'monDown':
        return this.#monitor('down', 6 * HOUR);
      case 'storm409':
        this.#touches = 50;
        return;
      case 'storm429':
        this.#api = { trouble: '429', until: this.timeline.now + 2 * HOUR };
        return;
      case 'noRaise':
        this.refusesRaises = true;
        return;
      case 'outage':
        this.#api = { trouble: '503', until: this.timeline.now + 20 * MINUTE };
        return;
    }
  }

  #monitor(is: Monitoring, forMs: number): void {
    this.#monitoring = { is, until: this.timeline.now + forMs };
  }
}
