/**
 * Eight rollouts as a report tells of them, with numbers as a real service has them. Each is made as
 * the action makes it: the judge judges the minutes, and the report is drawn from the record.
 */
import { Problem } from '../src/core/problem.ts';
import { reportOf } from '../src/core/report/report-facts.ts';
import type { ReportContext, Told } from '../src/core/report/report-facts.ts';
import type { Report } from '../src/core/report/report-model.ts';
import { endingText } from '../src/core/rollout/answers.ts';
import type { Outcome } from '../src/core/decision-types.ts';
import type { Judgement } from '../src/core/judging-types.ts';
import type { Plan, RolloutRecord, ServiceSnapshot, Split, Stage } from '../src/core/types.ts';
import { FORECAST, COMMIT } from './report-forecast.ts';
import { CHANGES, JUDGING, STARTED, watched } from './report-minutes.ts';
import {
  MINUTE,
  TIMING,
  aCaller,
  aChange,
  aDrive,
  aMemory,
  aPlan,
  aRecord,
  aService,
  aStage,
} from './unit/build.ts';

export type SituationName =
  | 'running'
  | 'promoted'
  | 'restored on errors'
  | 'restored on latency'
  | 'no data, held'
  | 'manual gate'
  | 'released to an outsider'
  | 'refused plan';

export const STABLE_REVISION = 'checkout-00041-kib';
export const CANARY_REVISION = 'checkout-c8y7innm-1';

const REF = { project: 'shop-prod', region: 'europe-west1', service: 'checkout' };
const IMAGE = `europe-west1-docker.pkg.dev/shop-prod/apps/checkout@sha256:${'4f1d9c07b2a8e635'.repeat(4)}`;
const RUN = 'https://github.com/octo-shop/checkout/actions/runs/19482736450';

function stageOf(percent: number): Stage {
  return { percent, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false };
}

const PLAN: Plan = aPlan({
  change: aChange({ image: IMAGE }),
  tag: 'c-8y7innm',
  stages: [stageOf(5), stageOf(20), stageOf(50)],
  judging: JUDGING,
});

const FIVE = watched({ stage: 1, percent: 5, minutes: 10 });
const TWENTY = watched({ stage: 2, percent: 20, minutes: 10 });
const FIFTY = watched({ stage: 3, percent: 50, minutes: 10 });
const SO_FAR = watched({ stage: 2, percent: 20, minutes: 6, without: [3] });
const BROKEN = watched({ stage: 2, percent: 20, minutes: 6, canary: { errors: 0.021 } });
const SLOW = watched({ stage: 2, percent: 20, minutes: 8, canary: { slower: 1.45 } });
const SILENT = watched({ stage: 1, percent: 5, minutes: 10, requests: 24, without: [2, 3, 7] });

const CONTEXT: ReportContext = {
  ref: REF,
  caller: aCaller({ revision: CANARY_REVISION, commit: COMMIT, runUrl: RUN }),
  goal: aDrive({ plan: PLAN, timing: TIMING }),
  notices: [],
  forecast: FORECAST,
};

function recordOf(change: Partial<RolloutRecord>): RolloutRecord {
  return aRecord({
    percents: [0, 5, 20, 50, 100],
    stable: STABLE_REVISION,
    canary: CANARY_REVISION,
    image: IMAGE,
    commit: COMMIT,
    runUrl: RUN,
    ...change,
  });
}

function serviceOf(served: Split, change: Partial<ServiceSnapshot>): ServiceSnapshot {
  return aService({
    asked: served,
    latestCreated: CANARY_REVISION,
    latestReady: CANARY_REVISION,
    url: 'https://checkout-4kqx7dzgyq-ew.a.run.app',
    tags: [
      {
        tag: 'c-8y7innm',
        revision: CANARY_REVISION,
        url: 'https://c-8y7innm---checkout-4kqx7dzgyq-ew.a.run.app',
      },
    ],
    plan: PLAN,
    ...change,
  });
}

type Scene = {
  readonly served: Split;
  readonly record: RolloutRecord;
  readonly judgements: readonly (readonly [number, Judgement])[];
  readonly outcome: Outcome | null;
  /** Of the last read. */
  readonly now: number;
  readonly told?: Partial<Told>;
};

function sceneOf({ served, record, judgements, outcome, now, told = {} }: Scene): Report {
  const [, judgement = null] = judgements.at(-1) ?? [];
  const doom =
    judgement?.verdict === 'fail'
      ? { reason: record.reason, why: judgement.why, rollout: '' }
      : null;
  return reportOf(CONTEXT, {
    service: serviceOf(served, { record, readAt: now }),
    memory: aMemory({ doom, stage: aStage({ index: record.stage, ...STAGE_SEEN }) }),
    ending: outcome === null ? null : { outcome, why: endingText(record) },
    judgements: new Map(judgements),
    outsider: null,
    found: null,
    ...told,
  });
}

const STAGE_SEEN = {
  servedSince: CHANGES[2]! + 8000,
  lookedAt: CHANGES[2]! + 10 * MINUTE,
};

const ALL_STABLE = { [STABLE_REVISION]: 100 };
const AT_TWENTY = { [STABLE_REVISION]: 80, [CANARY_REVISION]: 20 };

function running(): Report {
  return sceneOf({
    served: AT_TWENTY,
    record: recordOf({ stage: 2, at: CHANGES[2]!, changedAt: CHANGES.slice(0, 3) }),
    judgements: [
      [1, FIVE],
      [2, SO_FAR],
    ],
    outcome: null,
    now: CHANGES[2]! + 10 * MINUTE,
  });
}

function promoted(): Report {
  return sceneOf({
    served: { [CANARY_REVISION]: 100 },
    record: recordOf({
      phase: 'promoted',
      stage: 4,
      at: CHANGES[4]!,
      changedAt: CHANGES,
    }),
    judgements: [
      [1, FIVE],
      [2, TWENTY],
      [3, FIFTY],
    ],
    outcome: 'promoted',
    now: CHANGES[4]! + MINUTE / 4,
  });
}

function restored(judgement: Judgement, reason: RolloutRecord['reason'], after: number): Report {
  const at = CHANGES[2]! + after * MINUTE;
  return sceneOf({
    served: ALL_STABLE,
    record: recordOf({
      phase: 'rolled-back',
      reason,
      stage: 2,
      at,
      changedAt: CHANGES.slice(0, 3),
    }),
    judgements: [
      [1, FIVE],
      [2, judgement],
    ],
    outcome: 'rolled-back',
    now: at + MINUTE / 4,
  });
}

function held(): Report {
  const at = CHANGES[1]! + 30 * MINUTE;
  return sceneOf({
    served: { [STABLE_REVISION]: 95, [CANARY_REVISION]: 5 },
    record: recordOf({
      phase: 'held',
      reason: 'unknown-at-deadline',
      stage: 1,
      at,
      due: at + 24 * 60 * MINUTE,
      changedAt: CHANGES.slice(0, 2),
    }),
    judgements: [[1, SILENT]],
    outcome: 'held',
    now: at + MINUTE / 4,
  });
}

function gated(): Report {
  const at = CHANGES[2]! + 15 * MINUTE;
  return sceneOf({
    served: AT_TWENTY,
    record: recordOf({
      phase: 'held',
      reason: 'reached',
      stage: 2,
      at,
      due: at + 24 * 60 * MINUTE,
      changedAt: CHANGES.slice(0, 3),
    }),
    judgements: [
      [1, FIVE],
      [2, TWENTY],
    ],
    outcome: 'held',
    now: at + MINUTE / 4,
  });
}

function released(): Report {
  const at = CHANGES[2]! + 5 * MINUTE;
  return sceneOf({
    served: { [STABLE_REVISION]: 50, [CANARY_REVISION]: 50 },
    record: recordOf({
      phase: 'released',
      reason: 'drift',
      stage: 2,
      at,
      changedAt: CHANGES.slice(0, 3),
    }),
    judgements: [[1, FIVE]],
    outcome: 'released',
    now: at + MINUTE / 4,
    told: { outsider: 'ops@example.com' },
  });
}

function refused(): Report {
  const refusal = new Problem('preflight', {
    summary: 'The rollout cannot start. Nothing was changed.',
    advice: '',
    findings: [
      {
        subject: 'permission',
        value: 'monitoring.timeSeries.list',
        wrong: 'is missing on project shop-prod',
        advice: 'Give the deployer the role roles/monitoring.viewer.',
        command:
          'gcloud projects add-iam-policy-binding shop-prod --member=serviceAccount:deployer@shop-prod.iam.gserviceaccount.com --role=roles/monitoring.viewer',
      },
      {
        subject: 'image',
        value: 'europe-west1-docker.pkg.dev/shop-prod/apps/checkout:v43',
        wrong: 'does not exist',
        advice: 'Push it first, or name another.',
      },
    ],
  });
  return reportOf(
    { ...CONTEXT, forecast: null },
    {
      service: serviceOf(ALL_STABLE, { record: 'none', plan: null, tags: [], readAt: STARTED }),
      memory: aMemory({ drove: false, fence: 'unproved', stage: null }),
      ending: { outcome: 'refused', why: refusal.summary },
      judgements: new Map(),
      outsider: null,
      found: null,
      refusal,
    },
  );
}

export const SITUATIONS: Readonly<Record<SituationName, Report>> = {
  running: running(),
  promoted: promoted(),
  'restored on errors': restored(BROKEN, 'fail:error-rate', 10),
  'restored on latency': restored(SLOW, 'fail:latency', 12),
  'no data, held': held(),
  'manual gate': gated(),
  'released to an outsider': released(),
  'refused plan': refused(),
};
