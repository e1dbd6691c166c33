/** A rollout whose traffic somebody else has changed: whose it is now, and how to take it back. */
import { describe, expect, test } from 'vitest';
import { takeBackLines } from '../../src/core/report/report-commands.ts';
import { reportOf } from '../../src/core/report/report-facts.ts';
import type { Told } from '../../src/core/report/report-facts.ts';
import { renderCheck, renderSummary } from '../../src/core/report/report.ts';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import { unfolded } from '../unfolded.ts';
import { CANARY, STABLE, aCaller, aDrive, aMemory, aRecord, aService } from './build.ts';

const REF = { project: 'p', region: 'europe-west1', service: 'web' };
const RECORD = aRecord({ phase: 'released', reason: 'drift' });
const ENDING = { outcome: 'released', why: 'It was left as they set it.' } as const;
const GCLOUD = 'gcloud run services update-traffic web --project=p --region=europe-west1';
const AGAIN = 'gh run rerun 19482736450 --failed --repo o/r';

function released(
  told: Partial<Told> = {},
  by: { readonly caller?: Caller; readonly goal?: Goal } = {},
) {
  const { caller = aCaller(), goal = aDrive() } = by;
  const service = aService({ asked: { [STABLE]: 90, [CANARY]: 10 }, record: RECORD });
  return reportOf(
    { ref: REF, caller, goal, notices: [], forecast: null },
    {
      service,
      memory: aMemory(),
      ending: ENDING,
      judgements: new Map(),
      outsider: null,
      found: null,
      ...told,
    },
  );
}

describe('a released rollout', () => {
  test('says what the split is and who changed it, in check run, summary and error', () => {
    const report = released({ outsider: 'ops@example.com' });
    const found = `The split asked for is ${STABLE} 90 %, ${CANARY} 10 %, last changed by`;
    expect(report.why).toBe(`${ENDING.why} ${found} ops@example.com.`);
    for (const shown of [renderCheck(report).summary, renderSummary(report)]) {
      // As code, so that nobody is mentioned.
      expect(shown).toContain(`${found} \`ops@example.com\`.`);
    }
  });

  test('names nobody whom Cloud Run does not name', () => {
    expect(released().why).toBe(
      `${ENDING.why} The split asked for is ${STABLE} 90 %, ${CANARY} 10 %.`,
    );
  });

  test('says how to take the traffic back, each command whole', () => {
    const lines = [
      '# Everything to the stable revision:',
      `${GCLOUD} --to-revisions=${STABLE}=100`,
      '# Everything to the canary:',
      `${GCLOUD} --to-revisions=${CANARY}=100`,
      '# Then a new rollout, by a re-run of the failed jobs:',
      AGAIN,
    ];
    expect(takeBackLines(released())).toEqual(lines);
  });

  test('that was promoted before has no new rollout by a re-run, which would report it again', () => {
    const record = aRecord({ phase: 'promoted', reason: 'pass' });
    const service = aService({ asked: { [STABLE]: 100 }, record });
    const lines = takeBackLines(released({ service }));
    expect(lines).toEqual(['# Everything to the canary:', expect.stringContaining('gcloud ')]);
    expect(renderCheck(released({ service })).summary).not.toMatch(/re-run/);
  });

  test('shows each way in a block of its own, so that whoever copies one has not both', () => {
    for (const text of [renderCheck(released()).summary, renderSummary(released())]) {
      const blocks = [...unfolded(text).matchAll(/^```sh\n([^]*?)\n```$/gm)].map(
        ([, lines]) => lines,
      );
      expect(blocks).toEqual([
        `${GCLOUD} --to-revisions=${STABLE}=100`,
        `${GCLOUD} --to-revisions=${CANARY}=100`,
        AGAIN,
      ]);
    }
  });

  test.each([
    [STABLE, CANARY],
    [CANARY, STABLE],
  ])('that left everything to %s has no command for what is so already', (has, other) => {
    const service = aService({ asked: { [has]: 100 }, record: RECORD });
    const lines = takeBackLines(released({ service }));
    expect(lines.filter((line) => line.startsWith('gcloud'))).toEqual([
      `${GCLOUD} --to-revisions=${other}=100`,
    ]);
    expect(lines.at(-1)).toBe(AGAIN);
  });

  test('is started anew by the run that started it, whoever let go of it', () => {
    const rolloutId = '683120945-77';
    const caller = aCaller({ rolloutId, runUrl: 'https://github.com/o/r/actions/runs/77' });
    const goal: Goal = { kind: 'reconcile', dead: null };
    expect(takeBackLines(released({}, { caller, goal })).slice(-2)).toEqual([
      '# Then a new rollout, by a re-run of all jobs of the run that started it:',
      'gh run rerun 19482736450 --repo o/r',
    ]);
  });

  test('has the name of its host where that is not github.com', () => {
    const runUrl = 'https://git.example.com/o/r/actions/runs/19482736450';
    const lines = takeBackLines(released({}, { caller: aCaller({ runUrl }) }));
    expect(lines.at(-1)).toBe('gh run rerun 19482736450 --failed --repo git.example.com/o/r');
  });

  test.each([
    ['of another repository', { rolloutId: '4711-77' }],
    ['without a page', { runUrl: '' }],
  ])('has no line for a run %s', (_, who) => {
    const goal: Goal = { kind: 'reconcile', dead: null };
    const lines = takeBackLines(released({}, { caller: aCaller(who), goal }));
    expect(lines.filter((line) => line.includes('gh run'))).toEqual([]);
    expect(lines).toHaveLength(4);
  });
});

test.each(['rolled-back', 'promoted', 'held', 'busy'] as const)(
  'a rollout that is %s has nothing to take back, and names no outsider',
  (outcome) => {
    const ending = { outcome, why: 'So it is.' };
    const report = released({ ending, outsider: 'ops@example.com' });
    expect([takeBackLines(report), report.why]).toEqual([[], 'So it is.']);
  },
);
