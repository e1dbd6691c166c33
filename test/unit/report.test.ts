import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import { judge } from '../../src/core/judge/judge.ts';
import { byteLength } from '../../src/core/report/markdown.ts';
import { shellWord } from '../../src/core/shell-word.ts';
import type { Report, StageReport } from '../../src/core/report/report-model.ts';
import {
  ageText,
  clockText,
  countText,
  durationText,
  instantText,
  latencyText,
  pointsText,
  rateText,
  ratioText,
} from '../../src/core/report/report-numbers.ts';
import { OUTCOME_WORDS, reasonWords } from '../../src/core/report/report-words.ts';
import { outputsOf, renderCheck, renderSummary } from '../../src/core/report/report.ts';
import { reportJson } from '../../src/core/report/report-json.ts';
import { sparkline } from '../../src/core/report/sparkline.ts';
import type { Outcome } from '../../src/core/decision-types.ts';
import type { Cell, Judgement } from '../../src/core/judging-types.ts';
import type { Reason } from '../../src/core/types.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 20, 15, 0);
const BOUNDS = [100, 140, 196, 274, 384, 538];

function cell(requests: number, errors: number, slow: 'as ever' | 'slower' = 'as ever'): Cell {
  const counts = BOUNDS.map(() => 0).concat(0);
  const [quick, rest] = slow === 'slower' ? [1, 2] : [0, 1];
  counts[quick] = Math.floor((requests - errors) * 0.9);
  counts[rest] = requests - errors - counts[quick];
  return { requests, errors, clientErrors: 0, latency: { bounds: BOUNDS, counts }, memory: null };
}

/** Three hours of what the stable revision always does. */
const HISTORY = Array.from({ length: 180 }, (_, i) => ({
  start: START - (i + 1) * MINUTE,
  cell: cell(1000, 4),
  share: 1,
}));

function judged(canary: readonly Cell[], baseline: Cell, from = START + 12 * MINUTE): Judgement {
  const minutes = canary.map((one, i) => ({ start: from + i * MINUTE, canary: one, baseline }));
  return judge(
    {
      from,
      to: from + canary.length * MINUTE,
      minutes,
      history: HISTORY,
      log: null,
      complete: true,
    },
    {
      criteria: [
        { metric: 'error-rate', max: null, maxIncrease: 0.0005 },
        { metric: 'latency', max: null, maxIncrease: 0.1 },
      ],
      minRequests: 100,
      confidence: 'normal',
      onInconclusive: 'promote',
      warmUp: 0,
      maxMemory: 0.95,
    },
    {
      closed: true,
      early: false,
      lapsed: false,
      samplePeriod: MINUTE,
      stages: [{ percent: shareOf(canary, baseline), asked: from, from }],
      nextPercent: 100,
    },
  );
}

/** The share at which nothing is missing. */
function shareOf([first]: readonly Cell[], baseline: Cell): number {
  const requests = first?.requests ?? 0;
  return Math.round((100 * requests) / (requests + baseline.requests));
}

const HEALTHY = judged(
  Array.from({ length: 10 }, () => cell(50, 0)),
  cell(950, 3),
);
const BROKEN = judged(
  [0, 4, 8, 12, 10, 6].map((errors) => cell(320, errors)),
  cell(1280, 4),
);
const SLOW = judged(
  Array.from({ length: 12 }, () => cell(500, 0, 'slower')),
  cell(4500, 10),
);
const SCARCE = judged([cell(12, 0)], cell(600, 1));

function stage(percent: number, change: Partial<StageReport> = {}): StageReport {
  return {
    percent,
    bake: percent === 0 ? null : 10 * MINUTE,
    state: 'passed',
    judgement: null,
    note: '',
    startedAt: START + percent * MINUTE,
    endedAt: START + (percent + 5) * MINUTE,
    ...change,
  };
}

const WAITING = { state: 'waiting', startedAt: null, endedAt: null } as const;

const RERUN = {
  runUrl: 'https://github.com/octo/web/actions/runs/19482736450',
  jobs: 'failed',
  isThisRun: true,
} as const;

function report(change: Partial<Report> = {}): Report {
  return {
    service: { project: 'demo', region: 'us-central1', service: 'web' },
    runUrl: 'https://github.com/octo/web/actions/runs/19482736450',
    starterUrl: 'https://github.com/octo/web/actions/runs/19482736450',
    rolloutId: '683120945-19482736450',
    attempt: 1,
    outcome: null,
    phase: 'active',
    reason: 'pass',
    why: '',
    stable: 'web-00041-kib',
    canary: 'web-00042-abc',
    clone: '',
    brought: false,
    image: 'us-docker.pkg.dev/demo/app/web@sha256:5be0a1f7',
    commit: '0d9e33aa0d9e33aa0d9e33aa0d9e33aa0d9e33aa',
    tag: 'canary',
    url: 'https://web-abc.a.run.app',
    canaryUrl: 'https://canary---web-abc.a.run.app',
    percent: 20,
    served: { 'web-00041-kib': 80, 'web-00042-abc': 20 },
    stages: [
      stage(0, { note: 'Answered its probes.' }),
      stage(5, { judgement: HEALTHY }),
      stage(20, { state: 'running', endedAt: null }),
      stage(50, WAITING),
    ],
    timing: { samplePeriod: MINUTE, ingestDelay: 3 * MINUTE },
    startedAt: START,
    now: START + 38 * MINUTE,
    fence: 'proved',
    isAsFound: false,
    forecast: null,
    notices: [],
    refusal: null,
    said: '',
    outlook: {
      progress: null,
      dispatch: null,
      onCancel: null,
      due: null,
      rerun: RERUN,
      isMissing: false,
    },
    ...change,
  };
}

const PROMOTED = report({
  outcome: 'promoted',
  phase: 'promoted',
  why: 'web-00042-abc has all traffic.',
  percent: 100,
  served: { 'web-00042-abc': 100 },
  stages: [0, 5, 20, 30].map((percent) => stage(percent, { judgement: percent ? HEALTHY : null })),
});

const RESTORED = report({
  outcome: 'rolled-back',
  phase: 'rolled-back',
  reason: 'fail:error-rate',
  why: `web-00041-kib has all traffic again. ${BROKEN.why}`,
  percent: 0,
  served: { 'web-00041-kib': 100 },
  stages: [
    stage(0),
    stage(5, { judgement: HEALTHY }),
    stage(20, { state: 'failed', judgement: BROKEN, note: BROKEN.why }),
    stage(50, { ...WAITING, state: 'skipped' }),
  ],
});

const HELD = report({
  outcome: 'held',
  phase: 'held',
  reason: 'unknown-at-deadline',
  why: 'web-00042-abc is held at 20 % until a person promotes it, rolls it back or re-runs the job.',
  stages: [stage(0), stage(20, { state: 'undecided', judgement: SCARCE, endedAt: null })],
});

/** Every one of them: a missing one does not compile. */
const OUTCOMES: { readonly [K in Outcome]: K } = {
  promoted: 'promoted',
  'rolled-back': 'rolled-back',
  released: 'released',
  'start-failed': 'start-failed',
  deployed: 'deployed',
  'deploy-failed': 'deploy-failed',
  held: 'held',
  unchanged: 'unchanged',
  planned: 'planned',
  gone: 'gone',
  refused: 'refused',
  busy: 'busy',
  fenced: 'fenced',
  'hands-off': 'hands-off',
  'nothing-open': 'nothing-open',
};
const EVERY_OUTCOME: readonly Outcome[] = Object.values(OUTCOMES);

type Simple = Exclude<Reason, `ordered:${string}`>;
const REASONS: { readonly [K in Simple]: K } = {
  started: 'started',
  taken: 'taken',
  pass: 'pass',
  reached: 'reached',
  watched: 'watched',
  'fail:error-rate': 'fail:error-rate',
  'fail:latency': 'fail:latency',
  'fail:slow-requests': 'fail:slow-requests',
  'fail:client-error-rate': 'fail:client-error-rate',
  'fail:memory': 'fail:memory',
  inconclusive: 'inconclusive',
  'fail:latency-p50': 'fail:latency-p50',
  'fail:latency-p95': 'fail:latency-p95',
  'fail:latency-p99': 'fail:latency-p99',
  'probe-failed': 'probe-failed',
  'not-ready': 'not-ready',
  'not-served': 'not-served',
  'canary-gone': 'canary-gone',
  'baseline-lost': 'baseline-lost',
  'write-refused': 'write-refused',
  'unknown-at-deadline': 'unknown-at-deadline',
  cancelled: 'cancelled',
  'broke-off': 'broke-off',
  drift: 'drift',
  expired: 'expired',
};
const EVERY_REASON: readonly Reason[] = [
  ...Object.values(REASONS),
  'ordered:promote:octocat',
  'ordered:rollback:octo:cat',
];

/** Where what was asked for is served. */
function servedAt(outcome: Outcome): Report['served'] {
  return outcome === 'promoted' ? { 'web-00042-abc': 100 } : { 'web-00041-kib': 100 };
}

describe('titles', () => {
  const titleOf = (change: Partial<Report>, base = report()): string =>
    renderCheck({ ...base, ...change }).title;

  test.each<[string, string]>([
    ['promoted', renderCheck(PROMOTED).title],
    ['restored', renderCheck(RESTORED).title],
    ['held', renderCheck(HELD).title],
    ['running', titleOf({})],
  ])('%s', (name, title) => {
    expect(`${name}: ${title}`).toMatchSnapshot();
  });

  test.each(['suspicious', 'ceiling', 'baseline-failing', 'inconclusive'] as const)(
    'do not call it a want of data where there were data but no verdict: %s',
    (reason) => {
      const judgement = { ...SCARCE, reason };
      const stages = [stage(20, { state: 'undecided', judgement, endedAt: null })];
      expect(titleOf({ stages }, HELD)).toBe('Held at 20 % · no verdict in time');
    },
  );

  test('of a rollback for latency has both latencies', () => {
    const stages = [stage(20, { state: 'failed', judgement: SLOW })];
    expect(titleOf({ reason: 'fail:latency', stages }, RESTORED)).toBe(
      'Restored web-00041-kib · latency 168 ms vs 120 ms at 20 %',
    );
  });

  test('of a rollback for a broken ceiling has the limit', () => {
    const [check] = BROKEN.checks;
    const checks = [{ ...check!, baseline: null, limit: 0.01 }];
    const stages = [stage(20, { state: 'failed', judgement: { ...BROKEN, checks } })];
    expect(titleOf({ stages }, RESTORED)).toBe(
      'Restored web-00041-kib · 5xx 2.1 %, limit 1 % at 20 %',
    );
  });

  test('of a rollback by a process that did not watch says what is known', () => {
    expect(titleOf({ stages: [] }, RESTORED)).toBe('Restored web-00041-kib · too many 5xx');
    expect(titleOf({ reason: 'expired' }, RESTORED)).toBe('Restored web-00041-kib · abandoned');
  });

  test('of an order names the person', () => {
    expect(titleOf({ reason: 'ordered:promote:octocat' }, PROMOTED)).toBe(
      'Promoted web-00042-abc · ordered by octocat',
    );
    expect(titleOf({ reason: 'ordered:rollback:octo:cat' }, RESTORED)).toBe(
      'Restored web-00041-kib · ordered by octo:cat',
    );
  });

  test('of a start say how far it is', () => {
    expect(titleOf({ stages: [] })).toBe('Starting · reading the service');
    expect(titleOf({ stages: [stage(0, { state: 'running' })] })).toBe(
      'Running 0 % · proving the canary before it gets traffic',
    );
    expect(titleOf({ stages: [stage(0), stage(5, { state: 'running' })] })).toBe(
      'Running 5 % · stage 1 of 1',
    );
  });

  test('cut a long revision in the middle and keep the numbers', () => {
    const stable = `web-${'long-'.repeat(10)}00041-kib`;
    const title = titleOf({ stable }, RESTORED);
    expect(title).toMatchInlineSnapshot(
      `"Restored web-long-l…-00041-kib · 5xx 2.1 % vs 0.31 % at 20 %"`,
    );
    expect(title).toHaveLength(60);
  });

  test('never cut the numbers, whatever they are: the name goes first', () => {
    const metrics = ['error-rate', 'client-error-rate', 'latency', 'slow-requests'] as const;
    for (const metric of metrics) {
      for (const [canary, baseline] of [
        [1e-9, 1e-9],
        [0.99999, 1e-9],
        [99_900, 12_340],
      ] as const) {
        const checks = [{ ...BROKEN.checks[0]!, metric, canary, baseline }];
        const judgement = { ...BROKEN, checks };
        const stages = [stage(20, { state: 'failed', judgement })];
        for (const stable of ['w', 'web-00041-kib', 'x'.repeat(63)]) {
          const title = titleOf({ reason: `fail:${metric}`, stages, stable }, RESTORED);
          expect(title.length).toBeLessThanOrEqual(60);
          expect(title).toMatch(/ vs .* at 20 %$/);
        }
      }
    }
  });

  test.each(EVERY_OUTCOME)(
    'of %s fit for every reason, however long or odd the names',
    (outcome) => {
      for (const reason of [
        ...EVERY_REASON,
        `ordered:rollback:${'🎉\n`x`'.repeat(50)}`,
      ] as Reason[]) {
        for (const name of ['', 'web-00042-abc', 'x'.repeat(300), '🎉'.repeat(100), '\u202e\n']) {
          const title = titleOf({ outcome, reason, stable: name, canary: name }, RESTORED);
          expect(title.length).toBeLessThanOrEqual(60);
          expect(title).not.toMatch(/[\p{C}]|undefined|NaN| {2}|· *$/u);
        }
      }
    },
  );
});

describe('conclusions', () => {
  test('a running rollout has none', () => {
    expect(renderCheck(report())).toMatchObject({ status: 'in_progress', conclusion: null });
  });

  test.each<[Outcome, Reason | null, string]>([
    ['promoted', 'pass', 'success'],
    ['promoted', 'ordered:promote:octocat', 'success'],
    ['rolled-back', 'fail:error-rate', 'failure'],
    ['rolled-back', 'fail:latency-p99', 'failure'],
    ['rolled-back', 'probe-failed', 'failure'],
    ['rolled-back', 'not-ready', 'failure'],
    ['rolled-back', 'not-served', 'failure'],
    ['rolled-back', 'canary-gone', 'failure'],
    ['rolled-back', 'write-refused', 'failure'],
    ['rolled-back', 'unknown-at-deadline', 'failure'],
    ['rolled-back', 'expired', 'failure'],
    ['rolled-back', null, 'failure'],
    ['rolled-back', 'cancelled', 'cancelled'],
    ['rolled-back', 'ordered:rollback:octocat', 'neutral'],
    ['released', 'drift', 'cancelled'],
    ['start-failed', 'not-ready', 'failure'],
    ['held', 'reached', 'neutral'],
    ['held', 'unknown-at-deadline', 'neutral'],
    ['held', 'cancelled', 'cancelled'],
    ['unchanged', null, 'success'],
    ['gone', null, 'failure'],
    ['refused', null, 'failure'],
    ['busy', null, 'failure'],
    ['hands-off', null, 'failure'],
    ['fenced', 'pass', 'neutral'],
    ['nothing-open', null, 'neutral'],
  ])('%s by %s is %s', (outcome, reason, conclusion) => {
    const served = servedAt(outcome);
    const percent = outcome === 'promoted' ? 100 : 0;
    expect(renderCheck(report({ outcome, reason, served, percent }))).toMatchObject({
      status: 'completed',
      conclusion,
    });
  });

  test('a promotion that is not served is no success', () => {
    const served = { 'web-00041-kib': 50, 'web-00042-abc': 50 };
    const check = renderCheck(
      report({ outcome: 'promoted', reason: 'pass', served, percent: 100 }),
    );
    expect(check.conclusion).toBe('failure');
  });
});

describe('words', () => {
  test.each(EVERY_REASON)('%s has some, and they read on after "because"', (reason) => {
    const { because, short } = reasonWords(reason);
    expect(because).toMatch(/^[a-zA-Z].*[^.]$/);
    expect(short).toMatch(/^[a-zA-Z0-9].*[^.]$/);
  });

  test('of an order keep the whole name', () => {
    expect(reasonWords('ordered:rollback:octo:cat').because).toBe('octo:cat ordered the rollback');
    expect(reasonWords('ordered:promote:octocat').because).toBe('octocat ordered the promotion');
  });

  test.each(EVERY_OUTCOME)('%s says in its first line what happened', (outcome) => {
    const ended = report({ outcome, reason: null, served: servedAt(outcome) });
    const [first] = renderCheck(ended).summary.split('\n');
    const { word, sentence } = OUTCOME_WORDS[outcome];
    expect(first).toMatch(new RegExp(`^\\S+ \\*\\*${word}\\*\\*(?: at \\d+ %)?\\. ${sentence}$`));
  });

  test.each(EVERY_OUTCOME)('%s says what to do next', (outcome) => {
    const { summary } = renderCheck(report({ outcome }));
    expect(summary).toMatch(/### What to do next\n\n\S.*/);
  });

  test('the reason of another rollout is not told as ours', () => {
    const { summary } = renderCheck(report({ outcome: 'busy', reason: 'drift' }));
    expect(summary.split('\n')[0]).not.toContain('because');
  });
});

describe('the summary', () => {
  test('of a promotion', () => {
    expect(renderCheck(PROMOTED).summary).toMatchSnapshot();
  });

  test('of a rollback', () => {
    expect(renderCheck(RESTORED).summary).toMatchSnapshot();
  });

  test('of a hold', () => {
    expect(renderCheck(HELD).summary).toMatchSnapshot();
  });

  test('of a running rollout', () => {
    expect(renderCheck(report()).summary).toMatchSnapshot();
  });

  test('of a running rollout keeps what else there is to say', () => {
    const { summary } = renderCheck(report({ why: 'The split settles.' }));
    expect(summary.split('\n')[0]).toBe(
      '⏳ **Running.** The canary gets 20 % of the requests: stage 2 of 3. The split settles.',
    );
  });

  test('says which guarantee is missing when stale writes are not refused', () => {
    expect(renderCheck(report({ fence: 'absent' })).summary).toContain('can be overwritten');
    expect(renderCheck(report({ fence: 'proved' })).summary).not.toContain('can be overwritten');
    expect(renderCheck(report({ fence: 'unproved' })).summary).not.toContain('can be overwritten');
  });

  test('shows notices, escaped', () => {
    const { summary } = renderCheck(report({ notices: ['Sampling every 60 s <b>assumed</b>.'] }));
    expect(summary).toContain('### Notices\n\n- Sampling every 60 s `<b>assumed</b>`.');
  });

  test('gives no command for a revision that is not known', () => {
    const { summary } = renderCheck(report({ outcome: 'held', stable: '' }));
    expect(summary).toContain('--to-revisions=web-00042-abc=100');
    expect(summary).not.toContain("--to-revisions='=100");
    expect(summary.match(/update-traffic/g)).toHaveLength(1);
  });

  test('names whoever else is served', () => {
    const served = { 'web-00041-kib': 60, 'web-00042-abc': 20, 'web-00030-old': 20 };
    expect(renderCheck(report({ served })).summary).toContain('| Other | `web-00030-old` | 20 % |');
  });
});

describe('the text', () => {
  test('has every number of every stage, newest first', () => {
    expect(renderCheck(RESTORED).text).toMatchSnapshot();
  });

  test('shows a minute without any data as a gap', () => {
    const all = HEALTHY.observation.minutes;
    const minutes = [...all.slice(0, 3), ...all.slice(5)];
    const judgement = { ...HEALTHY, observation: { ...HEALTHY.observation, minutes } };
    const stages = [stage(5, { judgement })];
    expect(renderCheck(report({ stages })).text).toContain(
      'Requests (1 min a sign, · is no data)\ncanary ███··█████ max 50',
    );
    expect(renderCheck(report({ stages, timing: null })).text).toContain(
      'Requests (1 × the sample period a sign)\ncanary ████████ max 50',
    );
  });

  test('says that data are partial', () => {
    const partial = { ...HEALTHY, observation: { ...HEALTHY.observation, complete: false } };
    const { text } = renderCheck(report({ stages: [stage(5, { judgement: partial })] }));
    expect(text).toContain('(10 min), partial');
  });

  test('is empty before anything has begun', () => {
    expect(renderCheck(report({ stages: [stage(5, WAITING)] })).text).toBe('');
  });
});

describe('the job summary', () => {
  test('has a title of its own, the summary and the details', () => {
    const summary = renderSummary(RESTORED);
    expect(summary.split('\n')[0]).toBe(`## ${renderCheck(RESTORED).title}`);
    expect(summary).toContain('Service `web` in `us-central1`, project `demo`');
    expect(summary).toContain(renderCheck(RESTORED).summary);
    expect(summary).toContain(renderCheck(RESTORED).text);
    expect(summary.endsWith('</details>\n')).toBe(true);
  });
});

describe('limits and hostile text', () => {
  const nasty = `\`\`\`\n</details>\n# x @octocat ![x](https://evil.example) <img src=x> a|b\u202e`;
  const long = nasty.repeat(2000);
  const hostile = (text: string): Report =>
    report({
      outcome: 'held',
      reason: `ordered:rollback:${text}`,
      service: { project: text, region: text, service: text },
      runUrl: text,
      starterUrl: text,
      outlook: { ...report().outlook, rerun: { ...RERUN, runUrl: text } },
      rolloutId: text,
      why: text,
      stable: text,
      canary: `${text}2`,
      image: text,
      commit: text,
      tag: text,
      url: text,
      canaryUrl: text,
      served: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${text}${i}`, 1])),
      notices: Array.from({ length: 200 }, () => text),
      fence: 'absent',
      stages: Array.from({ length: 60 }, (_, i) =>
        stage(i, {
          note: text,
          judgement: {
            ...BROKEN,
            why: text,
            checks: BROKEN.checks.map((check) => ({ ...check, why: text })),
          },
        }),
      ),
    });

  test('no limit in bytes is passed', () => {
    const { summary, text } = renderCheck(hostile(long));
    expect(byteLength(summary)).toBeLessThanOrEqual(65_535);
    expect(byteLength(text)).toBeLessThanOrEqual(65_535);
    expect(byteLength(renderSummary(hostile(long)))).toBeLessThanOrEqual(256 * 1024);
    const json = reportJson(hostile(long));
    expect(byteLength(json)).toBeLessThanOrEqual(96 * 1024);
    expect(JSON.parse(json)).toMatchObject({ version: 1, outcome: 'held' });
    const finding = { subject: long, value: long, wrong: long, advice: long };
    const refusal = {
      findings: Array.from({ length: 900 }, () => finding),
      advice: long,
      commands: [],
    };
    expect(byteLength(reportJson({ ...hostile(long), refusal }))).toBeLessThanOrEqual(96 * 1024);
  });

  test('what to do next survives a table that is cut', () => {
    const { service, stable, canary } = report();
    const stages = Array.from({ length: 1000 }, () => stage(5, { judgement: BROKEN }));
    const named = { ...hostile(nasty.repeat(3)), service, stable, canary, stages };
    expect(renderCheck(named).summary).toMatch(
      /left out[\s\S]*### What to do next[\s\S]*```sh\ngcloud/,
    );
    expect(renderCheck(hostile(long)).summary).toContain('### What to do next');
  });

  test.each([
    ['short', nasty],
    ['long', long],
  ])('%s foreign text adds no link, image, mention or HTML', (_, text) => {
    const rendered = hostile(text);
    for (const markdown of [renderCheck(rendered).summary, renderCheck(rendered).text]) {
      const nodes = JSON.stringify(marked.lexer(markdown));
      expect(nodes).not.toMatch(/"type":"(?:image|html)"/);
      const links: string[] = [];
      void marked.walkTokens(marked.lexer(markdown), (token) => {
        if (token.type === 'link') links.push(new URL(String(token['href'])).host);
      });
      expect(links.filter((host) => host !== 'console.cloud.google.com')).toEqual([]);
      const prose = markdown
        .replace(/^(`{3,})(?:sh|yaml|text)\n[\s\S]*?^\1$/gm, '')
        .replace(/\(<https:\/\/console\.cloud\.google\.com\/[^>]*>\)/g, '')
        .replace(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, '');
      expect(prose).not.toMatch(/@octocat|<img|!\[|evil/);
    }
  });

  test('foreign text does not leave the block of commands', () => {
    const { summary } = renderCheck(hostile(nasty));
    const blocks = marked.lexer(summary).flatMap((node) => (node.type === 'code' ? node.raw : []));
    const lines = blocks.map((block) => block.trimEnd().split('\n').slice(1, -1));
    const [inputs, ...commands] = lines;
    expect(inputs!.map((line) => line.split(': "')[0])).toEqual([
      'service',
      'region',
      'project_id',
    ]);
    expect(commands).toHaveLength(2);
    for (const [line] of commands) expect(line).toMatch(/^gcloud run services update-traffic '/);
  });

  test.each([
    ['web', 'web'],
    ['web-00041-kib=100', 'web-00041-kib=100'],
    ['example.com:demo', 'example.com:demo'],
    ['a b', "'a b'"],
    ['$(rm -rf /)', "'$(rm -rf /)'"],
    ["it's", "'it'\\''s'"],
    ['--flag', "'--flag'"],
    ['', "''"],
    ['a\nb', "'a\\nb'"],
  ])('%j is the shell word %s', (text, word) => {
    expect(shellWord(text)).toBe(word);
  });
});

describe('outputs', () => {
  test('of a rollback', () => {
    expect(outputsOf(RESTORED)).toEqual({
      outcome: 'rolled-back',
      verdict: 'fail',
      reason: 'fail:error-rate',
      revision: 'web-00042-abc',
      stable_revision: 'web-00041-kib',
      url: 'https://web-abc.a.run.app',
      canary_url: 'https://canary---web-abc.a.run.app',
      percent: '0',
      stage: '2',
    });
  });

  test('are empty where nothing is known', () => {
    expect(outputsOf(report({ stages: [], reason: null }))).toMatchObject({
      outcome: '',
      verdict: '',
      reason: '',
      stage: '',
    });
  });
});

describe('the report for machines', () => {
  test('has plain numbers and times', () => {
    const value: unknown = JSON.parse(reportJson(RESTORED));
    expect(value).toMatchObject({
      version: 1,
      outcome: 'rolled-back',
      startedAt: '2026-11-20T15:00:00.000Z',
      served: { 'web-00041-kib': 100 },
      stages: [
        {},
        {},
        {
          percent: 20,
          state: 'failed',
          judgement: {
            verdict: 'fail',
            canaryRequests: 1920,
            checks: [{ metric: 'error-rate', canary: 40 / 1920, verdict: 'fail' }, {}, {}],
            window: { minutes: 6, complete: true, from: '2026-11-20T15:12:00.000Z' },
          },
        },
        { startedAt: null, judgement: null },
      ],
    });
  });

  test('has no time it does not know', () => {
    expect(JSON.parse(reportJson(report({ startedAt: NaN })))).toMatchObject({ startedAt: null });
  });
});

describe('numbers', () => {
  test.each([
    [rateText(0), '0 %'],
    [rateText(0.00001), 'under 0.01 %'],
    [rateText(0.003), '0.3 %'],
    [rateText(0.00347), '0.35 %'],
    [rateText(0.0213), '2.1 %'],
    [rateText(0.5), '50 %'],
    [rateText(0.99996), '99.9 %'],
    [rateText(1), '100 %'],
    [rateText(2.5), '250 %'],
    [pointsText(0.005), '0.5 points'],
    [pointsText(0.01), '1 point'],
    [latencyText(0), '0 ms'],
    [latencyText(4.26), '4.3 ms'],
    [latencyText(410.4), '410 ms'],
    [latencyText(1400), '1.4 s'],
    [latencyText(65_432), '65.4 s'],
    [countText(0), '0'],
    [countText(999), '999'],
    [countText(1234567), '1,234,567'],
    [durationText(0), '0 s'],
    [durationText(500), '500 ms'],
    [durationText(45_000), '45 s'],
    [durationText(59_600), '1 min'],
    [durationText(90_000), '1 min 30 s'],
    [durationText(38 * MINUTE), '38 min'],
    [durationText(125 * MINUTE), '2 h 5 min'],
    [durationText(76 * 60 * MINUTE), '3 d 4 h'],
    [instantText(START), '2026-11-20 15:00:00 UTC'],
    [clockText(START, START + 8 * 60 * MINUTE), '15:00 UTC'],
    [clockText(START + 5000, START), '15:00:05 UTC'],
    [clockText(START, START + 9 * 60 * MINUTE), '2026-11-20 15:00 UTC'],
    [clockText(NaN, START), 'unknown time'],
    [instantText(NaN), 'unknown time'],
    [instantText(1e300), 'unknown time'],
    [ageText(START, START + 38 * MINUTE), '38 min ago'],
    [ageText(START, START), 'just now'],
    [ageText(START + MINUTE, START), 'in 1 min'],
    [ageText(NaN, START), 'unknown age'],
    [ratioText(Math.log(947)), '900 : 1'],
    [ratioText(Math.log(100)), '100 : 1'],
    [ratioText(Math.log(1000)), '1,000 : 1'],
    [ratioText(Math.log(1001)), 'more than 1,000 : 1'],
    [ratioText(1e6), 'more than 1,000 : 1'],
    [ratioText(Math.log(6.9)), '6 : 1'],
    [ratioText(0), '1 : 1'],
    [ratioText(Math.log(0.43)), '0.4 : 1'],
    [ratioText(Math.log(0.069)), '0.06 : 1'],
    [ratioText(-99), 'less than 0.01 : 1'],
  ])('%s', (actual, expected) => {
    expect(actual).toBe(expected);
  });
});

describe('a row of bars', () => {
  test('is scaled to its highest value; zero is the lowest bar, absence none', () => {
    expect(sparkline([0, 1, null, 7])).toEqual({ signs: '▁▂·█', highest: 7, perSign: 1 });
  });

  test('of zeros is flat', () => {
    expect(sparkline([0, 0])?.signs).toBe('▁▁');
  });

  test('of many values shows the highest of each group', () => {
    const chart = sparkline(Array.from({ length: 150 }, (_, i) => (i === 4 ? 7 : 0)))!;
    expect([chart.signs.length, chart.perSign]).toEqual([50, 3]);
    expect(chart.signs.slice(0, 3)).toBe('▁█▁');
  });

  test('of nothing, or of what is no number, is not drawn', () => {
    expect(sparkline([])).toBeNull();
    expect(sparkline([null])).toBeNull();
    expect(sparkline([1, NaN])).toBeNull();
    expect(sparkline([-1])).toBeNull();
  });
});
