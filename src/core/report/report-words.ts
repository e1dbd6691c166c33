/** The words for every outcome, reason and state. A missing one does not compile. */
import type { Report, StageReport } from './report-model.ts';
import { standingOf } from './report-standing.ts';
import type { Outcome } from '../decision-types.ts';
import type { Metric, Verdict } from '../judging-types.ts';
import type { Reason } from '../types.ts';

export type Conclusion = 'success' | 'failure' | 'neutral' | 'cancelled';

const METRICS: readonly Metric[] = [
  'error-rate',
  'latency',
  'slow-requests',
  'latency-p50',
  'latency-p95',
  'latency-p99',
  'client-error-rate',
  'memory',
];

type Ordered = Extract<Reason, `ordered:${string}`>;
type Failed = Extract<Reason, `fail:${string}`>;
type SimpleReason = Exclude<Reason, Ordered | Failed>;

type OutcomeWords = {
  readonly word: string;
  /** Said when the report brings no sentence of its own. */
  readonly sentence: string;
  /** null: the reason decides. */
  readonly conclusion: Conclusion | null;
};

export const OUTCOME_WORDS: Readonly<Record<Outcome, OutcomeWords>> = {
  promoted: {
    word: 'Promoted',
    sentence: 'The canary has all traffic.',
    conclusion: 'success',
  },
  'rolled-back': {
    word: 'Restored',
    sentence: 'The stable revision has all traffic again.',
    conclusion: null,
  },
  released: {
    word: 'Released',
    sentence: 'The traffic was left as somebody else set it.',
    conclusion: 'cancelled',
  },
  'start-failed': {
    word: 'Not started',
    sentence: 'The stable revision kept all traffic.',
    conclusion: 'failure',
  },
  deployed: {
    word: 'Deployed, not as a canary',
    sentence: 'The first revision of the service has all traffic.',
    conclusion: 'success',
  },
  'deploy-failed': {
    word: 'Not deployed',
    sentence: 'The service has no revision that works.',
    conclusion: 'failure',
  },
  held: {
    word: 'Held',
    sentence: 'The split stays as it is until a person decides.',
    conclusion: null,
  },
  unchanged: {
    word: 'Nothing to do',
    sentence: 'The service already runs what was asked for.',
    conclusion: 'success',
  },
  planned: {
    word: 'Planned',
    sentence: 'Nothing was changed.',
    conclusion: 'neutral',
  },
  gone: {
    word: 'Gone',
    sentence: 'The service does not exist any more.',
    conclusion: 'failure',
  },
  refused: { word: 'Refused', sentence: 'Nothing was changed.', conclusion: 'failure' },
  busy: {
    word: 'Busy',
    sentence: 'Another rollout is open on this service; nothing was changed.',
    conclusion: 'failure',
  },
  fenced: {
    word: 'Handed over',
    sentence: 'A newer attempt of this run owns the rollout.',
    conclusion: 'neutral',
  },
  'hands-off': {
    word: 'Hands off',
    sentence: 'The rollout record on the service cannot be read; nothing was changed.',
    conclusion: 'failure',
  },
  'nothing-open': {
    word: 'Nothing open',
    sentence: 'There is no rollout to act on.',
    conclusion: 'neutral',
  },
};

/** What was asked for in vain, or is still to come, is not told as what is. */
const UNSERVED_WORDS: ReadonlyMap<Outcome, Pick<OutcomeWords, 'word' | 'sentence'>> = new Map([
  ['promoted', { word: 'Promoting', sentence: 'Asked for, not served yet.' }],
  ['rolled-back', { word: 'Restoring', sentence: 'Asked for, not served yet.' }],
]);

export type ReasonWords = {
  /** Completes "because …". */
  readonly because: string;
  /** For a title. */
  readonly short: string;
};

const REASON_WORDS: Readonly<Record<SimpleReason, ReasonWords>> = {
  started: { because: 'the rollout has begun', short: 'started' },
  taken: { because: 'a later attempt took it over', short: 'taken over' },
  pass: { because: 'every stage passed', short: 'every stage passed' },
  reached: { because: 'it has come to where a person decides', short: 'waiting for a person' },
  watched: { because: 'it is looked at from time to time', short: 'looked at again later' },
  'probe-failed': { because: 'the smoke probe failed', short: 'smoke probe failed' },
  'not-ready': { because: 'the canary did not become ready', short: 'canary not ready' },
  'not-served': {
    because: 'Cloud Run did not serve the split that was asked for',
    short: 'split not served',
  },
  'canary-gone': {
    because: 'the canary was deleted or replaced',
    short: 'canary deleted or replaced',
  },
  'baseline-lost': {
    because: 'there was no fresh baseline to judge it by',
    short: 'no fresh baseline',
  },
  'write-refused': { because: 'Cloud Run refused the next write', short: 'write refused' },
  'unknown-at-deadline': {
    because: 'there were not enough data to judge by in time',
    short: 'not enough data',
  },
  inconclusive: {
    because: 'neither harm nor its absence could be shown',
    short: 'inconclusive',
  },
  cancelled: { because: 'the run was cancelled', short: 'run cancelled' },
  'broke-off': { because: 'the run broke off on an error', short: 'run broke off on an error' },
  drift: { because: 'somebody else changed the traffic', short: 'traffic changed by others' },
  expired: { because: 'nobody was at work on it any more', short: 'abandoned' },
};

const FAILED_WORDS: Readonly<Record<Metric, ReasonWords>> = {
  'error-rate': { because: 'the canary failed more requests than allowed', short: 'too many 5xx' },
  'client-error-rate': {
    because: 'the canary refused more requests (4xx) than allowed',
    short: 'too many 4xx',
  },
  latency: { because: 'the canary was slower than the stable revision', short: 'too slow' },
  'slow-requests': {
    because: 'more requests of the canary were slow than of the stable revision',
    short: 'too many slow requests',
  },
  'latency-p50': tooSlow('p50'),
  'latency-p95': tooSlow('p95'),
  'latency-p99': tooSlow('p99'),
  memory: { because: "the canary's memory grew towards its limit", short: 'memory grows' },
};

export const STATE_WORDS: Readonly<Record<StageReport['state'], string>> = {
  waiting: 'not begun',
  running: 'running',
  passed: 'passed',
  failed: 'failed',
  undecided: 'undecided',
  skipped: 'not reached',
};

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  pass: 'passed',
  fail: 'failed',
  unknown: 'not decided',
};

/** The `by` of an order is foreign text: whoever shows these words escapes them. */
export function reasonWords(reason: Reason): ReasonWords {
  if (isOrdered(reason)) {
    const [, order = '', ...by] = reason.split(':');
    const person = by.join(':');
    return {
      because: `${person} ordered the ${order === 'promote' ? 'promotion' : 'rollback'}`,
      short: `ordered by ${person}`,
    };
  }
  if (isFailed(reason)) {
    return FAILED_WORDS[failedMetric(reason)];
  }
  return REASON_WORDS[reason];
}

/** The word for an ending, and what is said of it: `why` alone where it says enough. */
export function endingWords(
  report: Report,
  outcome: Outcome,
): { readonly word: string; readonly text: string } {
  const { why } = report;
  const unserved = standingOf(report) === 'unserved' ? UNSERVED_WORDS.get(outcome) : undefined;
  if (unserved !== undefined) {
    return { word: unserved.word, text: `${unserved.sentence} ${why}`.trimEnd() };
  }
  const { word, sentence } = OUTCOME_WORDS[outcome];
  return { word, text: why === '' ? sentence : why };
}

/** null: the rollout is not over. Never action_required, which turns the commit red. */
export function conclusionOf(report: Report): Conclusion | null {
  const { outcome, reason } = report;
  if (outcome === null) return null;
  const { conclusion } = OUTCOME_WORDS[outcome];
  const standing = standingOf(report);
  if (conclusion !== null) return standing === 'as-said' ? conclusion : 'failure';
  if (reason === 'cancelled') return 'cancelled';
  // Ordered or not: the step fails, too (rollout/outcome.ts).
  if (standing === 'unserved') return 'failure';
  return outcome === 'held' || (reason !== null && isOrdered(reason)) ? 'neutral' : 'failure';
}

export function isOrdered(reason: Reason): reason is Ordered {
  return reason.startsWith('ordered:');
}

export function isFailed(reason: Reason): reason is Failed {
  return reason.startsWith('fail:');
}

export function failedMetric(reason: Failed): Metric {
  return METRICS.find((metric) => reason === `fail:${metric}`) ?? 'error-rate';
}

function tooSlow(name: string): ReasonWords {
  return {
    because: `the canary's ${name} latency was higher than allowed`,
    short: `${name} too slow`,
  };
}
