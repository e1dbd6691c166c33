import { describe, expect, test } from 'vitest';
import { commentOf } from '../../src/core/report/report-comment.ts';
import { notificationOf } from '../../src/core/report/report-notification.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import { redactedReport } from '../../src/core/report/report-redacted.ts';
import { renderCheck, renderSummary } from '../../src/core/report/report.ts';
import { SITUATIONS } from '../report-situations.ts';

/** Each sign of it is escaped somewhere, or makes a code span of the word that it is in. */
const SECRET = 'q9_*[`<&Zx"|\\k7';
const redact = (text: string): string => text.replaceAll(SECRET, '***');

/** The same report with `mark` in every text that somebody else may have written. */
function marked(report: Report, mark: string): Report {
  return redactedReport(report, (text) => `${mark} ${text} ${mark}`);
}

function shown(report: Report): string {
  return [
    ...Object.values(renderCheck(report)),
    renderSummary(report),
    commentOf(report, 'always', '')?.body,
    notificationOf(report, { format: 'slack', page: '', repeatsEnd: true })?.body,
  ].join('\n');
}

describe.each(Object.entries(SITUATIONS))('a report without secrets: %s', (_, report) => {
  test('has none in anything that is rendered, whatever escapes it', () => {
    const before = shown(marked(report, SECRET));
    // Afterwards it is not found any more.
    expect(redact(before)).toContain('q9');
    const after = shown(redactedReport(marked(report, SECRET), redact));
    expect(after).toContain('***');
    expect(after).not.toContain('q9');
    expect(after).not.toContain('k7');
  });

  test('is the same report where there is no secret', () => {
    expect(redactedReport(report, redact)).toEqual(report);
  });
});

test.each([1, 100, 190, 1_990, 2_995])(
  'a secret that straddles a cut is found before the cut, %i characters on',
  (length) => {
    const report = { ...SITUATIONS.promoted, why: `${'word '.repeat(length / 5)}${SECRET}` };
    expect(shown(redactedReport(report, redact))).not.toContain('q9');
  },
);

/** Where a report has texts, with `[]` for any place in a list and `*` for any revision. */
function textsIn(value: unknown, path = ''): readonly (readonly [path: string, text: string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  const isNamed = path === 'served' || path === 'outlook.dispatch.inputs';
  return Object.entries(value).flatMap(([key, item]) => {
    const step = Array.isArray(value) ? '[]' : isNamed ? '*' : key;
    return textsIn(item, path === '' ? step : `${path}.${step}`);
  });
}

test('every text of a report is looked through, but for ids, addresses of runs and words of ours', () => {
  const dispatch = { workflow: 'deploy.yml', ref: 'main', inputs: { image: 'app:v2' } };
  const untouched = Object.values(SITUATIONS).flatMap((situation) => {
    const report = { ...situation, outlook: { ...situation.outlook, dispatch } };
    const marks = textsIn(redactedReport(report, (text) => `<${text}>`));
    return marks.filter(([, text]) => !text.startsWith('<')).map(([path]) => path);
  });
  expect([...new Set(untouched)].toSorted()).toEqual([
    'commit',
    'fence',
    'forecast.acceptance.kind',
    'forecast.changes.[].how',
    'forecast.changes.[].what',
    'forecast.commits.base',
    'forecast.commits.head',
    'forecast.commits.log.relation',
    'forecast.commits.log.shown.[].sha',
    'forecast.commits.url',
    'forecast.stops',
    'forecast.traffic.kind',
    'outcome',
    'outlook.onCancel',
    'outlook.rerun.jobs',
    'outlook.rerun.runUrl',
    'phase',
    'reason',
    'rolloutId',
    'runUrl',
    'service.project',
    'service.region',
    'service.service',
    'stages.[].judgement.checks.[].metric',
    'stages.[].judgement.checks.[].verdict',
    'stages.[].judgement.reason',
    'stages.[].judgement.verdict',
    'stages.[].state',
    'starterUrl',
  ]);
});
