/** Builds that are broken on purpose (durability.md, 5.6): ports, goals and callers that lie. */
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import type { Cell, Minute, Observation } from '../../src/core/judging-types.ts';
import { isFinal } from '../../src/core/rollout/drafts.ts';
import { splitOf } from '../../src/core/rollout/traffic.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import type { Ports } from '../../src/engine/loop.ts';
import type { HttpAnswer } from '../../src/edges/http.ts';
import type { Puts, Send } from './service-port.ts';
import { MINUTE, callerOf } from './settings.ts';

type Drive = Extract<Goal, { kind: 'drive' }>;

export type Break = {
  readonly sending: Send;
  readonly ports: (ports: Ports) => Ports;
  readonly goal: (goal: Drive) => Drive;
  readonly caller: (caller: Caller) => Caller;
  readonly reconciles: boolean;
};

/** As shipped. */
export const SHIPPED: Break = {
  sending: (put) => put,
  ports: (ports) => ports,
  goal: (goal) => goal,
  caller: (caller) => caller,
  reconciles: true,
};

export const BREAKS = {
  noEtag: { ...SHIPPED, sending: blind },
  retryBlind: { ...SHIPPED, sending: retryBlind },
  retryNewEtag: { ...SHIPPED, sending: retryNewEtag },
  noDrift: { ...SHIPPED, ports: (ports) => seeing(ports, withoutDrift) },
  startOnSplit: { ...SHIPPED, ports: (ports) => seeing(ports, asOneRevision) },
  noDataPass: { ...SHIPPED, ports: (ports) => measuring(ports, absentIsFine) },
  nanPass: { ...SHIPPED, ports: (ports) => measuring(ports, nanIsFine) },
  noSettle: { ...SHIPPED, ports: (ports) => seeing(ports, alwaysSettled) },
  noBake: { ...SHIPPED, goal: withoutBake },
  noWitness: { ...SHIPPED, ports: withoutWitness },
  noReconcile: { ...SHIPPED, reconciles: false },
} satisfies Record<string, Break>;

/** Those that other rules hide. */
export const MASKED = {
  noIngest: { ...SHIPPED, goal: withoutIngest },
  corruptIsNone: { ...SHIPPED, ports: (ports) => seeing(ports, corruptIsNone) },
  sameName: { ...SHIPPED, caller: (caller) => ({ ...caller, revision: callerOf(0, 1).revision }) },
} satisfies Record<string, Break>;

type Request = Parameters<Puts>[0];

function isReal(request: Request): boolean {
  return !request.url.includes('dryRun');
}

function withVersion(request: Request, version: string | null): Request {
  const body = JSON.parse(request.body) as { metadata: { resourceVersion?: string } };
  if (version === null) delete body.metadata.resourceVersion;
  else body.metadata.resourceVersion = version;
  return { ...request, body: JSON.stringify(body) };
}

function blind(put: Puts): Puts {
  return (request) => put(isReal(request) ? withVersion(request, null) : request);
}

function retryBlind(put: Puts): Puts {
  return async (request) => {
    const answer = await put(request);
    if (answer.kind === 'answer' || !isReal(request)) return answer;
    return put(withVersion(request, null));
  };
}

function retryNewEtag(put: Puts): Puts {
  return async (request) => {
    const answer = await put(request);
    const version = currentVersion(answer);
    return version === null || !isReal(request) ? answer : put(withVersion(request, version));
  };
}

/** The service names the version it has when it refuses another. */
function currentVersion(answer: HttpAnswer): string | null {
  if (answer.kind !== 'answer' || answer.status !== 409) return null;
  const micros = /current version is '(\d+)'/.exec(answer.text)?.[1];
  if (micros === undefined) return null;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(micros));
  return bytes.toString('base64').replaceAll('=', '');
}

/** The engine is shown another service than was read; its writes start from the one that was. */
function seeing(ports: Ports, change: (read: ServiceSnapshot) => ServiceSnapshot): Ports {
  const { cloudRun } = ports;
  const originals = new WeakMap<ServiceSnapshot, ServiceSnapshot>();
  const original = (shown: ServiceSnapshot) => originals.get(shown) ?? shown;
  return {
    ...ports,
    cloudRun: {
      async read() {
        const read = await cloudRun.read();
        const shown = change(read);
        originals.set(shown, read);
        return shown;
      },
      write: (from, next, change_) => cloudRun.write(original(from), next, change_),
      copy: (from, stable) => cloudRun.copy(original(from), stable),
      differs: (from, change_) => cloudRun.differs(original(from), change_),
      proveFence: (from) => cloudRun.proveFence(original(from)),
    },
  };
}

function withoutDrift(read: ServiceSnapshot): ServiceSnapshot {
  if (typeof read.record === 'string' || isFinal(read.record)) return read;
  const split = splitOf(read.record);
  return split === 'as-found' ? read : { ...read, asked: split, served: split };
}

function asOneRevision(read: ServiceSnapshot): ServiceSnapshot {
  if (typeof read.record !== 'string' && !isFinal(read.record)) return read;
  const [biggest] = Object.entries(read.asked).sort((a, b) => b[1] - a[1]);
  if (biggest === undefined) return read;
  const split = { [biggest[0]]: 100 };
  return { ...read, asked: split, served: split };
}

function alwaysSettled(read: ServiceSnapshot): ServiceSnapshot {
  return { ...read, served: read.asked, observed: true };
}

function corruptIsNone(read: ServiceSnapshot): ServiceSnapshot {
  return read.record === 'unreadable' ? { ...read, record: 'none' } : read;
}

function measuring(ports: Ports, change: (seen: Observation) => Observation): Ports {
  const { metrics } = ports;
  return {
    ...ports,
    metrics: {
      ...metrics,
      observe: async (query, signal) => change(await metrics.observe(query, signal)),
    },
  };
}

function fine(requests: number): Cell {
  return { requests, errors: 0, clientErrors: 0, latency: null, memory: null };
}

/** What is not there is as good as can be, and split as the first stage asks. */
function absentIsFine(seen: Observation): Observation {
  const rows = Math.max(0, Math.floor((seen.to - seen.from) / MINUTE));
  const none = Array.from({ length: rows }, (_, i): Minute => {
    return { start: seen.from + i * MINUTE, canary: null, baseline: null };
  });
  const minutes = seen.minutes.length > 0 ? seen.minutes : none;
  return {
    ...seen,
    minutes: minutes.map(({ start, canary, baseline }) => ({
      start,
      canary: canary ?? fine(Math.round((baseline?.requests ?? 900) / 9)),
      baseline: baseline ?? fine(900),
    })),
  };
}

/** Points that no number could be read from count as requests without an error. */
function nanIsFine(seen: Observation): Observation {
  return seen.complete ? seen : { ...absentIsFine(seen), complete: true };
}

/** Data that have yet to arrive are taken for the whole window. */
function withoutIngest(goal: Drive): Drive {
  return { ...goal, timing: { ...goal.timing, ingestDelay: 0 } };
}

function withoutBake(goal: Drive): Drive {
  const { plan } = goal;
  if (plan === null) return goal;
  const [first, ...rest] = plan.stages;
  const stages = [{ ...first, bake: 0 }, ...rest.map((stage) => ({ ...stage, bake: 0 }))] as const;
  return { ...goal, plan: { ...plan, stages } };
}

/** What no open rollout speaks of is never found: neither the revision nor, as it names it, the tag. */
function withoutWitness(ports: Ports): Ports {
  const { revisions } = ports;
  let known = '';
  return {
    ...seeing(ports, (read) => {
      known = typeof read.record === 'string' ? '' : read.record.canary;
      return { ...read, tags: read.tags.filter(({ revision }) => revision === known) };
    }),
    revisions: {
      ...revisions,
      state: async (name) =>
        name === known ? revisions.state(name) : { health: 'gone', digest: null },
    },
  };
}
