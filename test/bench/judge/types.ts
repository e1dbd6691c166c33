/** What a rule of the benchmark is given and what it answers (benchmark.md, 4). Minutes count from the first live stage. */
import type {
  Cell as Counted,
  LoggedMinute,
  Minute,
  PastMinute,
} from '../../../src/core/judging-types.ts';
import type { Environment } from './environments.ts';
import type { Fault } from './faults.ts';

/** Mean requests a second of the service and its own share of failing ones. */
type Load = { readonly perSecond: number; readonly errorRate: number };

export type Schedule = {
  /** adaptive: a stage ends as soon as the rule passes it; fixed: not before its bake is over. */
  readonly pace: 'fixed' | 'adaptive';
  /** Minutes a stage, the delay of the data included. */
  readonly bake: number;
  /** Rising percents of the live stages; 100 follows the last. */
  percents(history: readonly PastMinute[]): readonly number[];
};

/** One row that has become visible; the same object at every look. */
export type SeenRow = {
  readonly minute: number;
  /** Index in the schedule's percents. */
  readonly stage: number;
  /** Served part of the requests, 0…1. */
  readonly share: number;
  /** Rows since the last change of percent; 0 is the first. */
  readonly sinceChange: number;
  /** As the shipped decoder made it; null: no point. Also in `row`. */
  readonly canary: Counted | null;
  readonly baseline: Counted | null;
  readonly row: Minute;
};

/** What really happened in a row. For oracles only. */
export type TruthRow = {
  readonly minute: number;
  readonly share: number;
  /** Error rate and mean log latency (ms) that both sides share in this minute, side noise left out. */
  readonly sharedErrorRate: number;
  readonly sharedLogLatency: number;
  readonly canary: Side;
  readonly baseline: Side;
};

export type Side = {
  readonly requests: number;
  /** 5xx. */
  readonly errors: number;
  /** 4xx. */
  readonly clientErrors: number;
  /** Requests per bucket of LATENCY_BOUNDS, 5xx left out. */
  readonly latency: readonly number[];
  /** Percent of the limit. */
  readonly memory: number;
};

export type Cell = {
  readonly environment: Environment;
  /** null: healthy. */
  readonly fault: Fault | null;
  readonly load: Load;
};

export type Look = {
  /** The minute that ends now. */
  readonly minute: number;
  readonly stage: number;
  /** First minute of this stage. */
  readonly stageFrom: number;
  readonly percents: readonly number[];
  /** Rows 0 … minute - 3, oldest first. Grows in place: keep no reference to a length. */
  readonly visible: readonly SeenRow[];
  /** Rows 0 … minute for a rule that reads logs, else null. */
  readonly log: readonly LoggedMinute[] | null;
  /** The stage is as old as the schedule's bake. */
  readonly bakeOver: boolean;
  /** As long as `visible`. For oracles only. */
  readonly truth: readonly TruthRow[];
};

export type Context = {
  /** 180 rows of the stable revision before minute 0, as the shipped decoder made them; oldest first. */
  readonly history: readonly PastMinute[];
  readonly percents: readonly number[];
  /** The shipped judge gets every answer decoded anew as well, and must say the same. */
  readonly decodesAnew: boolean;
  /** For oracles only. */
  readonly known: { readonly environment: Environment; readonly fault: Fault | null };
};

/** `pass` ends the stage (in a fixed schedule: once the bake is over; before that it is `wait`). `fail` rolls back. */
export type Answer = 'fail' | 'pass' | 'wait';

export type Rule = {
  /** As in the table. */
  readonly name: string;
  readonly schedule: Schedule;
  readonly reads: 'metrics' | 'metrics and logs';
  start(context: Context): { look(look: Look): Answer };
};
