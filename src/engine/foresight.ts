/** Gathers what a forecast is made of. Whatever cannot be read is left out of it and stops nothing. */
import { forecastOf } from '../core/forecast/forecast.ts';
import type { Acceptance, Commits, ConfigDiff, Forecast } from '../core/forecast/forecast-types.ts';
import { trafficNow } from '../core/forecast/requests.ts';
import type { TrafficPast } from '../core/forecast/requests.ts';
import { Problem } from '../core/problem.ts';
import { openRecord } from '../core/rollout/drafts.ts';
import { digestOf, soleRevision } from '../core/rollout/traffic.ts';
import type { Caller } from '../core/decision-types.ts';
import type { MetricTiming } from '../core/judging-types.ts';
import type { Instant, Percent, Plan, ServiceSnapshot } from '../core/types.ts';
import type { Ports } from './loop.ts';
import type { Foresight } from './ports.ts';
import { recentPast } from './recent-past.ts';

/** An hour on Cloud Run, and a week. */
const PERIODS_AN_HOUR = 60;
const HOURS = 7 * 24;
const COMMIT = /^[0-9a-f]{40}$/;

export type Foreseen = {
  readonly plan: Plan;
  readonly timing: MetricTiming;
  readonly until: Percent;
  readonly caller: Caller;
  readonly service: ServiceSnapshot;
  readonly acceptance: Acceptance;
};

type World = {
  readonly ports: Pick<Ports, 'revisions'>;
  readonly foresight: Foresight;
  readonly cancel: AbortSignal;
};

export async function foresee(asked: Foreseen, world: World): Promise<Forecast> {
  const { plan, timing, until, service, acceptance } = asked;
  const { samplePeriod, ingestDelay } = timing;
  const data = { until: service.readAt - ingestDelay, samplePeriod };
  const stable = stableOf(service);
  const history = await recentPast(service, data, world);
  const diff = await unlessProblem(() => world.foresight.changes(service, stable, plan));
  return forecastOf({
    drive: { plan, timing },
    until,
    at: service.readAt,
    past: await hoursBefore(data, world),
    now: trafficNow(history, data),
    history,
    acceptance,
    changes: diff === null ? null : await withDigest(diff, stable, world),
    commits: await commitsSince(diff, asked, world),
  });
}

/** An abandoned rollout is ended before anything is started. */
function stableOf(service: ServiceSnapshot): string {
  return openRecord(service)?.stable ?? soleRevision(service.asked) ?? service.latestReady;
}

async function hoursBefore(
  data: { readonly until: Instant; readonly samplePeriod: number },
  { foresight, cancel }: World,
): Promise<TrafficPast | null> {
  const hour = PERIODS_AN_HOUR * data.samplePeriod;
  const to = Math.floor(data.until / hour) * hour;
  return unlessProblem(() => foresight.traffic({ hour, from: to - HOURS * hour, to }, cancel));
}

/** Behind a tag only Cloud Run knows what was served. */
async function withDigest(
  { changes }: ConfigDiff,
  stable: string,
  { ports }: World,
): Promise<ConfigDiff['changes']> {
  const image = changes.find(({ what, name }) => what === 'image' && name === '');
  if (image === undefined || image.from === null || digestOf(image.from) !== null) return changes;
  const state = await unlessProblem(() => ports.revisions.state(stable));
  const digest = digestOf(state?.digest ?? '');
  if (digest === null) return changes;
  const from = `${image.from}@${digest}`;
  return changes.map((change) => (change === image ? { ...image, from } : change));
}

async function commitsSince(
  diff: ConfigDiff | null,
  asked: Pick<Foreseen, 'caller' | 'plan'>,
  { foresight }: World,
): Promise<Commits | null> {
  const base = diff?.base ?? '';
  // Who brings a revision may run on another commit than it was made from.
  const isBrought = asked.plan.brings !== undefined;
  const head = (isBrought ? diff?.head : asked.caller.commit) ?? '';
  const areTwo = COMMIT.test(base) && COMMIT.test(head) && base !== head;
  return areTwo ? foresight.commits(base, head) : null;
}

async function unlessProblem<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return null;
  }
}
