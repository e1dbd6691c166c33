/** The first revision of a service: read → decide → do one thing → read again, without a record. */
import { isPassing, Problem, ServiceMissing } from '../core/problem.ts';
import { entranceFindings } from '../core/rollout/entrance.ts';
import { decideFirst, firstDoom } from '../core/rollout/first.ts';
import type { FirstDecision, FirstMemory } from '../core/rollout/first.ts';
import { EMPTY_MEMORY } from '../core/rollout/memory.ts';
import type { Caller } from '../core/decision-types.ts';
import type { Instant, Millis, Plan, ServiceSnapshot } from '../core/types.ts';
import type { Ending, Observer, Ports } from './loop.ts';
import { FirstRefusal, noService } from './first-refusal.ts';
import type { FirstAnswer, FirstDeploys } from './ports.ts';
import { Refusal } from './preflight.ts';

export type FirstErrand = {
  readonly ports: Ports & { readonly firsts: FirstDeploys };
  readonly caller: Caller;
  /** On a machine of GitHub's. */
  readonly isHosted: boolean;
  readonly cancel: AbortSignal;
  readonly observer: Pick<Observer, 'remark'>;
};

const PAUSE: Millis = 2_000;
const MOST_TRIES = 20;
/** A service that was made is there for everyone some time later. */
const OUTAGE: Millis = 120_000;

/**
 * null: the service has a revision that works, so a canary can be compared with it.
 * @throws Problem when it cannot be found out, or Cloud Run refuses the write.
 */
export async function deployFirst(errand: FirstErrand, plan: Plan): Promise<Ending | null> {
  const { caller, cancel, observer } = errand;
  const { clock } = errand.ports;
  let memory: FirstMemory = NOTHING_YET;
  let since = clock.monotonic();
  let tries = 0;
  let said = '';
  for (;;) {
    const service = await readOn(errand, memory.sent);
    const waited = clock.monotonic() - since;
    memory = { ...memory, cancelled: cancel.aborted, waited };
    const decision = decideFirst({ service, caller, plan, memory });
    if (!memory.sent && WRITES.includes(decision.do)) refuseShut(errand, { service, plan });
    const line = lineOf(decision, service);
    if (line !== '' && line !== said) observer.remark(line);
    said = line;
    if (decision.do === 'canary') return null;
    if (decision.do === 'stop') {
      const { outcome, why } = decision;
      if (service === null) throw withoutService(outcome, why);
      return { outcome, why, service, memory: { ...EMPTY_MEMORY, doom: firstDoom(decision) } };
    }
    if (decision.do === 'deploy' && ++tries > MOST_TRIES) throw tooOften();
    memory = await act(errand, { decision, service, plan, memory });
    if (decision.do === 'deploy') since = clock.monotonic();
  }
}

/** The proof of the fence may be one, too. */
const WRITES: readonly FirstDecision['do'][] = ['prove-fence', 'deploy'];

/** @throws Refusal where this runner could not prove what it is about to deploy; Problem where that cannot be made. */
export function refuseShut(
  { ports, isHosted }: Pick<FirstErrand, 'ports' | 'isHosted'>,
  { service, plan }: { readonly service: ServiceSnapshot | null; readonly plan: Plan },
): void {
  const entrance = ports.firsts.entrance(service, plan.change);
  const findings = entranceFindings({ entrance }, plan, isHosted);
  if (findings.length > 0) throw new Refusal(findings, service);
}

const NOTHING_YET: FirstMemory = {
  cancelled: false,
  sent: false,
  fence: 'unproved',
  waited: 0,
  probe: null,
};

type Acting = {
  readonly decision: Exclude<FirstDecision, { do: 'stop' | 'canary' }>;
  readonly service: ServiceSnapshot | null;
  readonly plan: Plan;
  readonly memory: FirstMemory;
};

async function act(errand: FirstErrand, acting: Acting): Promise<FirstMemory> {
  const { ports, cancel, observer } = errand;
  const { decision, service, plan, memory } = acting;
  switch (decision.do) {
    case 'wait':
      await ports.clock.sleep(PAUSE, cancel);
      return memory;
    case 'prove-fence': {
      const proved = service !== null && (await ports.cloudRun.proveFence(service));
      return { ...memory, fence: proved ? 'proved' : 'absent' };
    }
    case 'deploy': {
      const answer = await ports.firsts.deploy(service, decision.first, plan.change);
      if (answer.kind === 'refused') throw refusedFirst(service, answer);
      if (answer.kind === 'read-again') {
        observer.remark(`The write is read again: ${answer.why}`);
        await ports.clock.sleep(PAUSE, cancel);
      }
      return { ...memory, sent: true };
    }
    case 'probe':
      return { ...memory, probe: await probe(errand, plan, decision) };
  }
}

/** A service that is not there is known by the time at which Cloud Run said no. */
function refusedFirst(
  service: ServiceSnapshot | null,
  { problem, at }: Extract<FirstAnswer, { kind: 'refused' }>,
): FirstRefusal {
  return new FirstRefusal(problem, service ?? (at === null ? null : noService(at)));
}

async function probe(
  { ports, cancel, observer }: FirstErrand,
  { smoke }: Plan,
  { url, revision }: Extract<FirstDecision, { do: 'probe' }>,
): Promise<FirstMemory['probe']> {
  if (smoke === null) return null;
  const result = await ports.prober.probe({ url, serviceUrl: url, revision, smoke }, cancel);
  observer.remark(result.why);
  // A probe that was cut short has found nothing out.
  if (cancel.aborted) return null;
  const isShut = !result.ok && (result.status === 401 || result.status === 403);
  return isShut ? { ok: true, why: SHUT } : { ok: result.ok, why: result.why };
}

/** A new service is private, and whom to let in is not for a deployment to say. */
const SHUT =
  'Its smoke probe was turned away (401 or 403), as every new service does it: who may call it has not been said yet. So nothing is known of its answers.';

type Read = {
  /** null: there is none. */
  readonly service: ServiceSnapshot | null;
  /** null: not known. */
  readonly at: Instant | null;
};

/** @throws Problem when nobody can tell. */
export async function readOrNone({ cloudRun }: Pick<Ports, 'cloudRun'>): Promise<Read> {
  try {
    const service = await cloudRun.read();
    return { service, at: service.readAt };
  } catch (error) {
    if (error instanceof ServiceMissing) return { service: null, at: error.at };
    throw error;
  }
}

/** null: there is none; after a write that may yet arrive, for good. */
async function readOn(errand: FirstErrand, sent: boolean): Promise<ServiceSnapshot | null> {
  const { clock } = errand.ports;
  const end = clock.monotonic() + (sent ? OUTAGE : 0);
  for (;;) {
    try {
      return (await readOrNone(errand.ports)).service;
    } catch (error) {
      if (!isPassing(error) || clock.monotonic() >= end || errand.cancel.aborted) throw error;
      errand.observer.remark(`${error.summary} Reading again.`);
      await clock.sleep(PAUSE, errand.cancel);
    }
  }
}

function lineOf(decision: FirstDecision, service: ServiceSnapshot | null): string {
  switch (decision.do) {
    case 'deploy': {
      const { revision } = decision.first;
      return service === null
        ? `There is no such service: making it with ${revision}, which gets all traffic.`
        : `No revision has ever been ready: deploying ${revision}, which gets all traffic.`;
    }
    case 'wait':
      return `Waiting: ${decision.why}.`;
    case 'stop':
      return [decision.why, firstDoom(decision)?.why ?? ''].join(' ').trim();
    case 'prove-fence':
      return 'Checking that the service refuses a stale write.';
    case 'probe':
    case 'canary':
      return '';
  }
}

/** There is nothing to report about. */
function withoutService(outcome: string, summary: string): Problem {
  return new Problem(outcome === 'refused' ? 'bad-input' : 'ended', { summary, advice: '' });
}

function tooOften(): Problem {
  return new Problem('conflicts', {
    summary: `Cloud Run did not take the first deployment after ${MOST_TRIES} tries.`,
    advice: 'Look at the service in the console, then re-run the job.',
  });
}
