/** `gh run rerun` repeats every job of a run, `--failed` what has failed: which of both is told, and in which words. */
import { describe, expect, test } from 'vitest';
import { reportOf } from '../../src/core/report/report-facts.ts';
import { takeBackLines } from '../../src/core/report/report-commands.ts';
import { renderCheck } from '../../src/core/report/report.ts';
import type { Caller, Goal, Memory, Outcome } from '../../src/core/decision-types.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import { CANARY, STABLE, aCaller, aDrive, aMemory, aRecord, aService } from './build.ts';

const REF = { project: 'p', region: 'europe-west1', service: 'web' };
const FAILED = 'gh run rerun 19482736450 --failed --repo o/r';
const ALL = 'gh run rerun 19482736450 --repo o/r';
const OTHER: Partial<Caller> = {
  rolloutId: '683120945-77',
  runUrl: 'https://github.com/o/r/actions/runs/77',
};
const OTHER_FAILED = 'gh run rerun 77 --failed --repo o/r';
const RAMP = aDrive({ plan: null, mayStart: false, opensGates: true });
const LOOK = aDrive({ plan: null, mayStart: false, pace: 'look' });
const ROLLBACK: Goal = {
  kind: 'order',
  order: 'rollback',
  by: 'ada',
  seen: null,
  toPrevious: false,
};
const PROMOTE: Goal = { ...ROLLBACK, order: 'promote' };
const CLEAN_UP: Goal = { kind: 'clean-up', reason: 'broke-off', doom: null };

type Given = {
  readonly outcome: Outcome;
  readonly reason?: RolloutRecord['reason'];
  readonly goal?: Goal;
  readonly caller?: Partial<Caller>;
  readonly memory?: Partial<Memory>;
};

const PHASES = new Map<Outcome, RolloutRecord['phase']>([
  ['rolled-back', 'rolled-back'],
  ['start-failed', 'start-failed'],
  ['released', 'released'],
  ['held', 'held'],
]);

function reported({ outcome, reason = 'drift', goal = aDrive(), caller, memory }: Given) {
  const split = outcome === 'released' ? { [STABLE]: 90, [CANARY]: 10 } : { [STABLE]: 100 };
  const record = aRecord({ phase: PHASES.get(outcome) ?? 'active', reason });
  const service = aService({ asked: split, served: split, record });
  const context = { ref: REF, caller: aCaller(caller), goal, notices: [], forecast: null };
  return reportOf(context, {
    service,
    memory: aMemory(memory),
    ending: { outcome, why: 'So it ended.' },
    judgements: new Map(),
    outsider: null,
    found: null,
  });
}

/** The label and the command. */
function told(given: Given): readonly (string | undefined)[] {
  const { summary } = renderCheck(reported(given));
  const [, label, command] =
    /^\*\*(?:Try again|Go on|Then a new rollout)([^\n]*)\n+```sh\n(gh run rerun [^\n]*)\n```/m.exec(
      summary.replaceAll(/ \\\n\s+/g, ' '),
    ) ?? [];
  return [label, command];
}

describe('where the step fails, the failed jobs are enough: what they were handed stays', () => {
  test.each<[string, Given, string]>([
    ['undone by a verdict', { outcome: 'rolled-back', reason: 'fail:error-rate' }, FAILED],
    ['undone by a person', { outcome: 'rolled-back', reason: 'ordered:rollback:ada' }, FAILED],
    ['not started', { outcome: 'start-failed', reason: 'not-ready' }, FAILED],
    ['released', { outcome: 'released' }, FAILED],
    ['held for want of data', { outcome: 'held', reason: 'unknown-at-deadline' }, FAILED],
    ['refused', { outcome: 'refused' }, FAILED],
    ['busy', { outcome: 'busy', caller: OTHER }, OTHER_FAILED],
    ['hands off', { outcome: 'hands-off' }, FAILED],
    [
      'held for want of data by a ramp in another run: that ramp goes on',
      { outcome: 'held', reason: 'unknown-at-deadline', goal: RAMP, caller: OTHER },
      OTHER_FAILED,
    ],
    [
      'an order that was refused',
      { outcome: 'refused', goal: PROMOTE, caller: OTHER },
      OTHER_FAILED,
    ],
  ])('%s', (_, given, command) => {
    const [label, line] = told(given);
    expect(line).toBe(command);
    expect(label).toMatch(/the failed jobs/);
    expect(label).not.toMatch(/this job|all jobs/);
  });
});

describe('where it does not, or nobody knows, every job of the run that started it is repeated, and that is said', () => {
  test.each<[string, Given]>([
    ['cancelled', { outcome: 'rolled-back', reason: 'cancelled' }],
    ['cancelled just now', { outcome: 'released', memory: { cancelled: true } }],
    ['held by a cancel', { outcome: 'held', reason: 'cancelled' }],
    ['looked at from time to time', { outcome: 'held', reason: 'watched', goal: LOOK }],
    [
      'undone by the order of another run',
      {
        outcome: 'rolled-back',
        reason: 'ordered:rollback:ada',
        goal: ROLLBACK,
        caller: OTHER,
      },
    ],
    [
      'undone by a ramp in a later job: that one starts nothing',
      { outcome: 'rolled-back', reason: 'fail:error-rate', goal: RAMP },
    ],
    ['undone by the post step', { outcome: 'rolled-back', reason: 'broke-off', goal: CLEAN_UP }],
  ])('%s', (_, given) => {
    const [label, line] = told(given);
    expect(line).toBe(ALL);
    expect(label).toMatch(/all jobs of (?:this run|the run that started it)/);
    expect(label).not.toMatch(/this job|failed jobs/);
  });
});

test.each([
  'rolled-back',
  'start-failed',
  'refused',
  'busy',
  'hands-off',
  'deploy-failed',
] as const)(
  'no word of what is %s speaks of this job, which the command does not repeat alone',
  (outcome) => {
    expect(renderCheck(reported({ outcome })).summary).not.toContain('re-run this job');
  },
);

test('the log says the same', () => {
  expect(takeBackLines(reported({ outcome: 'released' })).slice(-2)).toEqual([
    '# Then a new rollout, by a re-run of the failed jobs:',
    FAILED,
  ]);
  const cancelled = reported({ outcome: 'released', memory: { cancelled: true } });
  expect(takeBackLines(cancelled).slice(-2)).toEqual([
    '# Then a new rollout, by a re-run of all jobs of this run:',
    ALL,
  ]);
});
