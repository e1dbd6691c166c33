/** A limit that the user set on the canary alone, answered. */
import type { Findings } from './findings.ts';
import { percentileOf, seenIn } from './gate.ts';
import type { Ceiling, Seen } from './questions.ts';
import type { CeilingFact } from './ceiling-facts.ts';
import { checkOf, unmeasured } from './told.ts';
import type { Told } from './told.ts';
import { countText, latencyText, METRIC_WORDS, rateText } from '../report/report-numbers.ts';
import type { Check, Verdict } from '../judging-types.ts';

export function ceilingCheck(told: Told, { stage, ruling }: Findings): readonly Check[] {
  const { ceiling } = told.test;
  const fact = stage.ceilings.find(({ test }) => test === told.test);
  if (ceiling === null || fact === undefined) return [];
  const seen = seenIn(told.test, told.window.rows, 'canary');
  if (seen === null) return [unmeasured(ceiling.metric, unmeasuredText(ceiling))];
  const breaks = ruling.reason === 'ceiling' && ruling.verdict === 'fail';
  const verdict: Verdict =
    told.verdict === 'fail' || (breaks && fact.state === 'broken')
      ? 'fail'
      : fact.state === 'kept'
        ? told.verdict
        : 'unknown';
  const value = canaryValue(told, ceiling, seen);
  const numbers = `${valueText(ceiling, value, seen)} (${countText(seen.requests)} requests, ${told.span}) where ${limitText(ceiling)} is allowed; ${besideText(fact, told)}`;
  return [
    checkOf(
      ceiling.metric,
      { ...told, verdict },
      { canary: value, baseline: null, limit: ceiling.max, numbers },
    ),
  ];
}

function unmeasuredText(ceiling: Ceiling): string {
  const name = METRIC_WORDS[ceiling.metric];
  return ceiling.kind === 'slow'
    ? `Latency (${name}) cannot be held against ${latencyText(ceiling.max)}: there is none after the warm-up, or the histogram ends below that.`
    : `The canary answered no request to hold against ${limitText(ceiling)} of ${name}.`;
}

function limitText({ kind, max }: Ceiling): string {
  return kind === 'slow' ? latencyText(max) : rateText(max);
}

/** null: the layouts of its histograms differ. */
function canaryValue({ test, window }: Told, ceiling: Ceiling, seen: Seen): number | null {
  return ceiling.kind === 'slow'
    ? percentileOf(test, window.rows, 'canary')
    : seen.events / seen.requests;
}

function valueText(ceiling: Ceiling, value: number | null, { events, requests }: Seen): string {
  const name = METRIC_WORDS[ceiling.metric];
  if (ceiling.kind !== 'slow') return `${name} ${rateText(events / requests)} on the canary`;
  const measured = value === null ? name : `${name} ${latencyText(value)}`;
  return `${measured} on the canary, ${rateText(events / requests)} surely above the limit`;
}

function besideText({ state, baselineKeeps }: CeilingFact, { test, window }: Told): string {
  const beside = seenIn(test, window.rows, 'baseline');
  const rate = beside === null ? '' : ` (${rateText(beside.events / beside.requests)})`;
  const stable =
    beside === null
      ? 'the stable revision has none to compare'
      : baselineKeeps
        ? `the stable revision keeps it${rate}`
        : `the stable revision breaks it, too${rate}, so the canary is not blamed, and not promoted`;
  return state === 'exceeded' && baselineKeeps ? `${stable}; not beyond doubt` : stable;
}
