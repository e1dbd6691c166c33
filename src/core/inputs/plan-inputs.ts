/** From inputs to the plan of a rollout. */
import { planHash } from '../rollout/plan.ts';
import type { InputReader } from './input-reader.ts';
import type { InputName } from './input-table.ts';
import { parseRevision, parseTag } from './names.ts';
import { readSmoke } from './smoke-inputs.ts';
import { parseStages } from './stages.ts';
import { readJudging } from './judging-inputs.ts';
import { readChange } from './template-inputs.ts';
import type { ChangeContext } from './template-inputs.ts';
import type { Millis, Plan } from '../types.ts';
import { parseBoolean, parseCount, parseDuration, parseWord } from './units.ts';

const SECOND: Millis = 1000;
const HOUR: Millis = 60 * 60 * SECOND;
const DAY: Millis = 24 * HOUR;

const NO_DATA = ['hold', 'rollback'] as const;
const BASELINES = ['stable', 'fresh'] as const;
/** More is no service's share of a canary; the platform has a limit of its own. */
const MIN_INSTANCES = { least: 1, most: 1_000 };
const CANCEL = ['rollback', 'hold'] as const;

export type PlanContext = ChangeContext & {
  /** For runs that name no tag; the same on every re-run. */
  readonly defaultTag: string;
};

/** null: something is missing or refused, and the reader has a finding about it. */
export function readPlan(reader: InputReader, context: PlanContext): Plan | null {
  const change = readChange(reader, context);
  const brings = reader.read('revision', (text) => parseRevision(text, context));
  const tag = readTag(reader, context);
  const stages = reader.read('stages', parseStages);
  const judging = readJudging(reader);
  const onNoData = reader.read('on_no_data', (text) => parseWord(text, NO_DATA));
  const onCancel = reader.read('on_cancel', (text) => parseWord(text, CANCEL));
  const baseline = reader.read('baseline', (text) => parseWord(text, BASELINES));
  const minInstances = reader.read('min_instances_during_rollout', (text) =>
    parseCount(text, MIN_INSTANCES),
  );
  if (brings !== null && baseline === 'fresh') {
    reader.refuse('baseline', {
      value: 'fresh',
      wrong: 'cannot be made beside a revision that is there already',
      advice:
        'Write `baseline: stable`, or let the rollout make its canary: `image` instead of `revision`.',
    });
  }
  const noDataTimeout = readWait(reader, 'no_data_timeout', 7 * DAY);
  const deployTimeout = readWait(reader, 'deploy_timeout', HOUR);
  const holdFor = readWait(reader, 'hold_for', 30 * DAY);
  const smoke = readSmoke(reader);
  const allowUnfenced = reader.read('allow_unfenced', parseBoolean);
  const keepTag = reader.read('keep_tag', parseBoolean) === true;
  if (
    reader.findings().length > 0 ||
    change === null ||
    tag === null ||
    stages === null ||
    onNoData === null ||
    onCancel === null ||
    baseline === null ||
    noDataTimeout === null ||
    deployTimeout === null ||
    holdFor === null ||
    allowUnfenced === null
  ) {
    return null;
  }
  const meaning = { change, tag, stages, judging, smoke, onNoData, noDataTimeout };
  // Left out where they are not asked for: an earlier version froze no such words.
  const own = { ...(brings === null ? {} : { brings }), ...(keepTag ? { keepTag } : {}) };
  const beside = { baseline, minInstances, ...own };
  const plan = { ...meaning, ...beside, deployTimeout, holdFor, onCancel, allowUnfenced };
  return { ...plan, hash: planHash(plan) };
}

function readTag(reader: InputReader, context: PlanContext): string | null {
  const parse = (text: string) => parseTag(text, context.service);
  if (reader.isGiven('tag')) return reader.read('tag', parse);
  const parsed = parse(context.defaultTag);
  if (parsed.ok) return parsed.value;
  for (const fault of parsed.faults) reader.refuse('tag', fault);
  return null;
}

function readWait(reader: InputReader, name: InputName, most: Millis): Millis | null {
  return reader.read(name, (text) => parseDuration(text, { least: SECOND, most, kind: 'wait' }));
}
