/** Asked for is not served: no word of a report may say that something has come about which has not. */
import { describe, expect, test } from 'vitest';
import { commentOf } from '../../src/core/report/report-comment.ts';
import { deploymentStatusOf } from '../../src/core/report/report-deployment.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import { notificationOf } from '../../src/core/report/report-notification.ts';
import { outputsOf, renderCheck, renderSummary } from '../../src/core/report/report.ts';
import type { Reason } from '../../src/core/types.ts';
import { CANARY_REVISION, SITUATIONS, STABLE_REVISION } from '../report-situations.ts';

const PAGE = 'https://github.com/octo-shop/checkout/runs/1';
const SPLIT = { [STABLE_REVISION]: 80, [CANARY_REVISION]: 20 };
const RESTORED = SITUATIONS['restored on errors'];

const restoring = (reason: Reason): Report => ({ ...RESTORED, reason, served: SPLIT });
const PROMOTING: Report = { ...SITUATIONS.promoted, served: SPLIT };

const CASES: readonly (readonly [string, Report, string, string, 'failure' | 'cancelled'])[] = [
  ['promoted', PROMOTING, 'Promoting', CANARY_REVISION, 'failure'],
  ['restored', restoring('fail:error-rate'), 'Restoring', STABLE_REVISION, 'failure'],
  ['restored, ordered', restoring('ordered:rollback:ada'), 'Restoring', STABLE_REVISION, 'failure'],
  ['restored, cancelled', restoring('cancelled'), 'Restoring', STABLE_REVISION, 'cancelled'],
  ['restored, expired', restoring('expired'), 'Restoring', STABLE_REVISION, 'failure'],
];

describe.each(CASES)('%s, and not served yet', (_, report, word, name, conclusion) => {
  const title = `${word} ${name} · asked for, not served yet`;

  test('the title says so, and the check is neither green nor neutral', () => {
    const check = renderCheck(report);
    expect(check.title).toBe(title);
    expect(check).toMatchObject({ status: 'completed', conclusion });
  });

  test('so does the first line, in check run and job summary', () => {
    const [first = ''] = renderCheck(report).summary.split('\n');
    expect(first).toMatch(new RegExp(`^\\S+ \\*\\*${word}\\*\\*.* Asked for, not served yet\\.`));
    expect(renderSummary(report)).toContain(first);
    expect(first).not.toMatch(/\*\*(?:Promoted|Restored)\*\*/);
  });

  test('so do comment, Deployment and notification', () => {
    const { body, makes } = commentOf(report, 'on_failure', PAGE)!;
    expect(makes).toBe(true);
    expect(body).toContain(`**${word}**`);
    expect(body).toContain('Asked for, not served yet.');
    expect(body).not.toMatch(/\*\*(?:Promoted|Restored)\*\*|### (?:Promoted|Restored)/);
    expect(deploymentStatusOf(report, PAGE)).toMatchObject({
      state: 'failure',
      description: title,
    });
    for (const format of ['generic', 'slack'] as const) {
      const manner = { format, page: PAGE, repeatsEnd: false };
      expect(notificationOf({ ...report, why: '' }, manner)!.body).toContain(title);
      expect(notificationOf({ ...report, why: '' }, manner)!.body).not.toMatch(
        /has all traffic(?: again)?\./,
      );
    }
  });

  test('the outcome stays what was decided', () => {
    expect(outputsOf(report)['outcome']).toBe(report.outcome);
  });
});

test('the title fits, however long the name', () => {
  for (const length of [1, 20, 63, 300]) {
    const name = 'x'.repeat(length);
    for (const outcome of ['promoted', 'rolled-back'] as const) {
      const percent = outcome === 'promoted' ? 100 : 0;
      const served = { [name]: 20 };
      const report = { ...RESTORED, outcome, stable: name, canary: name, served, percent };
      const { title } = renderCheck(report);
      expect(title.length).toBeLessThanOrEqual(60);
      expect(title).toMatch(/^(?:Promoting|Restoring) .*· asked for, not served yet$/);
    }
  }
});

describe.each([
  ['Restored', { ...RESTORED, served: SPLIT, percent: 20 }],
  ['Promoted', { ...SITUATIONS.promoted, served: SPLIT, percent: 20 }],
  ['Promoted', { ...SITUATIONS.promoted, served: { [STABLE_REVISION]: 100 }, percent: 0 }],
  // Theirs is not served yet, either.
  ['Restored', { ...RESTORED, served: SPLIT, percent: 50 }],
  ['Restored', { ...RESTORED, percent: 50 }],
])('%s, and somebody else has changed the traffic since', (word, report) => {
  test('was served: it is not told as one that is waited for', () => {
    const { title, summary } = renderCheck(report);
    expect(title).toMatch(new RegExp(`^${word} .* · traffic changed by others since$`));
    expect(summary).not.toContain('Asked for, not served yet');
    expect(summary).not.toContain('Cloud Run does not serve yet');
  });

  test('and nobody is told that nothing is to be done', () => {
    const { summary } = renderCheck(report);
    expect(summary).not.toMatch(/has no traffic any more|Nothing is urgent|Nothing, if/);
    expect(summary).toContain('Somebody else has changed the traffic since');
    expect(summary).toContain(`--to-revisions=${STABLE_REVISION}=100`);
  });
});
