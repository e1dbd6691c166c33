/** What the first write would come to: nothing new, or what Cloud Run says of it in a dry run. */
import { startDraft } from '../core/rollout/drafts.ts';
import { isSameImage } from '../core/rollout/start-checks.ts';
import { soleRevision } from '../core/rollout/traffic.ts';
import type { Caller } from '../core/decision-types.ts';
import type { Acceptance } from '../core/forecast/forecast-types.ts';
import type { MetricTiming } from '../core/judging-types.ts';
import type { Plan, ServiceSnapshot } from '../core/types.ts';
import type { Ports } from './loop.ts';
import type { Foresight } from './ports.ts';

/** The first write as it would be sent now; a split that nobody understands has a finding of its own. */
export async function rehearsed(
  {
    foresight,
    caller,
  }: {
    readonly foresight: Pick<Foresight, 'rehearse'>;
    readonly caller: Caller;
  },
  start: {
    readonly service: ServiceSnapshot;
    readonly plan: Plan;
    readonly timing: MetricTiming;
    /** Of a revision that is brought. */
    readonly digest: string | null;
  },
): Promise<Acceptance> {
  const { service, ...drive } = start;
  const stable = soleRevision(service.asked);
  if (stable === null) return { kind: 'untried', why: 'the traffic is split' };
  const first = startDraft(service, caller, { ...drive, stable });
  // Of two revisions the stable one's copy was taken once; what the canary comes to is the question.
  const canary = { ...first, clone: null, changedAt: [first.at] };
  return foresight.rehearse(service, canary, drive.plan);
}

/** Only the same template as a whole is nothing to do: other settings of the same image are a change. */
export async function servesAlready(
  ports: Ports,
  facts: { readonly service: ServiceSnapshot; readonly plan: Plan; readonly differs: boolean },
): Promise<boolean> {
  const { service, differs } = facts;
  const { change, brings } = facts.plan;
  // A revision that is brought and has all traffic already has a finding.
  if (brings !== undefined) return false;
  const stable = soleRevision(service.asked);
  // Otherwise the template in force is that of another revision, and nobody knows what it would change.
  if (stable === null || differs || service.latestCreated !== stable) return false;
  if (change.image === null) return true;
  if (!change.image.includes('@sha256:')) return false;
  const { digest } = await ports.revisions.state(stable);
  return isSameImage(change, digest);
}

/** Notices; what makes it impossible is thrown. Until an abandoned rollout is ended nobody can tell. */
export async function canClone(
  ports: Ports,
  service: ServiceSnapshot,
  { baseline }: Plan,
): Promise<readonly string[]> {
  const stable = soleRevision(service.asked);
  if (baseline !== 'fresh' || stable === null) return [];
  await ports.cloudRun.copy(service, stable);
  const missing = await ports.revisions.missingPermissions(['run.revisions.delete']);
  return missing.map(
    (permission) =>
      `${permission} is missing on the service, so the clone that baseline: fresh makes is not deleted in the end. It has no traffic then, and costs nothing. Grant roles/run.developer to the principal of this job to have it deleted.`,
  );
}
