/** Comment, Deployment and notifications: what is asked for, and what each of them says. */
import * as fc from 'fast-check';
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import { channelsIn, secretsOf } from '../../src/core/inputs/channel-inputs.ts';
import { commentOf } from '../../src/core/report/report-comment.ts';
import { deploymentStatusOf } from '../../src/core/report/report-deployment.ts';
import { reportOf } from '../../src/core/report/report-facts.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import { notificationOf } from '../../src/core/report/report-notification.ts';
import { OUTCOME_WORDS } from '../../src/core/report/report-words.ts';
import type { Outcome } from '../../src/core/decision-types.ts';
import type { Phase, Reason, RolloutRecord } from '../../src/core/types.ts';
import { findings, LEAST, request } from './given-inputs.ts';
import { CANARY, STABLE, aCaller, aDrive, aMemory, aRecord, aService } from './build.ts';

const REF = { project: 'p', region: 'europe-west1', service: 'web' };
const PAGE = 'https://github.com/o/r/runs/1';

function reported(outcome: Outcome | null, record: Partial<RolloutRecord> = {}): Report {
  const served = outcome === 'promoted' ? { [CANARY]: 100 } : { [STABLE]: 90, [CANARY]: 10 };
  const service = aService({ asked: served, served, record: aRecord(record) });
  const ending = outcome === null ? null : { outcome, why: 'So it ended.' };
  const told = {
    service,
    memory: aMemory(),
    ending,
    judgements: new Map(),
    outsider: null,
    found: null,
  };
  return reportOf(
    { ref: REF, caller: aCaller(), goal: aDrive(), notices: [], forecast: null },
    told,
  );
}

const ENDS: readonly (readonly [Outcome, Phase, Reason])[] = [
  ['promoted', 'promoted', 'pass'],
  ['rolled-back', 'rolled-back', 'fail:error-rate'],
  ['rolled-back', 'rolled-back', 'cancelled'],
  ['rolled-back', 'rolled-back', 'ordered:rollback:ada'],
  ['start-failed', 'start-failed', 'not-ready'],
  ['released', 'released', 'drift'],
  ['held', 'held', 'reached'],
  ['held', 'held', 'watched'],
  ['held', 'held', 'unknown-at-deadline'],
  ['held', 'held', 'cancelled'],
];

const ended = ([outcome, phase, reason]: (typeof ENDS)[number]) =>
  reported(outcome, { phase, reason });

describe('the inputs', () => {
  test('left out, nobody is told anything more', () => {
    const { channels } = request(LEAST);
    expect(channels).toEqual({ comment: 'never', deployment: null, notify: null });
    expect(channelsIn(new Map())).toEqual(channels);
    expect(secretsOf(channels)).toEqual([]);
  });

  test('are what they say, for every command, and for the post step as well', () => {
    const given = {
      comment: 'on_failure',
      deployment: 'true',
      deployment_environment: 'production',
      notify_url: 'https://hooks.example.com/services/T0/B0/abcdef',
      notify_secret: 'sixteen-or-more-characters',
      notify_format: 'slack',
    };
    const { channels } = request({ service: 'web', command: 'rollback', ...given });
    expect(channels).toEqual({
      comment: 'on_failure',
      deployment: { environment: 'production' },
      notify: { url: given.notify_url, secret: given.notify_secret, format: 'slack' },
    });
    expect(channelsIn(new Map(Object.entries(given)))).toEqual(channels);
    expect(secretsOf(channels)).toEqual([
      given.notify_url,
      '/services/T0/B0/abcdef',
      given.notify_secret,
    ]);
  });

  test('a run that does not get the secrets is not refused for it', () => {
    const { channels } = request({ ...LEAST, notify_format: 'slack', notify_url: '' });
    expect(channels.notify).toBeNull();
  });

  test.each([
    ['http://hooks.example.com/x'],
    ['ftp://hooks.example.com/x'],
    ['https://me:secret@hooks.example.com/x'],
    ['https://hooks.example.com/x#fragment'],
    ['hooks.example.com/x'],
    ['http://127.0.0.2/x'],
    ['https://hooks.example.com/a\nb'],
    ['https://hooks.example.com/ä'],
    ['https://hooks.example.com/x y'],
    ['javascript:alert(1)//hooks.example.com'],
    ['file:///hooks.example.com'],
    [`https://hooks.example.com/${'x'.repeat(2_000)}`],
  ])('notify_url: %s is refused, and not shown', (notify_url) => {
    const found = findings({ ...LEAST, notify_url });
    expect(found).toMatchObject([{ subject: 'notify_url', value: null }]);
    expect(JSON.stringify(found)).not.toContain('hooks.example.com');
  });

  test.each(['http://127.0.0.1:8080/x', 'http://localhost/x', 'http://[::1]/x'])(
    'notify_url: %s is this machine, and taken',
    (notify_url) => {
      expect(request({ ...LEAST, notify_url }).channels.notify?.url).toBe(notify_url);
    },
  );

  test('a part of the address in another input is not shown either', () => {
    const notify_url = 'https://hooks.example.com/services/abcdef';
    const found = findings({ ...LEAST, notify_url, stages: notify_url });
    expect(JSON.stringify(found)).not.toContain('abcdef');
  });

  test.each([
    ['comment', { comment: 'sometimes' }],
    ['deployment', { deployment: 'production' }],
    ['deployment_environment', { deployment_environment: 'production' }],
    ['deployment_environment', { deployment: 'true', deployment_environment: 'a\nb' }],
    ['deployment_environment', { deployment: 'true', deployment_environment: 'x'.repeat(256) }],
    ['notify_secret', { notify_url: 'https://hooks.example.com/x', notify_secret: 'short' }],
    ['notify_format', { notify_format: 'teams' }],
  ])('%s: %j is refused', (subject, given) => {
    expect(findings({ ...LEAST, ...given })).toMatchObject([{ subject }]);
  });
});

describe('the comment', () => {
  test('with always says how it stands and how it ended, with the page and the commands', () => {
    const running = commentOf(reported(null), 'always', PAGE)!;
    expect(running).toMatchObject({ makes: true, isLast: false });
    expect(running.body).toContain(`](<${PAGE}>)`);
    const { body } = commentOf(ended(ENDS[1]!), 'always', PAGE)!;
    const { word } = OUTCOME_WORDS['rolled-back'];
    expect(body).toContain(`**${word}** because the canary failed more requests than allowed.`);
    expect(body).toContain(`Served now: ${STABLE} 90 %, ${CANARY} 10 %.`);
    expect(body).toContain('```sh');
    expect(body).toContain('So it ended.');
  });

  test.each([
    [ENDS[0]!, false],
    [ENDS[1]!, true],
    [ENDS[2]!, true],
    [ENDS[3]!, false],
    [ENDS[4]!, true],
    [ENDS[5]!, true],
    [ENDS[6]!, false],
    [ENDS[7]!, false],
    [ENDS[8]!, true],
    [ENDS[9]!, true],
  ])('with on_failure %j makes one: %s', (end, makes) => {
    expect(commentOf(ended(end), 'on_failure', PAGE)).toMatchObject({ makes, isLast: true });
  });

  test('with on_failure says nothing on the way, and with never nothing at all', () => {
    expect(commentOf(reported(null), 'on_failure', PAGE)).toBeNull();
    expect(commentOf(ended(ENDS[1]!), 'never', PAGE)).toBeNull();
  });

  test('fits into what GitHub takes, and mentions and links nobody, whatever is told', () => {
    const hostile = fc.array(
      fc.constantFrom(
        '@octocat',
        '#12',
        'GH-1',
        '<img src=x>',
        '[a](http://b)',
        '![x](y)',
        'https://evil.example',
        '`',
        '|',
        '\n\n# ',
        '-->',
        '<!--',
        'www.evil.example',
        '\u202e',
        'x'.repeat(20_000),
      ),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(hostile, fc.constantFrom(...ENDS), (words, end) => {
        const report = { ...ended(end), why: words.join(' '), canary: words.join('-') };
        const { body } = commentOf(report, 'always', PAGE)!;
        expect(body.length).toBeLessThan(65_536);
        const html = marked.parse(body, { async: false });
        const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href);
        const foreign = links.filter(
          (href) => !/^https:\/\/(?:github|console\.cloud\.google)\.com\//.test(href),
        );
        expect(foreign).toEqual([]);
        const text = html.replaceAll(/<code[^>]*>[^]*?<\/code>|href="[^"]*"/g, '');
        expect(text).not.toMatch(/@octocat|#12|GH-1|<img|evil\.example|<!--/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the Deployment', () => {
  const url = 'https://web-1.example.app';
  const canaryUrl = 'https://c-1---web-1.example.app';

  test.each([
    [null, 'in_progress', canaryUrl],
    [ENDS[0]!, 'success', url],
    [ENDS[1]!, 'failure', url],
    [ENDS[2]!, 'inactive', url],
    [ENDS[3]!, 'inactive', url],
    [ENDS[4]!, 'failure', url],
    [ENDS[5]!, 'inactive', url],
    [ENDS[6]!, 'in_progress', canaryUrl],
    [ENDS[8]!, 'in_progress', canaryUrl],
  ] as const)('of %j is %s, at %s', (end, state, environmentUrl) => {
    const report = { ...(end === null ? reported(null) : ended(end)), url, canaryUrl };
    expect(deploymentStatusOf(report, PAGE)).toMatchObject({ state, environmentUrl, logUrl: PAGE });
  });

  test('of a promotion that is not served is no success', () => {
    const report = { ...ended(ENDS[0]!), served: { [STABLE]: 100 } };
    expect(deploymentStatusOf(report, PAGE)).toMatchObject({ state: 'failure' });
  });

  test.each([
    'refused',
    'busy',
    'unchanged',
    'planned',
    'nothing-open',
    'hands-off',
    'gone',
  ] as const)('says nothing of what is %s', (outcome) => {
    expect(deploymentStatusOf(reported(outcome), PAGE)).toBeNull();
  });

  test('says nothing before there is a canary', () => {
    expect(deploymentStatusOf({ ...reported(null), canary: '' }, PAGE)).toBeNull();
  });
});

describe('a notification', () => {
  const generic = { format: 'generic', page: PAGE, repeatsEnd: false } as const;
  const eventOf = (report: Report): unknown => {
    const notification = notificationOf(report, generic);
    return notification === null ? null : JSON.parse(notification.body).event;
  };

  test.each([
    [{ stage: 0, reason: 'started' }, 'started'],
    [{ stage: 1, reason: 'pass' }, 'raised'],
    // Whoever takes over, every five minutes, moves nothing.
    [{ stage: 1, reason: 'taken' }, null],
    // Its end follows.
    [{ stage: 1, phase: 'rolled-back', reason: 'fail:error-rate' }, null],
    [{ stage: 1, phase: 'held', reason: 'reached' }, null],
  ] as const)('on the way at %j is %s', (record, event) => {
    expect(eventOf(reported(null, record))).toBe(event);
  });

  test.each(ENDS.map((end) => [end, end[2] === 'watched' ? null : end[0]] as const))(
    'at the end %j is %s',
    (end, event) => {
      expect(eventOf(ended(end))).toBe(event);
    },
  );

  test.each(['refused', 'busy', 'unchanged', 'planned', 'nothing-open', 'hands-off'] as const)(
    'is not sent where nothing has become of a rollout: %s',
    (outcome) => {
      expect(eventOf(reported(outcome))).toBeNull();
    },
  );

  test('is not sent of what somebody else has done, but for the end that main had no time to tell', () => {
    for (const report of [reported(null, { stage: 1, reason: 'pass' }), ended(ENDS[1]!)]) {
      const found = { ...report, isAsFound: true };
      expect(eventOf(found)).toBeNull();
      const again = notificationOf(found, { ...generic, repeatsEnd: true });
      expect(again === null).toBe(report.outcome === null);
    }
  });

  test('of the same transition has the same id, of another stage another', () => {
    const idOf = (report: Report) => notificationOf(report, generic)?.id;
    const first = reported(null, { stage: 1, reason: 'pass' });
    expect(idOf({ ...first, why: 'other words', now: first.now + 1 })).toBe(idOf(first));
    expect(idOf(reported(null, { stage: 2, reason: 'pass' }))).not.toBe(idOf(first));
  });

  test('is facts by name, in JSON', () => {
    const body = JSON.parse(notificationOf(ended(ENDS[1]!), generic)!.body);
    expect(body).toMatchObject({
      version: 1,
      event: 'rolled-back',
      conclusion: 'failure',
      at: '2026-11-20T15:04:05.000Z',
      service: REF,
      canary: CANARY,
      stable: STABLE,
      reason: 'fail:error-rate',
      report_url: PAGE,
    });
  });

  test('for Slack names nobody and links nothing but the page', () => {
    const why = '<!channel> <@U123> @here <https://evil.example|click> & *bold*';
    const report = { ...ended(ENDS[1]!), why };
    const { body } = notificationOf(report, { ...generic, format: 'slack' })!;
    const message = JSON.parse(body);
    expect(message.text).toContain(
      '&lt;!channel&gt; &lt;@\u200bU123&gt; @\u200bhere &lt;https://evil.example|click&gt; &amp; *bold*',
    );
    const marked = message.blocks.flatMap((block: { text: { type: string; text: string } }) =>
      block.text.type === 'mrkdwn' ? [block.text.text] : [],
    );
    expect(marked).toEqual([`<${PAGE}|What was measured>`]);
    const plain = message.blocks.filter(
      (block: { text: { type: string } }) => block.text.type === 'plain_text',
    );
    expect(plain[1].text.text).toBe(why);
  });

  test('for Slack fits into its blocks, however long the sentence', () => {
    const report = { ...ended(ENDS[1]!), why: 'ä'.repeat(50_000), canary: 'x'.repeat(5_000) };
    const { body } = notificationOf(report, { ...generic, format: 'slack' })!;
    const { blocks } = JSON.parse(body);
    const lengths = blocks.map((block: { text: { text: string } }) => block.text.text.length);
    expect(lengths[0]).toBeLessThanOrEqual(150);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(3_000);
  });
});
