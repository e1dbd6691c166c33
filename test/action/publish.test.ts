import { describe, expect, test } from 'vitest';
import { publish, unwanted } from '../../src/action/publish.ts';
import type { Publishing } from '../../src/action/publish.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import { OUTPUTS } from '../../src/core/report/report.ts';
import { SITUATIONS } from '../report-situations.ts';
import { ledgerOf } from '../unit/traced.ts';

const PROMOTED = SITUATIONS.promoted;
const PAGE = 'https://github.com/octo-org/shop/runs/1';

function fails(): never {
  throw new Error('The disk is full.');
}

/** What is written, in its order; `broken` takes the place of what does it. */
function desk(broken: Partial<Publishing['runner'] & Publishing['reporter']> = {}) {
  const done: string[] = [];
  const outputs: Record<string, string> = {};
  const warnings: string[] = [];
  let summary = '';
  const publishing: Publishing = {
    runner: {
      redact: (text) => text.replaceAll('hunter2', '***'),
      setOutputs(some) {
        done.push(`outputs ${'check_run_url' in some ? 'check_run_url' : 'all others'}`);
        Object.assign(outputs, some);
      },
      async writeSummary(text) {
        done.push('summary');
        summary = text;
      },
      writeReport: async () => 'report.json',
      warning: (text) => void warnings.push(text),
      ...broken,
    },
    reporter: {
      flush: async () => void done.push('flush'),
      checkRunUrl: () => PAGE,
      ...broken,
    },
    trace: () => ledgerOf([]).trace(),
    isTagGiven: false,
    outcome: 'promoted',
  };
  return { publishing, done, outputs, warnings, summary: () => summary };
}

/** A report that breaks whoever reads the stages of it. */
function brokenReport(): Report {
  return Object.defineProperty({ ...PROMOTED }, 'stages', { enumerable: true, get: fails });
}

describe('what a run leaves behind', () => {
  test('is written before anybody waits for GitHub, but for the address of the check run', async () => {
    const { publishing, done, outputs } = desk();
    await publish(publishing, PROMOTED);
    expect(done).toEqual(['outputs all others', 'summary', 'flush', 'outputs check_run_url']);
    expect(outputs).toMatchObject({
      outcome: 'promoted',
      report_path: 'report.json',
      check_run_url: PAGE,
    });
  });

  test('is exactly the announced outputs', async () => {
    const { publishing, outputs } = desk();
    await publish(publishing, PROMOTED);
    expect(Object.keys(outputs).toSorted()).toEqual(OUTPUTS.toSorted());
  });

  test('is the outcome alone where there is nothing to report of', async () => {
    const { publishing, outputs } = desk();
    await publish(publishing, null);
    expect(outputs).toEqual({ outcome: 'promoted' });
  });

  test('has no secret in it, also not one that Markdown escapes', async () => {
    const secret = 'q9_*[`<&k7';
    const { publishing, outputs, summary } = desk({
      redact: (text) => text.replaceAll(secret, '***'),
    });
    await publish(publishing, { ...PROMOTED, why: `The token ${secret} was refused.` });
    expect(summary()).toContain('***');
    expect(`${summary()}${JSON.stringify(outputs)}`).not.toMatch(/q9|k7/);
  });
});

describe('S15: the outcome is set and nothing is thrown, with one warning, where', () => {
  test('the report cannot be rendered', async () => {
    const { publishing, outputs, warnings, done } = desk();
    await publish(publishing, brokenReport());
    expect([outputs['outcome'], warnings.length]).toEqual(['promoted', 1]);
    expect(done).toContain('flush');
  });

  test.each(['writeReport', 'writeSummary', 'flush', 'checkRunUrl'] as const)(
    '%s fails',
    async (what) => {
      const { publishing, outputs, warnings } = desk({ [what]: fails });
      await publish(publishing, PROMOTED);
      expect(outputs['outcome']).toBe('promoted');
      expect(warnings).toEqual([expect.stringContaining('The rollout is not affected.')]);
      expect(warnings[0]).not.toContain('disk');
    },
  );

  test('a step that has failed anyway looks for the cause', async () => {
    const { publishing, warnings } = desk();
    const report = Object.defineProperty({ ...PROMOTED }, 'said', { get: fails });
    const problem = await unwanted(publishing.runner, 'It was undone.', report);
    expect([problem.code, problem.summary, warnings.length]).toEqual(['ended', PROMOTED.why, 1]);
  });
});
