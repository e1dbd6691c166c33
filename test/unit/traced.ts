/** Looks as the loop tells of them, and the report that they end up in. */
import * as fc from 'fast-check';
import { judge } from '../../src/core/judge/judge.ts';
import { FILE_BYTES, reportJson } from '../../src/core/report/report-json.ts';
import { reportOf } from '../../src/core/report/report-facts.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import type { Cell, Judging, Look, Minute, Observation } from '../../src/core/judging-types.ts';
import type { Looked } from '../../src/core/trace/trace-types.ts';
import { Ledger } from '../../src/engine/ledger.ts';
import { aCaller, aDrive, aMemory, aService, MINUTE } from './build.ts';
import { ERRORS, HISTORY, LATENCY, START, cell, logRows, minutes, timed } from './judge-table.ts';

export const REPORT: Report = reportOf(
  {
    ref: { project: 'demo', region: 'europe-west1', service: 'web' },
    caller: aCaller(),
    goal: aDrive(),
    notices: [],
    forecast: null,
  },
  {
    service: aService(),
    memory: aMemory(),
    ending: null,
    judgements: new Map(),
    outsider: null,
    found: null,
  },
);

export const JUDGING: Judging = {
  criteria: [ERRORS, LATENCY],
  minRequests: 100,
  confidence: 'normal',
  onInconclusive: 'promote',
  warmUp: 1,
  maxMemory: 0.95,
};

export const LOOK: Look = {
  samplePeriod: MINUTE,
  stages: [{ percent: 10, asked: START, from: START }],
  nextPercent: 50,
  closed: true,
  early: false,
  lapsed: false,
};

export function observed(rows: readonly Minute[], with_: Partial<Observation> = {}): Observation {
  const to = START + Math.max(1, rows.length) * MINUTE;
  return { from: START, to, minutes: rows, history: HISTORY, log: null, complete: true, ...with_ };
}

export function looked(
  observation: Observation,
  { judging = JUDGING, look = LOOK, stage = 1 }: Partial<Looked> = {},
): Looked {
  const judgement = judge(observation, judging, look);
  return { at: observation.to, stage, observation, judging, look, judgement };
}

export function ledgerOf(looks: readonly Looked[]): Ledger {
  const ledger = new Ledger();
  for (const one of looks) ledger.looked(one);
  return ledger;
}

export function fileOf(looks: readonly Looked[]): string {
  return reportJson(REPORT, { trace: ledgerOf(looks).trace(), queries: null }, FILE_BYTES);
}

const anyCell: fc.Arbitrary<Cell | null> = fc.option(
  fc
    .record({
      requests: fc.oneof(fc.nat(40), fc.nat(5000)),
      failing: fc.double({ min: 0, max: 1, noNaN: true }),
      memory: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
      isTimed: fc.boolean(),
    })
    .map(({ requests, failing, memory, isTimed }) => {
      const errors = Math.floor(requests * failing ** 4);
      return { ...(isTimed ? timed(requests, errors) : cell(requests, errors)), memory };
    }),
  { nil: null },
);

const anyLook = fc
  .record({
    rows: fc.array(fc.tuple(anyCell, anyCell), { maxLength: 12 }),
    errors: fc.option(fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.boolean()), { maxLength: 12 })),
    history: fc.constantFrom(HISTORY, [], HISTORY.slice(0, 50)),
    complete: fc.constantFrom(true, true, false),
    look: fc.record({
      closed: fc.boolean(),
      early: fc.boolean(),
      lapsed: fc.boolean(),
      nextPercent: fc.integer({ min: 1, max: 100 }),
    }),
    first: fc.boolean(),
    baselinePercent: fc.option(fc.integer({ min: 1, max: 50 })),
    warmUp: fc.nat(4),
    maxMemory: fc.constantFrom(0.95, 0.5, null),
    stage: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ rows, errors, history, complete, look, first, baselinePercent, stage, ...asked }) => {
    const log =
      errors === null
        ? null
        : logRows(errors.length, (i) => {
            const [canary, baseline, capped] = errors[i]!;
            return { errors: [canary, baseline], capped };
          });
    const present = {
      percent: 10,
      ...(baselinePercent === null ? {} : { baselinePercent }),
      asked: START + 2 * MINUTE,
      from: first ? START + 2 * MINUTE + 1_234 : null,
    };
    const before = { percent: 5, asked: START, from: START };
    return looked(observed(minutes(...rows), { history, log, complete }), {
      judging: { ...JUDGING, ...asked },
      look: { ...LOOK, ...look, stages: first ? [present] : [before, present] },
      stage,
    });
  });

export const anyLooks = fc.array(anyLook, { maxLength: 5 });
