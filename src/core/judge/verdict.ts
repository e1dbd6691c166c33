/** The decision table for data that can be read (judging.md 6.2): the first line that matches. */
import type { JudgedReason, Judging, Verdict } from '../judging-types.ts';

export type Facts = {
  /** ln E of all tests. */
  readonly logEvidence: number;
  /** ln E without the one row that speaks most against the canary. */
  readonly lastingEvidence: number;
  /** A test that speaks against the canary shows more of a difference than the user allows. */
  readonly exceedsAllowed: boolean;
  /** Each test by itself speaks for the canary rather than against it. */
  readonly isQuiet: boolean;
  /** ln of the ratio at which a canary is undone. */
  readonly limit: number;
  /** A test with evidence shows a difference worth acting on; ceiling: one that the user set. */
  readonly effect: 'none' | 'evidence' | 'ceiling';
  readonly memoryAlarm: boolean;
  readonly splitAlarm: boolean;
  /** In this stage; `compared` has the stable revision's beside them, where that matters. */
  readonly canaryRequests: number;
  readonly comparedRequests: number;
  readonly expectedRequests: number;
  readonly baselineIncident: boolean;
  /** broken: beyond doubt, and the stable revision keeps it. */
  readonly ceilings: 'kept' | 'exceeded' | 'broken';
  /** Visible rows of this stage, after the warm-up if latency is judged. */
  readonly warmRows: number;
  readonly isMissing: boolean;
  readonly harmRuledOut: boolean;
  readonly closed: boolean;
  readonly early: boolean;
  readonly lapsed: boolean;
};

/** There are data enough, and still no verdict. */
const UNDECIDED: readonly JudgedReason[] = [
  'inconclusive',
  'suspicious',
  'ceiling',
  'baseline-failing',
];

export function isUndecided(reason: JudgedReason): boolean {
  return UNDECIDED.includes(reason);
}

export type Ruling = {
  readonly verdict: Verdict;
  readonly reason: JudgedReason;
  /** It would pass if the bake were over. */
  readonly settled: boolean;
};

export const SUSPICIOUS = Math.log(3);
/** Never promoted above this, however long the stage has lasted. */
const TOO_SUSPICIOUS = Math.log(10);
const WARM_ROWS = 3;
/** So many requests do not all fail to come by chance. */
const SURELY_SOME = 10;
const INCONCLUSIVE = { promote: 'pass', hold: 'unknown', rollback: 'fail' } as const;

export function rulingOf(facts: Facts, judging: Judging): Ruling {
  return failing(facts) ?? waiting(facts, judging) ?? passing(facts, judging);
}

function failing(facts: Facts): Ruling | null {
  const { logEvidence, limit, effect, closed, ceilings } = facts;
  if (logEvidence >= limit && effect !== 'none') return ruling('fail', effect);
  if (facts.memoryAlarm) return ruling('fail', 'memory');
  // The whole window with enough requests is the measurement that the user set the ceiling for.
  if (closed && ceilings === 'broken') return ruling('fail', 'ceiling');
  return null;
}

function waiting(facts: Facts, judging: Judging): Ruling | null {
  const { canaryRequests, comparedRequests, closed } = facts;
  const isSilent = canaryRequests === 0 && facts.expectedRequests >= SURELY_SOME;
  if (facts.splitAlarm || isSilent) return ruling('unknown', 'split');
  if (comparedRequests < Math.max(1, judging.minRequests)) {
    return ruling('unknown', 'too-few-requests');
  }
  if (facts.baselineIncident) return ruling('unknown', 'baseline-failing');
  if (isSuspicious(facts)) return ruling('unknown', 'suspicious');
  if (closed && facts.isMissing) return ruling('unknown', 'data-missing');
  if (closed && facts.ceilings !== 'kept') return ruling('unknown', 'ceiling');
  return facts.warmRows < WARM_ROWS ? ruling('unknown', 'too-early') : null;
}

/** In the end neither one bad minute alone holds a stage, nor a difference that is allowed. */
function isSuspicious(facts: Facts): boolean {
  const { logEvidence, lastingEvidence, lapsed } = facts;
  return lapsed
    ? logEvidence > TOO_SUSPICIOUS && lastingEvidence > SUSPICIOUS && !isAllowed(facts)
    : logEvidence > SUSPICIOUS;
}

/** There is a difference, and the user has said that one like it does not matter. */
export function isAllowed({ logEvidence, lapsed, exceedsAllowed }: Facts): boolean {
  return lapsed && logEvidence > SUSPICIOUS && !exceedsAllowed;
}

function passing(facts: Facts, judging: Judging): Ruling {
  const { closed, early, harmRuledOut, logEvidence, isMissing, ceilings, isQuiet } = facts;
  const isClear = harmRuledOut && (logEvidence <= SUSPICIOUS || isAllowed(facts));
  const settled = isClear && !isMissing && ceilings === 'kept' && (closed || isQuiet);
  if (!closed && !(early && settled)) {
    return { verdict: 'unknown', reason: 'still-baking', settled };
  }
  return settled ? { verdict: 'pass', reason: 'harm-ruled-out', settled } : inconclusive(judging);
}

function inconclusive({ onInconclusive }: Judging): Ruling {
  return ruling(INCONCLUSIVE[onInconclusive], 'inconclusive');
}

function ruling(verdict: Verdict, reason: JudgedReason): Ruling {
  return { verdict, reason, settled: false };
}
