import { isObject, type Json } from './cloud-run/json.ts';
import type { Call, Handler } from './contract.ts';

/**
 * What can go wrong with one call. The names are those of the project's fault catalogue:
 * drop: no effect, no answer · lost: effect, no answer · late: no answer now, the effect comes
 * `ms` later · dup: the effect twice, the second answer is seen · empty, truncated: effect, and a
 * well-formed HTTP answer whose body is not what it should be.
 */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      /** True: the effect happens, and this answer hides it. */
      readonly applied?: boolean;
    }
  | { readonly kind: 'drop' | 'lost' | 'truncated' | 'empty' | 'dup' }
  | { readonly kind: 'delay'; readonly ms: number; readonly when: 'before' | 'after' }
  | { readonly kind: 'late'; readonly ms: number };

type Match = { readonly method?: string; readonly pathIncludes?: string };

type Plan = {
  readonly match: Match;
  readonly fault: Fault;
  /** How many matching calls it meets; 1 if not said. */
  readonly times?: number;
  /** How many matching calls pass first. */
  readonly skip?: number;
};

export type Faults = {
  readonly add: (plan: Plan) => void;
  readonly clear: () => void;
  /** The fault this call meets, which is then used up. */
  readonly take: (call: Call) => Fault | null;
  /** Those which have not met their calls yet. */
  readonly pending: () => readonly Plan[];
  /** `POST`, `GET` and `DELETE /_sandbox/faults` */
  readonly handler: Handler;
};

export function createFaults(): Faults {
  let plans: Required<Plan>[] = [];
  const add = (plan: Plan) => {
    plans.push({ times: 1, skip: 0, ...plan });
  };
  const clear = () => {
    plans = [];
  };
  const take = (call: Call) => {
    let met: Fault | null = null;
    plans = plans.flatMap((plan) => {
      if (met !== null || !matches(plan.match, call)) return [plan];
      if (plan.skip > 0) return [{ ...plan, skip: plan.skip - 1 }];
      met = plan.fault;
      return plan.times > 1 ? [{ ...plan, times: plan.times - 1 }] : [];
    });
    return met;
  };
  const handler: Handler = (call) => {
    if (call.path !== '/_sandbox/faults') return null;
    if (call.method === 'DELETE') clear();
    if (call.method === 'POST') {
      const plan = decodePlan(call.body);
      if (plan === null) return { status: 400, body: { error: `Not a fault: ${call.body}` } };
      add(plan);
    }
    return { status: 200, body: { faults: plans } };
  };
  return { add, clear, take, pending: () => plans, handler };
}

function matches({ method, pathIncludes }: Match, call: Call): boolean {
  return (
    (method === undefined || method === call.method) &&
    (pathIncludes === undefined || `${call.path}?${call.query.toString()}`.includes(pathIncludes))
  );
}

function decodePlan(text: string): Plan | null {
  const plan = parsed(text);
  const fault = isObject(plan) && isObject(plan['fault']) ? decodeFault(plan['fault']) : null;
  if (!isObject(plan) || fault === null) return null;
  const match = isObject(plan['match']) ? plan['match'] : {};
  const { method, pathIncludes } = match;
  const { times, skip } = plan;
  return {
    match: {
      ...(typeof method === 'string' ? { method } : {}),
      ...(typeof pathIncludes === 'string' ? { pathIncludes } : {}),
    },
    fault,
    ...(typeof times === 'number' ? { times } : {}),
    ...(typeof skip === 'number' ? { skip } : {}),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const simple = ['drop', 'lost', 'truncated', 'empty', 'dup'] as const;

function decodeFault({ kind, status, headers, body, applied, ms, when }: Json): Fault | null {
  const bare = simple.find((name) => name === kind);
  if (bare !== undefined) return { kind: bare };
  if (kind === 'status' && typeof status === 'number') {
    const texts = Object.entries(isObject(headers) ? headers : {});
    return {
      kind,
      status,
      headers: Object.fromEntries(texts.map(([name, text]) => [name, String(text)])),
      body,
      applied: applied === true,
    };
  }
  if (typeof ms !== 'number' || !(ms >= 0)) return null;
  if (kind === 'late') return { kind, ms };
  return kind === 'delay' && (when === 'before' || when === 'after') ? { kind, ms, when } : null;
}
