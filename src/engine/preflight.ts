/** Everything that can be found out before anything is changed, said in one message. */
import { grantOnAccount, grantOnService } from '../core/doctor/commands.ts';
import { lookAlikes } from '../core/doctor/look-alikes.ts';
import { findingText, findingsOf, Problem } from '../core/problem.ts';
import type { Finding } from '../core/problem.ts';
import { entranceFindings, entranceNotices } from '../core/rollout/entrance.ts';
import {
  accountOf,
  isFreshStart,
  stageNotices,
  startFindings,
} from '../core/rollout/start-checks.ts';
import { isOnlyStarting } from '../core/rollout/brought.ts';
import { soleRevision } from '../core/rollout/traffic.ts';
import type { Acceptance } from '../core/forecast/forecast-types.ts';
import type { RevisionState } from '../core/decision-types.ts';
import type { MetricTiming } from '../core/judging-types.ts';
import type { Millis, Plan, ServiceRef, ServiceSnapshot } from '../core/types.ts';
import { USUAL_TIMING } from '../core/usual-timing.ts';
import type { Errand, Ports } from './loop.ts';
import type { Doctor, Foresight } from './ports.ts';
import { canClone, rehearsed, servesAlready } from './rehearsal.ts';

/** What the principal needs on the service itself. */
const PERMISSIONS = ['run.services.get', 'run.services.update', 'run.revisions.get'] as const;

const SETTLE_PAUSE: Millis = 2_000;
const SETTLE_TRIES = 30;

export type Preflight = {
  readonly timing: MetricTiming;
  readonly notices: readonly string[];
  readonly service: ServiceSnapshot;
  /** The very same template serves already: there is nothing to do. */
  readonly unchanged: boolean;
  /** Whether Cloud Run would take the first write; null: this run would not begin with it. */
  readonly acceptance: Acceptance | null;
};

export type Checking = Pick<Errand, 'caller' | 'ports' | 'cancel'> & {
  readonly foresight: Pick<Foresight, 'rehearse'>;
  /** On a machine of GitHub's. */
  readonly isHosted: boolean;
  readonly ref: ServiceRef;
  readonly doctor: Doctor;
};

/** A start that is refused before anything was changed. */
export class Refusal extends Problem {
  /** As it was read; null: it could not be. */
  readonly service: ServiceSnapshot | null;

  constructor(findings: readonly Finding[], service: ServiceSnapshot | null) {
    super('preflight', {
      summary: 'The rollout cannot start. Nothing was changed.',
      findings,
      advice: '',
    });
    this.service = service;
  }
}

/** @throws Refusal with every finding; Problem `service-missing` and the like as they are. */
export async function preflight(plan: Plan, checking: Checking): Promise<Preflight> {
  const { ports, caller, cancel, isHosted, ref } = checking;
  const read = await gather(() => readSettled(plan, checking));
  const permissions = await gather(() => ports.revisions.missingPermissions(PERMISSIONS));
  const timing = await gather(() => ports.metrics.timing());
  const service = read.value;
  if (service !== null) await checking.doctor.checkLog(service.readAt, cancel);
  const readable = await gather(() =>
    canReadMetrics(ports, { service, timing: timing.value }, cancel),
  );
  const fresh = service !== null && isFreshStart(service, caller);
  const change = await gather(async () => fresh && ports.cloudRun.differs(service, plan.change));
  const clone = await gather(async () => (fresh ? canClone(ports, service, plan) : []));
  const hints = fresh ? await hintsOf(checking, service, plan) : [];
  const brought = await gather(async () => (fresh ? stateOf(plan.brings, ports) : null));
  const others = withoutRepeats([
    ...(await withLookAlikes(checking, read.findings)),
    ...(permissions.value ?? []).map((permission) => missingPermission(permission, ref)),
    ...permissions.findings,
    ...timing.findings,
    ...readable.findings,
    ...brought.findings,
    ...(fresh ? startFindings(service, plan, brought.value) : []),
    ...(fresh ? entranceFindings(service, plan, isHosted) : []),
    ...change.findings,
    ...clone.findings,
  ]);
  const unchanged =
    fresh &&
    others.length === 0 &&
    (await servesAlready(ports, { service, plan, differs: change.value === true }));
  const measured = timing.value ?? { ...USUAL_TIMING, notice: null };
  const mayWrite = !(permissions.value ?? []).includes('run.services.update');
  const rehearsal = await gather(async () =>
    fresh && !unchanged && mayWrite
      ? rehearsed(checking, {
          service,
          plan,
          timing: measured,
          digest: brought.value?.digest ?? null,
        })
      : null,
  );
  const findings = withoutRepeats([...others, ...rehearsal.findings]);
  if (service === null || (fresh && findings.length > 0)) {
    throw new Refusal([...findings, ...hints], service);
  }
  const { notice, ...usual } = measured;
  return {
    timing: usual,
    // What is open already is not left alone because something else is down.
    notices: [
      ...[...findings, ...hints].map(findingText),
      ...(notice === null ? [] : [notice]),
      ...unreadyNotices(service),
      ...entranceNotices(service, plan, isHosted),
      ...stageNotices(plan, usual),
      ...(clone.value ?? []),
    ],
    service,
    unchanged,
    acceptance: rehearsal.value,
  };
}

/** The last canary that failed must not keep the next one out: its traffic is served all the same. */
function unreadyNotices({ ready }: ServiceSnapshot): readonly string[] {
  return typeof ready === 'object'
    ? [`The service is not ready, but its traffic is served. Cloud Run says: ${ready.failed}`]
    : [];
}

type Gathered<T> = { readonly value: T | null; readonly findings: readonly Finding[] };

/** A Problem becomes a finding, so that the next check still runs. */
async function gather<T>(check: () => Promise<T>): Promise<Gathered<T>> {
  try {
    return { value: await check(), findings: [] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { value: null, findings: findingsOf(error) };
  }
}

/** A mistyped name is recognised by those that are there, if they may be listed. */
async function withLookAlikes(
  { doctor, ref }: Checking,
  findings: readonly Finding[],
): Promise<readonly Finding[]> {
  if (!findings.some(({ subject }) => subject === 'service-missing')) return findings;
  const { value } = await gather(() => doctor.neighbours());
  const names = lookAlikes(ref.service, value ?? []);
  if (names.length === 0) return findings;
  return findings.map((finding) => ({
    ...finding,
    advice: `Did you mean ${names.join(' or ')}? ${finding.advice}`,
  }));
}

/**
 * Said along with what is wrong for certain, but no reason to refuse by itself: the method that is
 * asked is not meant for that, and the first write is refused before it changes anything.
 */
async function hintsOf(
  { doctor }: Checking,
  service: ServiceSnapshot,
  { brings, change }: Plan,
): Promise<readonly Finding[]> {
  // Only a revision that is made runs as somebody.
  const account = brings === undefined ? accountOf(service, change) : '';
  if (account === '' || (await doctor.mayActAs(account)) !== false) return [];
  return [
    {
      subject: 'permission',
      value: 'iam.serviceAccounts.actAs',
      wrong: `seems to be missing on ${account}, which the service runs as`,
      advice: 'Grant roles/iam.serviceAccountUser on it to the principal of this job.',
      command: grantOnAccount('roles/iam.serviceAccountUser', account),
    },
  ];
}

/** Somebody's change may still be settling; a moment's patience saves a re-run. */
async function readSettled(
  { brings }: Plan,
  { ports, caller, cancel }: Checking,
): Promise<ServiceSnapshot> {
  let service = await ports.cloudRun.read();
  for (let tries = 0; tries < SETTLE_TRIES && !cancel.aborted; tries += 1) {
    const unsettled = service.ready === 'pending' || !service.observed;
    if (!unsettled || !isFreshStart(service, caller) || isOnlyStarting(service, brings)) break;
    await ports.clock.sleep(SETTLE_PAUSE, cancel);
    service = await ports.cloudRun.read();
  }
  return service;
}

/** null: the start makes its own. */
async function stateOf(brings: string | undefined, ports: Ports): Promise<RevisionState | null> {
  return brings === undefined ? null : ports.revisions.state(brings);
}

/** One look at the stable revision: whether the token may read time series at all. */
async function canReadMetrics(
  ports: Ports,
  facts: { readonly service: ServiceSnapshot | null; readonly timing: MetricTiming | null },
  cancel: AbortSignal,
): Promise<void> {
  const { service, timing } = facts;
  if (service === null || timing === null) return;
  const stable = soleRevision(service.asked) ?? service.latestReady;
  const to = service.readAt - timing.ingestDelay;
  const from = to - 2 * timing.samplePeriod;
  const { samplePeriod } = timing;
  const sides = { canary: stable, baseline: stable, stable };
  const query = { ...sides, from, to, now: service.readAt, samplePeriod, history: null };
  await ports.metrics.observe({ ...query, readsMemory: false }, cancel);
}

/** One cause, such as a token that is refused, can stop several checks. */
function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [findingText(finding), finding])).values()];
}

function missingPermission(permission: string, ref: ServiceRef): Finding {
  return {
    subject: 'permission',
    value: permission,
    wrong: 'is missing on the service',
    advice: 'Grant roles/run.developer, or a custom role with it, to the principal of this job.',
    command: grantOnService('roles/run.developer', ref),
  };
}
