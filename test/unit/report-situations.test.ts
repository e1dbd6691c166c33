/** Eight situations, five questions each: what a reader of the check run alone must be able to say. */
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import { byteLength } from '../../src/core/report/markdown.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import { renderCheck, renderSummary } from '../../src/core/report/report.ts';
import { CANARY_REVISION, SITUATIONS, STABLE_REVISION } from '../report-situations.ts';
import type { SituationName } from '../report-situations.ts';
import { unfolded } from '../unfolded.ts';

type Answers = {
  readonly title: RegExp;
  readonly happened: RegExp;
  readonly why: RegExp;
  readonly sure: RegExp;
  readonly affected: RegExp;
  readonly type: readonly RegExp[];
};

const UNDO = new RegExp(`^gcloud run services update-traffic .*=${STABLE_REVISION}=100$`, 'm');
const FINISH = new RegExp(`^gcloud run services update-traffic .*=${CANARY_REVISION}=100$`, 'm');
const RERUN = /^gh run rerun 19482736450 --failed --repo octo-shop\/checkout$/m;
const ALL_STABLE = new RegExp(
  `Nobody gets the canary: 100 % of the requests go to the stable revision \`${STABLE_REVISION}\``,
);

const ANSWERS: Readonly<Record<SituationName, Answers>> = {
  running: {
    title: /^Running 20 % · stage 2 of 3 · ends 02:\d\d UTC or later$/,
    happened: /\*\*Running\.\*\* The canary gets 20 % of the requests: stage 2 of 3\./,
    why: /No regression proven in [\d,]+ canary requests so far/,
    sure: /times as likely from a canary that is no worse .* Nothing is decided yet\./,
    affected: /20 % of the requests \(one in 5\) go to the canary .*, 80 % to the stable revision/,
    type: [
      /^gh run cancel 19482736450/m,
      UNDO,
      /`command: rollback`/,
      /`command: promote` and `at: 20%`/,
    ],
  },
  promoted: {
    title: /^Promoted checkout-c8y7innm-1 · 3 stages · 47 min$/,
    happened: /\*\*Promoted\*\* because every stage passed\./,
    why: /No sign of a regression after [\d,]+ canary requests/,
    sure: /ruled out 20 : 1/,
    affected: /Everybody gets the canary: 100 % of the requests go to the canary/,
    type: [UNDO, /`command: rollback` and `to: previous`/],
  },
  'restored on errors': {
    title: /^Restored checkout-00041-kib · 5xx [\d.]+ % vs [\d.]+ % at 20 %$/,
    happened: /\*\*Restored\*\* at 20 % because the canary failed more requests than allowed\./,
    why: /5xx [\d.]+ % on the canary against [\d.]+ % on the stable revision \(\d+ of [\d,]+ against/,
    sure: /more than 1,000 times as likely from a canary that is worse/,
    affected: ALL_STABLE,
    type: [RERUN, FINISH],
  },
  'restored on latency': {
    title: /^Restored \S+ · latency \d+ ms vs \d+ ms at 20 %$/,
    happened: /\*\*Restored\*\* at 20 % because the canary was slower than the stable revision\./,
    why: /p95 \d+ ms on the canary against \d+ ms on the stable revision/,
    sure: /times as likely from a canary that is worse/,
    affected: ALL_STABLE,
    type: [RERUN, FINISH],
  },
  'no data, held': {
    title: /^Held at 5 % · not enough data$/,
    happened: /\*\*Held\*\* at 5 % because there were not enough data to judge by in time\./,
    why: /Only \d+ canary requests in 10 min where 100 are needed\./,
    sure: /Not at all\. There are too few data/,
    affected: /5 % of the requests \(one in 20\) go to the canary .*, 95 % to the stable/,
    type: [RERUN, FINISH, UNDO, /It is held until 2026-11-22 02:42 UTC/],
  },
  'manual gate': {
    title: /^Held at 20 % · waiting for a person$/,
    happened: /\*\*Held\*\* at 20 % because it has come to where a person decides\./,
    why: /No sign of a regression after [\d,]+ canary requests/,
    sure: /\*\*How sure\*\*: /,
    affected: /20 % of the requests \(one in 5\) go to the canary/,
    type: [
      /`command: ramp`/,
      /`command: promote` and `at: 20%`/,
      /`command: rollback`/,
      FINISH,
      UNDO,
    ],
  },
  'released to an outsider': {
    title: /^Released · traffic changed by others, left as it is$/,
    happened: /\*\*Released\*\* because somebody else changed the traffic\./,
    why: /last changed by `ops@example\.com`/,
    sure: /No measurement decided: somebody else changed the traffic/,
    affected: /50 % of the requests \(one in 2\) go to the canary .*, 50 % to the stable/,
    type: [UNDO, FINISH, RERUN],
  },
  'refused plan': {
    title: /^Refused · nothing was changed$/,
    happened: /\*\*Refused\*\*\. The rollout cannot start\. Nothing was changed\./,
    why: /is missing on project shop-prod/,
    sure: /\*\*How sure\*\*: Certain\./,
    affected: /Nobody is affected by this run: 100 % of the requests go to `checkout-00041-kib`\./,
    type: [/^ {2}gcloud projects add-iam-policy-binding shop-prod /m, RERUN],
  },
};

const EVERY = Object.entries(SITUATIONS) as readonly (readonly [SituationName, Report])[];

describe.each(EVERY)('%s', (name, report) => {
  const { title, summary, text } = renderCheck(report);
  const answers = ANSWERS[name];

  test('what happened stands in the title and in the first line', () => {
    expect(title).toMatch(answers.title);
    expect(title.length).toBeLessThanOrEqual(60);
    expect(summary.split('\n')[0]).toMatch(answers.happened);
  });

  test('why, and how sure that is', () => {
    expect(summary).toMatch(answers.why);
    expect(summary).toMatch(answers.sure);
  });

  test('who is affected now comes before everything else', () => {
    expect(sectionOf(summary, 'Who is affected now')).toMatch(answers.affected);
    expect(headingsOf(summary)[0]).toBe('Who is affected now');
  });

  test('what to type next is there to be copied', () => {
    const next = sectionOf(unfolded(summary), 'What to do next');
    for (const wanted of answers.type) expect(next).toMatch(wanted);
    // One block, one step: but for the taking back, which is one after the other.
    const blocks = marked.lexer(next).filter((token) => token.type === 'code');
    for (const block of blocks) {
      const commands = block.raw.split('\n').filter((line) => /^g(?:cloud|h) /.test(line));
      expect(commands.length <= 1 || name === 'released to an outsider').toBe(true);
    }
  });

  test('has no word of a program where a person reads', () => {
    const shown = `${summary}\n${text}`.replace(/```[\s\S]*?```|`[^`]*`|\(<[^>]*>\)/g, '');
    expect(shown).not.toMatch(
      /\b(?:null|undefined|NaN|rolled-back|drift|start-failed)\b|, (?:pass|fail|unknown):|\| (?:pass|fail|unknown) \|/,
    );
    expect(shown).not.toMatch(/\d{4}-\d\d-\d\dT/);
  });

  test('the pages to look at have the window and both revisions filled in', () => {
    const links = linksOf(sectionOf(summary, 'What to do next'));
    const metrics = links.filter((url) => url.includes('/monitoring/metrics-explorer'));
    expect(links.some((url) => url.includes('/run/detail/europe-west1/checkout/'))).toBe(true);
    expect(metrics).toHaveLength(name === 'refused plan' ? 0 : 2);
    for (const url of metrics) {
      expect(decodeURIComponent(url)).toContain(
        `one_of(\\"${CANARY_REVISION}\\",\\"${STABLE_REVISION}\\")`,
      );
      expect(decodeURIComponent(url)).toContain('"timeRange":"custom","start":"2026-11-21T02:');
    }
  });

  test('charts are in the job summary only, where GitHub draws them', () => {
    expect(`${summary}${text}`).not.toContain('```mermaid');
    expect(renderSummary(report).includes('```mermaid')).toBe(name !== 'refused plan');
  });
});

describe('a running rollout', () => {
  test('says how long the stage is watched, when the next look is, and when it can end', () => {
    const { summary } = renderCheck(SITUATIONS.running);
    expect(summary).toContain('- Bake: until 02:37:08 UTC (in 8 s)');
    expect(summary).toContain('- Next look: 02:38 UTC (in 1 min)');
    expect(summary).toMatch(/- Verdict of this stage: not before 02:40:08 UTC/);
    expect(summary).toMatch(
      /- Promotion, if every stage passes: at the earliest 02:53:08 UTC \(.*\), at the latest 03:31 UTC/,
    );
  });

  test('whose canary has failed says that it is being undone', () => {
    const { stages } = SITUATIONS['restored on errors'];
    const failing = { ...SITUATIONS.running, stages };
    expect(renderCheck(failing).summary.split('\n')[0]).toContain(
      'The canary has failed at 20 %, and the stable revision is being restored.',
    );
  });
});

describe('a rollback or promotion that is asked for and not served yet', () => {
  test.each<[SituationName, Record<string, number>]>([
    ['restored on errors', { [STABLE_REVISION]: 80, [CANARY_REVISION]: 20 }],
    ['promoted', { [STABLE_REVISION]: 50, [CANARY_REVISION]: 50 }],
  ])('%s: nobody is told that nothing is to be done', (name, served) => {
    const { summary } = renderCheck({ ...SITUATIONS[name], served });
    expect(sectionOf(summary, 'Who is affected now')).toContain('does not serve that yet');
    const next = sectionOf(unfolded(summary), 'What to do next');
    expect(next).toContain('Cloud Run does not serve yet what it was asked for.');
    expect(next).not.toMatch(/Nothing is urgent|Nothing, if it is to stay so/);
    expect(next).toMatch(UNDO);
    expect(next).toMatch(FINISH);
  });
});

test('a failure that another run has measured is not told as measured by this one', () => {
  const { stages, ...rest } = SITUATIONS['restored on errors'];
  const unjudged = stages.map((stage) => ({ ...stage, judgement: null }));
  const decided = sectionOf(renderCheck({ ...rest, stages: unjudged }).summary, 'What decided');
  expect(decided).toContain('The look that decided was taken by another run');
});

test('what was never seen is not approved: no share in a promotion of another rollout', () => {
  const busy = { ...SITUATIONS['manual gate'], outcome: 'busy' } as const;
  const { summary } = renderCheck(busy);
  expect(summary).toContain('`command: promote`');
  expect(summary).not.toContain('`at: ');
});

describe('with a workflow that takes orders by hand', () => {
  const dispatch = {
    workflow: 'order.yml',
    ref: 'main',
    inputs: { command: 'status', to: '', at: '', image: "it's late" },
  };
  const shown = (name: SituationName): string => {
    const report = SITUATIONS[name];
    return unfolded(renderCheck({ ...report, outlook: { ...report.outlook, dispatch } }).summary);
  };
  const start = 'gh workflow run order.yml --repo octo-shop/checkout --ref main';
  const others = ` -f 'image=it'\\''s late'`;

  test('each order is one command', () => {
    const summary = shown('manual gate');
    for (const given of ['command=ramp', `command=promote -f 'at=20%'`, 'command=rollback']) {
      expect(summary).toContain(`\n${start} -f ${given}${others}\n`);
    }
    expect(summary).not.toContain('as inputs of a step');
  });

  test('what it was given beside them may be a secret, and is not repeated', () => {
    const { outlook } = SITUATIONS['manual gate'];
    const inputs = { ...dispatch.inputs, db_password: 'hunter2hunter2' };
    const report = {
      ...SITUATIONS['manual gate'],
      outlook: { ...outlook, dispatch: { ...dispatch, inputs } },
    };
    expect(renderCheck(report).summary).not.toMatch(/hunter2|gh workflow run/);
    expect(renderCheck(report).summary).toContain('as inputs of a step');
  });

  test('the inputs are shown where it lacks one of them', () => {
    const { outlook } = SITUATIONS.promoted;
    const inputs = { command: 'run' };
    const report = {
      ...SITUATIONS.promoted,
      outlook: { ...outlook, dispatch: { ...dispatch, inputs } },
    };
    expect(renderCheck(report).summary).toContain('`command: rollback` and `to: previous`');
    expect(renderCheck(report).summary).not.toContain('gh workflow run');
  });
});

test('51 stages and a branch of 10,000 characters fit, and the commands are still there', () => {
  const base = SITUATIONS['restored on errors'];
  const stages = Array.from({ length: 51 }, (_, i) => ({ ...base.stages[2]!, percent: i + 1 }));
  const dispatch = { workflow: 'order.yml', ref: 'b'.repeat(10_000), inputs: { command: 'run' } };
  const report = { ...base, stages, outlook: { ...base.outlook, dispatch } };
  const { summary, text } = renderCheck(report);
  expect(byteLength(summary)).toBeLessThanOrEqual(65_535);
  expect(byteLength(text)).toBeLessThanOrEqual(65_535);
  expect(text).toContain('### 1 % for 10 min');
  expect(unfolded(summary)).toMatch(FINISH);
  expect(summary).not.toContain('bbbbbbbb');
});

function headingsOf(markdown: string): readonly string[] {
  return marked.lexer(markdown).flatMap((token) => (token.type === 'heading' ? token['text'] : []));
}

function sectionOf(markdown: string, heading: string): string {
  const [, rest = ''] = markdown.split(`### ${heading}\n`);
  return rest.split('\n### ')[0] ?? '';
}

function linksOf(markdown: string): readonly string[] {
  const found: string[] = [];
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    if (token.type === 'link') found.push(String(token['href']));
  });
  return found;
}
