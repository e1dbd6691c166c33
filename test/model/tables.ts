/** Everything that a step needs, as functions from small numbers to small numbers, each computed once. */
import { isBringing } from './cast.ts';
import type { Role } from './cast.ts';
import type { Answer, Design, Mind, Request } from './design.ts';
import { Intern, remembered } from './intern.ts';
import { heirOf } from './places.ts';
import type { Late, Place } from './places.ts';
import { NEW_MIND, turnsOf } from './process.ts';
import type { Process } from './process.ts';
import { brokenByDeciding, brokenByWriting } from './promises.ts';
import type { Safety } from './promises.ts';
import { answered } from './sending.ts';
import { QUIET, WITH_BROUGHT, intrusions, platformSteps } from './service.ts';
import type { Service } from './service.ts';
import { outdated } from './time.ts';
import { NOTHING_YET, withLearnt } from './truth.ts';
import type { Learnt, Truth } from './truth.ts';
import { truthAfter, truthAfterIntrusion, written } from './writing.ts';

type TurnStep = {
  readonly what: string;
  readonly place: number;
  readonly learnt: number | null;
  readonly request: number | null;
  readonly lost: boolean;
};
type Applied = { readonly truth: number; readonly broken: readonly Safety[] };
export type ServiceStep = {
  readonly what: string;
  readonly service: number;
  readonly bumps: boolean;
};

export class Tables {
  readonly services = new Intern<Service>();
  readonly places = new Intern<Place>();
  readonly flights = new Intern<readonly Late[]>();
  readonly #truths = new Intern<Truth>();
  readonly #requests = new Intern<Request>();
  readonly #learnt = new Intern<Learnt>();
  readonly #deeds = new Intern<readonly [number, number]>(([a, b]) => `${a} ${b}`);
  readonly #processes: readonly Process[];
  readonly #reduced: boolean;
  readonly #awaited: ReadonlySet<string | null>;
  readonly quiet: number;
  readonly nothingYet: number;

  constructor(cast: readonly Role[], design: Design, reduced: boolean) {
    this.#processes = cast.map((role, index) => ({ role, index, design }));
    this.#reduced = reduced;
    this.#awaited = new Set(cast.map(({ after }) => after));
    this.quiet = this.services.id(cast.some(isBringing) ? WITH_BROUGHT : QUIET);
    this.nothingYet = this.#truths.id(NOTHING_YET);
  }

  nameOf(by: number): string {
    return this.#processes[by]!.role.name;
  }

  request(id: number): Request {
    return this.#requests.at(id);
  }

  beginning(by: number): number {
    return this.places.id({ at: 'turn', by, mind: NEW_MIND });
  }

  readonly turns = remembered((place: number, service: number): readonly TurnStep[] => {
    const { by, mind } = this.#placeAt(place, 'turn');
    const name = this.nameOf(by);
    return turnsOf(this.#processes[by]!, mind, this.services.at(service)).map((turn) => {
      const what = `${name}, ${turn.what}`;
      const step = { what, learnt: null, request: null, lost: false };
      if (turn.kind === 'over')
        return { ...step, place: this.#over(by, false, mind), lost: turn.lost };
      const learnt = turn.learnt === null ? null : this.#learnt.id(turn.learnt);
      if (turn.kind === 'on') {
        const place = this.places.id({ at: 'turn', by, mind: turn.mind });
        return { ...step, place, learnt, lost: turn.lost };
      }
      const request = this.#requests.id(turn.request);
      return { ...step, place: this.#sending(by, turn.mind, request), learnt, request };
    });
  });

  readonly #after = remembered((place: number, answer: number): number => {
    const { by, mind, request } = this.#placeAt(place, 'send');
    const process = this.#processes[by]!;
    const next = answered(process, { mind, request: this.#requests.at(request) }, ANSWERS[answer]!);
    if (next.kind === 'over') return this.#over(by, true, mind);
    if (next.kind === 'on') return this.places.id({ at: 'turn', by, mind: aged(next.mind) });
    return this.#sending(by, next.mind, this.#requests.id(next.request));
  });

  answered(place: number, answer: Answer): number {
    return this.#after(place, ANSWERS.indexOf(answer));
  }

  /** The same process once somebody has written. */
  readonly #outrun = remembered((place: number): number => {
    const found = this.places.at(place);
    if (found.at === 'over') return place;
    const mind = aged(found.mind);
    if (found.at === 'turn') return this.places.id({ ...found, mind });
    if (this.#requests.at(found.request).blind) return this.places.id({ ...found, mind });
    // Its write can only be refused, so nothing is left of it but that.
    if (this.#reduced) return this.answered(this.places.id({ ...found, mind }), 'conflict');
    return this.places.id({ ...found, mind, stale: true });
  });

  outrun(place: number): number {
    return this.#outrun(place, 0);
  }

  readonly #cancelled = remembered((place: number): number => {
    const found = this.places.at(place);
    if (found.at === 'over') return place;
    const memory = { ...found.mind.memory, cancelled: true };
    return this.places.id({ ...found, mind: { ...found.mind, memory } });
  });

  cancelled(place: number): number {
    return this.#cancelled(place, 0);
  }

  /** Killed where it is. */
  dead(place: number): number {
    const found = this.places.at(place);
    return found.at === 'over' ? place : this.#over(found.by, true, found.mind);
  }

  /** Who died matters only where somebody waits for it. */
  #over(by: number, ended: boolean, { memory }: Mind): number {
    const died = ended && this.#awaited.has(this.nameOf(by));
    const { doom } = memory;
    const legacy = doom === null ? null : { reason: doom.reason, rollout: doom.rollout ?? '' };
    return this.places.id({ at: 'over', by, died, doom: died ? legacy : null });
  }

  readonly heir = remembered((place: number, main: number): number =>
    this.places.id(heirOf(this.places.at(place), this.places.at(main))),
  );

  /** null: refused. */
  readonly written = remembered((service: number, request: number): number | null => {
    const next = written(this.services.at(service), this.#requests.at(request));
    return next === null ? null : this.services.id(next);
  });

  deed(service: number, truth: number): number {
    return this.#deeds.id([service, truth]);
  }

  readonly applied = remembered((deed: number, request: number): Applied => {
    const [service, truth] = this.#deeds.at(deed);
    const sent = this.#requests.at(request);
    const { role } = this.#processes[sent.by]!;
    const done = {
      role,
      request: sent,
      before: this.services.at(service),
      truth: this.#truths.at(truth),
    };
    return { truth: this.#truths.id(truthAfter(done)), broken: brokenByWriting(done) };
  });

  readonly decided = remembered((truth: number, request: number): readonly Safety[] => {
    const sent = this.#requests.at(request);
    const { role } = this.#processes[sent.by]!;
    return brokenByDeciding({ role, request: sent, truth: this.#truths.at(truth) });
  });

  readonly learn = remembered((truth: number, learnt: number): number =>
    this.#truths.id(withLearnt(this.#truths.at(truth), this.#learnt.at(learnt))),
  );

  readonly #platform = remembered((service: number): readonly ServiceStep[] =>
    platformSteps(this.services.at(service)).map(([what, next]) => ({
      what,
      service: this.services.id(next),
      bumps: false,
    })),
  );

  platform(service: number): readonly ServiceStep[] {
    return this.#platform(service, 0);
  }

  readonly #intrusions = remembered((service: number): readonly ServiceStep[] =>
    intrusions(this.services.at(service)).map(({ what, next, bumps }) => ({
      what,
      service: this.services.id(next),
      bumps,
    })),
  );

  intrusions(service: number): readonly ServiceStep[] {
    return this.#intrusions(service, 0);
  }

  readonly intruded = remembered((truth: number, service: number): number =>
    this.#truths.id(truthAfterIntrusion(this.#truths.at(truth), this.services.at(service))),
  );

  readonly #outrunFlight = remembered((flight: number): number => {
    const late = this.flights
      .at(flight)
      .map((one) => ({ ...one, stale: !this.#requests.at(one.request).blind }));
    return this.flights.id(this.#reduced ? late.filter(({ stale }) => !stale) : late);
  });

  outrunFlight(flight: number): number {
    return this.#outrunFlight(flight, 0);
  }

  readonly #withLate = remembered((flight: number, coded: number): number => {
    const one = { request: coded >>> 1, stale: (coded & 1) === 1 };
    const late = [...this.flights.at(flight), one];
    late.sort((x, y) => x.request - y.request || Number(x.stale) - Number(y.stale));
    return this.flights.id(late);
  });

  withLate(flight: number, { request, stale }: Late): number {
    return this.#withLate(flight, request * 2 + Number(stale));
  }

  readonly withoutLate = remembered((flight: number, place: number): number =>
    this.flights.id(this.flights.at(flight).filter((_, index) => index !== place)),
  );

  #sending(by: number, mind: Mind, request: number): number {
    return this.places.id({ at: 'send', by, mind, request, stale: false });
  }

  #placeAt<A extends Place['at']>(id: number, at: A): Extract<Place, { at: A }> {
    const place = this.places.at(id);
    if (place.at !== at) throw new Error(`the process is at ${place.at}, not at ${at}`);
    return place as Extract<Place, { at: A }>;
  }
}

/** Whatever the answer was, the version that the process knows is not to be relied on. */
function aged(mind: Mind): Mind {
  return { ...mind, memory: outdated(mind.memory) };
}

const ANSWERS: readonly Answer[] = ['applied', 'lost', 'conflict', 'refused', 'denied', 'late'];
