/** What is shown of a start that was refused, and of a canary that Cloud Run could not run. */
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import { reportOf } from '../../src/core/report/report-facts.ts';
import type { Told } from '../../src/core/report/report-facts.ts';
import { reportJson } from '../../src/core/report/report-json.ts';
import { renderCheck } from '../../src/core/report/report.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import { unfolded } from '../unfolded.ts';
import { CANARY, aCaller, aDrive, aQuietService, aRecord, aService } from './build.ts';
import { HOSTILE } from './hostile-names.ts';

const ref = { project: 'demo', region: 'us-central1', service: 'web' };

function shown(told: Partial<Told>) {
  const memory = EMPTY_MEMORY;
  const nothing = {
    service: aQuietService(),
    memory,
    judgements: new Map(),
    outsider: null,
    found: null,
  };
  const context = { ref, caller: aCaller(), goal: aDrive(), notices: [], forecast: null };
  const report = reportOf(context, { ...nothing, ending: null, ...told });
  return { report, ...renderCheck(report) };
}

function refused(problem: Problem) {
  const ending = { outcome: 'refused', why: problem.summary } as const;
  return shown({ ending, refusal: problem });
}

function notStarted(said: string) {
  const record = aRecord({ phase: 'start-failed', stage: 0, reason: 'not-ready' });
  const doom = { reason: 'not-ready', why: 'Cloud Run says: it.', said, rollout: '' } as const;
  const ending = { outcome: 'start-failed', why: 'Not started.' } as const;
  const service = aService({ record, asked: { 'web-00041-kib': 100 } });
  return shown({ ending, service, memory: { ...EMPTY_MEMORY, doom } });
}

/** Texts of the fenced blocks. */
function commandsIn(markdown: string): readonly string[] {
  const found: string[] = [];
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    if (token.type === 'code') found.push(unfolded(String(token['text'])));
  });
  return found;
}

describe('a refused start', () => {
  const finding = { subject: 'permission', value: 'x', wrong: 'is missing', advice: 'Grant it.' };

  test('shows each finding with its command, and is a failure', () => {
    const problem = new Problem('preflight', {
      summary: 'The rollout cannot start. Nothing was changed.',
      advice: '',
      findings: [
        { ...finding, command: 'gcloud one' },
        finding,
        { ...finding, command: 'gcloud two' },
      ],
    });
    const { summary, conclusion, report } = refused(problem);
    expect(conclusion).toBe('failure');
    expect(summary).toContain('Nothing was changed');
    expect(commandsIn(summary).slice(0, 2)).toEqual(['gcloud one', 'gcloud two']);
    expect(summary.match(/Grant it\./g)).toHaveLength(3);
    expect(JSON.parse(reportJson(report))).toMatchObject({
      refusal: { findings: problem.findings, advice: '', commands: [] },
    });
  });

  test.each(HOSTILE)('leaves its list and its blocks by nothing: %j', (text) => {
    const wrong = `${text}\n\n# Title\n\n\`\`\`\n<img src=x>`;
    const problem = new Problem('denied', {
      summary: text,
      advice: wrong,
      findings: [{ subject: text, value: text, wrong, advice: wrong }],
    });
    const { summary } = refused(problem);
    const kinds: string[] = [];
    void marked.walkTokens(marked.lexer(summary), ({ type, raw }) => {
      kinds.push(type === 'heading' ? raw.trim() : type);
    });
    expect(kinds.filter((kind) => kind.startsWith('#'))).toEqual([
      '### Who is affected now',
      '### What decided',
      '### What to do next',
      '### Revisions',
    ]);
    expect(kinds).not.toContain('html');
  });
});

describe('a canary that Cloud Run could not run', () => {
  test('shows what to do about what it says, and where its logs are', () => {
    const { summary, report } = notStarted("IMAGE 'us-docker.pkg.dev/p/r/web:v9' not found.");
    expect(summary).toContain('There is no such image');
    expect(commandsIn(summary)[0]).toBe(
      'gcloud artifacts docker images describe us-docker.pkg.dev/p/r/web:v9',
    );
    expect(summary).toContain(`revision_name%3D%22${CANARY}%22;timeRange=`);
    expect(report.said).not.toBe('');
  });

  test('shows the usual advice where nobody knows the words', () => {
    const { summary } = notStarted('The moon is wrong.');
    expect(summary).toContain('What Cloud Run says about it:');
    expect(commandsIn(summary).map((line) => line.split(' ', 3).join(' '))).toEqual([
      'gcloud run services',
      'gh run rerun',
    ]);
  });

  test('whom a role is for stays a variable where it is not known', () => {
    const { summary } = notStarted(
      'User must have permission to read the image, us-docker.pkg.dev/p/r/web:v9.',
    );
    expect(commandsIn(summary)[0]).toContain(
      '--member="$MEMBER" --role=roles/artifactregistry.reader',
    );
  });
});

test('a clone that cannot start has its next step, too, with no image of the canary in it', () => {
  const said = 'The user-provided container failed to start and listen on the port PORT=8080.';
  const record = aRecord({ phase: 'start-failed', stage: 0, reason: 'baseline-lost' });
  const doom = {
    reason: 'baseline-lost',
    why: 'Cloud Run says of the baseline: it.',
    said,
    rollout: '',
  } as const;
  const ending = { outcome: 'start-failed', why: 'Not started.' } as const;
  const service = aService({ record, asked: { 'web-00041-kib': 100 } });
  const { summary } = shown({ ending, service, memory: { ...EMPTY_MEMORY, doom } });
  expect(commandsIn(summary)[0]).toBe('docker run --rm -e PORT=8080 -p 8080:8080 IMAGE');
});
