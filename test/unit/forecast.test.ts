import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import { forecastLines, forecastMarkdown } from '../../src/core/forecast/forecast-text.ts';
import { forecastOf } from '../../src/core/forecast/forecast.ts';
import type { Known } from '../../src/core/forecast/forecast.ts';
import type { Commits, Forecast } from '../../src/core/forecast/forecast-types.ts';
import type { PastMinute } from '../../src/core/judging-types.ts';
import { MINUTE, NOW, TIMING } from './build.ts';
import { plan } from './given-inputs.ts';

const HOUR = 60 * MINUTE;

/** An hour of so many requests a minute, and as many errors among them. */
function minutes(perMinute: number, errors = 0, count = 180): PastMinute[] {
  const cell = { requests: perMinute, errors, clientErrors: 0, latency: null, memory: null };
  return Array.from({ length: count }, (_, i) => ({
    start: NOW - (count - i) * MINUTE,
    cell,
    share: 1,
  }));
}

function known(with_: Partial<Known> = {}): Known {
  return {
    drive: { plan: plan({ smoke_path: 'off' }), timing: TIMING },
    until: 100,
    at: NOW,
    past: null,
    now: { from: NOW - 3 * HOUR, to: NOW, requests: 180 * 6000 },
    history: minutes(6000),
    acceptance: { kind: 'accepted' },
    changes: [],
    commits: null,
    ...with_,
  };
}

const forecast = (with_: Partial<Known> = {}): Forecast => forecastOf(known(with_));

const COMMITS: Commits = {
  base: 'a'.repeat(40),
  head: 'b'.repeat(40),
  url: `https://github.com/o/r/compare/${'a'.repeat(40)}...${'b'.repeat(40)}`,
  log: { relation: 'ahead', total: 1, shown: [{ sha: 'b'.repeat(40), subject: 'Mend it' }] },
};

describe('a forecast', () => {
  test('has each stage with its requests, and more of them show smaller regressions', () => {
    const { stages, errorRate } = forecast();
    expect(stages.map(({ percent, requests }) => [percent, Math.round(requests!)])).toEqual([
      [5, 3000],
      [20, 12_000],
      [50, 30_000],
    ]);
    const proves = stages.map((stage) => stage.proves!);
    expect(proves).toEqual(proves.toSorted((a, b) => b - a));
    expect(errorRate).toBeLessThan(0.0001);
  });

  test('takes each stage to begin when the one before may end, at the traffic of that hour', () => {
    const to = NOW - (NOW % HOUR);
    // Nobody comes in the hour after this one.
    const hours = Array.from({ length: 7 * 24 }, (_, i) => {
      const start = to - (i + 1) * HOUR;
      const isNext = (start / HOUR) % 24 === (to / HOUR + 1) % 24;
      return { start, requests: isNext ? 0 : 6000 };
    });
    const drive = {
      plan: plan({ smoke_path: 'off', stages: '50% for 30m, 60% for 60m' }),
      timing: TIMING,
    };
    const past = { hour: HOUR, from: to - 168 * HOUR, to, hours };
    const { stages, traffic } = forecast({ drive, past, now: null });
    expect(traffic).toEqual({ kind: 'same-hours', days: 7 });
    expect(stages[0]!.requests).toBeCloseTo(1500);
    // From 15:37 on: 23 minutes of an hour with, 37 of one without.
    expect(stages[1]!.requests! / (0.6 * 6000)).toBeCloseTo((60 - 37 - 5 / 60) / 60, 2);
  });

  test('of a quiet service says that its stages are too thin', () => {
    const now = { from: NOW - 3 * HOUR, to: NOW, requests: 180 };
    const { stages } = forecast({ now, history: minutes(1) });
    expect(stages.map(({ isThin }) => isThin)).toEqual([true, true, true]);
    expect(forecastLines(forecast({ now, history: minutes(1) })).join('\n')).toMatch(
      /about 1 request to the canary, too few to pass: on_no_data decides; no rise of 5xx/,
    );
  });

  test.each([
    [
      'zero traffic',
      { now: { from: NOW - HOUR, to: NOW, requests: 0 }, history: minutes(0) },
      'silent',
    ],
    ['no history', { now: null, history: [] }, 'unknown'],
    [
      'one hour of history',
      { now: { from: NOW - HOUR, to: NOW, requests: 6000 }, history: minutes(100, 0, 60) },
      'recent',
    ],
  ] as const)('of a service with %s is honest about it', (_, given, kind) => {
    const { traffic, stages } = forecast(given);
    expect(traffic.kind).toBe(kind);
    const expected = { silent: 0, unknown: null, recent: 50 }[kind];
    expect(stages[0]!.requests).toBe(expected);
    if (kind !== 'recent') expect([stages[0]!.proves, stages[0]!.excludes]).toEqual([null, null]);
  });

  test('of deploy ends at 0 %', () => {
    expect(forecast({ until: 0 })).toMatchObject({ stops: 'at 0 %', whole: { earliest: 0 } });
  });
});

describe('in words it', () => {
  test('is short, and has every number with its unit', () => {
    const lines = forecastLines(
      forecast({
        commits: COMMITS,
        changes: [
          { what: 'env', name: 'FEATURE', how: 'added', from: null, to: null },
          { what: 'resource', name: 'cpu', how: 'changed', from: '1', to: '2' },
        ],
      }),
    );
    expect(lines).toEqual([
      'Stages: 5 % for 10 min, 20 % for 10 min, 50 % for 10 min, 100 %.',
      'The promotion comes no earlier than 2026-11-20 15:43:05 UTC (in 39 min and the start of the revision) and no later than 2026-11-20 16:50:05 UTC (in 1 h 46 min, with 10 min for the start and all patience used up).',
      '39 to 106 billed runner minutes in 1 job. With deploy and a resume every 10 minutes it would be about 5.',
      'Requests are expected as in the last 3 h: there is no whole day to compare with. The judge takes under 0.01 % of 5xx answers to be usual.',
      'Cloud Run has checked the first write in a dry run and would accept it.',
      expect.stringMatching(
        /^5 %: about 3,000 requests to the canary; a rise of 5xx by [\d.]+ points or more is undone in its time, one by [\d.]+ points or more is ruled out if there is none \(1.3 points are asked\)\.$/,
      ),
      expect.stringMatching(/^20 %: /),
      expect.stringMatching(/^50 %: /),
      'Changes: env FEATURE added',
      'Changes: resource cpu changed: 1 → 2',
      `Commits: 1 commit more than the stable revision: ${COMMITS.url}`,
      '  bbbbbbbb Mend it',
    ]);
  });

  test.each([
    ['behind', 'an older commit'],
    ['identical', 'The same commit'],
    ['diverged', 'while it has others'],
  ] as const)('says of a commit that is %s: %s', (relation, words) => {
    const commits = { ...COMMITS, log: { relation, total: 0, shown: [] } };
    expect(forecastLines(forecast({ commits })).join('\n')).toContain(words);
  });

  test('shows a part of what is long, and says how much more there is', () => {
    const changes = Array.from({ length: 60 }, (_, i) => ({
      what: 'env' as const,
      name: `V${i}`,
      how: 'added' as const,
      from: null,
      to: null,
    }));
    expect(forecastLines(forecast({ changes })).at(-1)).toBe('… and 50 more.');
    expect(forecastMarkdown(forecast({ changes }))).toContain('… and 30 more.');
  });

  test('of what could not be found out says so', () => {
    const acceptance = { kind: 'untried', why: 'nobody answered' } as const;
    const lines = forecastLines(forecast({ acceptance, changes: null })).join('\n');
    expect(lines).toContain('was not tried: nobody answered.');
    expect(lines).toContain('What changes is not known');
  });

  test('makes foreign text harmless', () => {
    const evil = '[x](https://evil.example) @team <img src=x> `|` #1 \n| a | b |\u202e';
    const markdown = forecastMarkdown(
      forecast({
        commits: {
          ...COMMITS,
          log: { relation: 'ahead', total: 1, shown: [{ sha: evil, subject: evil }] },
        },
        changes: [
          { what: 'env', name: evil, how: 'added', from: evil, to: evil },
          { what: 'image', name: '', how: 'changed', from: evil, to: evil },
        ],
        acceptance: { kind: 'untried', why: evil },
      }),
    );
    const html = marked.parse(markdown, { async: false });
    expect(html).not.toMatch(/<img|href="https:\/\/evil|\u202e/);
    expect(html.replaceAll(/<code>[^]*?<\/code>/g, '')).not.toMatch(/@team|#1/);
    // Two tables, one row for each change.
    expect(html.match(/<tr>/g)).toHaveLength(1 + 3 + 1 + 2);
  });
});
