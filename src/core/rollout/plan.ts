/**
 * The plan of a rollout ⇄ the text of one annotation, frozen at the start. Later commands find it
 * there, so nobody repeats stages in every job, and no old stage is looked up in a new list.
 */
import { checksum } from '../checksum.ts';
import { USUAL_MAX_MEMORY } from '../judge/memory-guard.ts';
import type { Goal } from '../decision-types.ts';
import type { Judging } from '../judging-types.ts';
import type { TemplateChange } from '../template-types.ts';
import type { Smoke } from '../smoke-types.ts';
import type { Plan, ServiceSnapshot } from '../types.ts';

export const MAX_PLAN_BYTES = 8192;

export function writePlan(plan: Omit<Plan, 'hash'>): string {
  const {
    hash: _,
    change,
    baseline,
    minInstances,
    judging,
    ...rest
  }: Omit<Plan, 'hash'> & Partial<Plan> = plan;
  return canonical({
    ...rest,
    change: frozenChange(change),
    judging: frozenJudging(judging),
    // As usual they say nothing, so that the text is the one that earlier versions froze.
    ...(baseline === 'stable' ? {} : { baseline }),
    ...(minInstances === null ? {} : { minInstances }),
  });
}

/**
 * Only the start needs the edits, and they hold the values of environment variables: what is frozen
 * of them is a checksum, so that another change is another plan. Without any the text is the one
 * that earlier versions froze.
 */
function frozenChange({ image, edits }: TemplateChange) {
  return edits.length === 0 ? { image } : { image, edits: checksum(canonical(edits)) };
}

/** As usual it says nothing, so that the text is the one that earlier versions froze. */
function frozenJudging({ maxMemory, ...rest }: Judging): Omit<Judging, 'maxMemory'> {
  return { ...rest, ...(maxMemory === USUAL_MAX_MEMORY ? {} : { maxMemory }) };
}

/** Keys are sorted, so that the order in which somebody names them means nothing. */
function canonical(meaning: object): string {
  return JSON.stringify(meaning, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

export function planHash(plan: Omit<Plan, 'hash'>): string {
  return checksum(writePlan(plan));
}

/** null: not a text that `writePlan` has written for this hash. */
export function readPlan(text: string | undefined, hash: string): Plan | null {
  if (text === undefined || text.length > MAX_PLAN_BYTES || checksum(text) !== hash) return null;
  const plan = parse(text);
  if (!isPlan(plan)) return null;
  const change = { image: plan.change.image, edits: [], originLabels: [] };
  const smoke = isObject(plan.smoke) ? smokeOf(plan.smoke) : null;
  return { ...EXTRAS, ...plan, change, smoke, judging: { ...LATER, ...plan.judging }, hash };
}

/** Settings that plans frozen by an earlier version do not have, as that version judged. */
const LATER = {
  confidence: 'normal',
  onInconclusive: 'promote',
  warmUp: 3,
  maxMemory: USUAL_MAX_MEMORY,
} as const;

const EXTRAS = { baseline: 'stable', minInstances: null } as const;

/** What earlier versions froze: one path, asked once. */
type EarlierSmoke = Pick<Smoke, 'statuses' | 'revisionHeader'> & { readonly path: string };

function smokeOf(frozen: Smoke | EarlierSmoke): Smoke {
  if ('lines' in frozen) return frozen;
  const { path, ...rest } = frozen;
  return { lines: [{ method: 'GET', path, statuses: null }], ...rest, ...ONE_PROBE };
}

const ONE_PROBE = {
  body: null,
  probes: 1,
  rate: 1,
  auth: 'none',
  audience: null,
  warmUp: 0,
} as const;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

type FrozenPlan = Omit<Plan, 'hash' | 'change' | 'smoke'> & {
  readonly change: Pick<TemplateChange, 'image'>;
  readonly smoke: Smoke | EarlierSmoke | null;
};

/** The hash vouches for what is inside; this only keeps a stranger's text of the same hash out. */
function isPlan(value: unknown): value is FrozenPlan {
  return (
    isObject(value) &&
    hasImage(value) &&
    ['tag', 'stages', 'judging', 'deployTimeout', 'noDataTimeout', 'holdFor'].every((key) =>
      Object.hasOwn(value, key),
    )
  );
}

function hasImage(value: object): boolean {
  const change: unknown = Reflect.get(value, 'change');
  const image: unknown = isObject(change) ? Reflect.get(change, 'image') : undefined;
  return image === null || typeof image === 'string';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The plan a drive follows: its own, or the frozen one. null: it is not there any more. */
export function planFor(
  goal: Extract<Goal, { kind: 'drive' }>,
  service: ServiceSnapshot,
): Plan | null {
  return goal.plan ?? service.plan;
}
