/** Charts of the job summary, and the rows of signs: no data is not zero, and no side is a colour. */
import { describe, expect, test } from 'vitest';
import { chartsOf } from '../../src/core/report/report-charts.ts';
import { seriesOf, signCharts } from '../../src/core/report/report-minutes.ts';
import { sparkline } from '../../src/core/report/sparkline.ts';
import type { Cell, Minute } from '../../src/core/judging-types.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import { SITUATIONS } from '../report-situations.ts';
import { MINUTE, NOW } from './build.ts';

const cell = (requests: number, errors: number): Cell => ({
  requests,
  errors,
  clientErrors: 0,
  latency: null,
  memory: null,
});

function rows(canary: readonly (number | null)[], stable = 1): readonly Minute[] {
  return canary.map((errors, i) => ({
    start: NOW + i * MINUTE,
    canary: errors === null ? null : cell(100, errors),
    baseline: cell(1000, stable),
  }));
}

/** The rollout that failed, with these minutes as what decided. */
function withMinutes(minutes: readonly Minute[]): Report {
  const base = SITUATIONS['restored on errors'];
  const stages = base.stages.map((stage) =>
    stage.judgement === null
      ? stage
      : {
          ...stage,
          judgement: {
            ...stage.judgement,
            observation: { ...stage.judgement.observation, minutes },
          },
        },
  );
  return { ...base, stages };
}

function linesOf(report: Report, sign: 'bar' | 'line'): readonly (readonly number[])[] {
  const found = chartsOf(report)
    .join('\n')
    .matchAll(new RegExp(`^ +${sign} \\[(.*)\\]$`, 'gm'));
  return [...found].map(([, numbers = '']) => numbers.split(', ').map(Number));
}

describe('the chart of server errors', () => {
  test('draws the canary as a line and the stable revision as bars, in percent', () => {
    const report = withMinutes(rows([0, 2, 5]));
    expect(linesOf(report, 'bar')).toEqual([[0.1, 0.1, 0.1]]);
    expect(linesOf(report, 'line')[1]).toEqual([0, 2, 5]);
    expect(chartsOf(report).join('\n')).toContain(
      'Line: the canary, at most 5 %. Bars: the stable revision, at most 0.1 %. A point is 1 min.',
    );
  });

  test('never shows a minute without data as zero: its points become wider', () => {
    const report = withMinutes(rows([2, null, 4, 4]));
    expect(linesOf(report, 'line')[1]).toEqual([2, 4]);
    expect(chartsOf(report).join('\n')).toContain('A point is 2 min.');
  });

  test('is not drawn where that leaves no two points, and says so', () => {
    const report = withMinutes(rows([2, null, null, null]));
    expect(linesOf(report, 'bar')).toEqual([]);
    expect(chartsOf(report).join('\n')).toContain('Server errors (5xx) are not drawn here');
  });

  test('of no errors at all has an axis all the same', () => {
    expect(chartsOf(withMinutes(rows([0, 0], 0))).join('\n')).toContain('y-axis 0 --> 1\n');
  });

  test('of a week has no more points than it can show', () => {
    const minutes = rows(Array.from({ length: 7 * 24 * 60 }, () => 1));
    expect(linesOf(withMinutes(minutes), 'line')[1]!.length).toBeLessThanOrEqual(40);
  });

  test('is left out where the sample period is not known', () => {
    const report = { ...withMinutes(rows([0, 1])), timing: null };
    expect(linesOf(report, 'bar')).toEqual([]);
  });
});

describe('the chart of traffic', () => {
  test('rises stage by stage and ends where the rollout ended', () => {
    const [promoted] = linesOf(SITUATIONS.promoted, 'line');
    expect([...new Set(promoted)]).toEqual([0, 5, 20, 50, 100]);
    const [restored] = linesOf(SITUATIONS['restored on errors'], 'line');
    expect([...new Set(restored)]).toEqual([0, 5, 20]);
    expect(restored!.at(-1)).toBe(0);
  });

  test('is not drawn before there is a rollout', () => {
    expect(chartsOf(SITUATIONS['refused plan'])).toEqual([]);
  });
});

test('no foreign text gets into a chart', () => {
  const text = '"]\n```\n<script>';
  const report = { ...SITUATIONS.promoted, canary: text, stable: text, tag: text, image: text };
  expect(chartsOf({ ...report, served: { [text]: 100 } }).join('')).not.toContain('script');
});

describe('the rows of signs', () => {
  test('have one scale for both sides, so that they can be compared', () => {
    const series = seriesOf(rows([0, 5, 10], 10), MINUTE)!;
    const text = signCharts(series).join('\n');
    expect(text).toContain('(1 min a sign, █ is 10 %)\ncanary ▁▅█ max 10 %\nstable ▂▂▂ max 1 %');
  });

  test('show a gap as a gap, and say what it means', () => {
    const [first, , third] = rows([1, 1, 1]);
    const text = signCharts(seriesOf([first!, third!], MINUTE)!).join('\n');
    expect(text).toContain('█ is 1 %, · is no data)\ncanary █·█ max 1 %');
  });

  test('say of a side that it has no data', () => {
    const text = signCharts(seriesOf(rows([null, null]), MINUTE)!).join('\n');
    expect(text).toContain('canary no data\nstable ██ max 0.1 %');
  });

  test('are as wide as a phone, line by line', () => {
    const text = signCharts(seriesOf(rows(Array.from({ length: 45 }, () => 1)), MINUTE)!).join(
      '\n',
    );
    expect(text).toContain(`canary ${'█'.repeat(30)}\n       ${'█'.repeat(15)} max 1 %`);
  });

  test('are nothing where there is nothing', () => {
    expect(seriesOf([], MINUTE)).toBeNull();
    expect(signCharts(seriesOf([{ start: NOW, canary: null, baseline: null }], MINUTE)!)).toEqual(
      [],
    );
  });

  test('a value above the scale is a full bar', () => {
    expect(sparkline([1, 9], 4)?.signs).toBe('▃█');
  });
});
