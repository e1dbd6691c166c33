import { expect, test } from 'vitest';
import { chart } from './chart.ts';

const figures = (realistic: number, missed: number, harm: number | null) => ({
  falseRollback: { realistic },
  mustCatchMissed: missed,
  blastOverOracleA: harm,
});
const line = (rules: object): string => JSON.stringify({ mode: 'full', seed: 7, rules });

test('every rule that was measured has a row with its three numbers, and no other', () => {
  const svg = chart(line({ ours: figures(0.004, 0, 1.44), argo: figures(0.28, 0.532, 21.8) }));
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map((match) => match[1]);
  expect(texts).toEqual(expect.arrayContaining(['cloud-run-canary', '0.4 %', '0 %', '1.4 ×']));
  expect(texts).toEqual(
    expect.arrayContaining(['Argo Rollouts, failureLimit 3', '28 %', '53 %', '22 ×']),
  );
  expect(texts.join(' ')).not.toContain('Kayenta');
});

test('the seed of the run is in the picture', () => {
  expect(chart(line({ ours: figures(0, 0, 1) }))).toContain('seed 7');
});

test('what was not measured is not drawn as nothing', () => {
  expect(chart(line({ ours: figures(0, 0, null) }))).toContain('not measured');
});

test('text that is no last line of the benchmark is refused', () => {
  expect(() => chart('{}')).toThrow('not the last line');
});
