/** A report is somebody's file. Whatever is in it, replay says what is wrong, soon, in its own words. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { replayed, replayedText } from '../../src/core/trace/replay.ts';
import { readTrace } from '../../src/core/trace/trace-read.ts';
import { HISTORY, table, timed } from './judge-table.ts';
import { fileOf, looked, observed } from './traced.ts';

const ROWS = table(4, () => [timed(500, 2), timed(4500, 22)]);
const GOOD = fileOf([looked(observed(ROWS, { history: HISTORY.slice(0, 60) }))]);

/** By the path of each value. */
function edited(values: Readonly<Record<string, unknown>>): string {
  const report = JSON.parse(GOOD);
  for (const [path, value] of Object.entries(values)) {
    const steps = path.split('.');
    const last = steps.pop()!;
    steps.reduce((inner, step) => inner[step], report)[last] = value;
  }
  return JSON.stringify(report);
}

function faultsOf(json: string): readonly string[] {
  const read = readTrace(json);
  return 'faults' in read ? read.faults : [];
}

const FIRST = 'tables.minutes.0';
const CANARY = `${FIRST}.canary`;
const DATA = 'looks.0.data';

describe('is refused, with the place and the reason', () => {
  test.each([
    ['an empty file', '', 'The report is not JSON.'],
    ['half a report', GOOD.slice(0, -9), 'The report is not JSON.'],
    ['a list', '[]', 'The report is not an object'],
    ['null', 'null', 'The report is not an object'],
  ])('%s', (_, json, fault) => {
    expect(faultsOf(json)[0]).toBe(fault);
  });

  test.each<[string, string, unknown, string]>([
    ['a later format', 'version', 2, 'version is not a whole number from 1 to 1'],
    ['a report without looks', 'looks', undefined, 'looks is not a list'],
    ['less than nothing', `${CANARY}.requests`, -1, 'canary.requests is not a whole number'],
    ['half a request', `${CANARY}.errors`, 0.5, 'canary.errors is not a whole number'],
    ['a number as text', `${CANARY}.errors`, '1', 'canary.errors is not a whole number'],
    ['a time that is none', 'looks.0.at', 'yesterday', 'looks[0].at is not a time'],
    ['half a millisecond', `${FIRST}.start`, '2026-11-20T15:04:00.0005Z', 'start is not a time'],
    ['a verdict of its own', 'looks.0.verdict', 'splendid', 'looks[0].verdict is not a word'],
    ['a later metric', `${DATA}.judging.criteria.0.metric`, 'cpu', 'criteria[0].metric is not a'],
    ['a name of every object', 'looks.0.reason', 'constructor', 'looks[0].reason is not a word'],
    ['rows that are not there', `${DATA}.minutes`, [[0, 99]], 'names rows that are not there'],
    [
      'rows again',
      `${DATA}.minutes`,
      [
        [0, 4],
        [0, 4],
      ],
      'looks[0] names rows that are not there',
    ],
    ['a range backwards', `${DATA}.minutes`, [[3, 1]], 'data.minutes[0] is not a range'],
    ['a history that is not there', `${DATA}.history`, 7, 'names a history that is not there'],
    ['no stage', `${DATA}.stages`, [], 'looks[0] names no stage'],
    ['no such layout', `${CANARY}.latency.layout`, 9, 'tables holds a histogram'],
    ['too many buckets', `${CANARY}.latency.first`, 7, 'tables holds a histogram'],
  ])('%s', (_, path, value, fault) => {
    expect(faultsOf(edited({ [path]: value })).join('\n')).toContain(fault);
  });

  test('every fault is told at once, but no more than a person reads', () => {
    const three = { version: 'x', 'looks.0.closed': 'x', 'tables.layouts': 'x' };
    expect(faultsOf(edited(three))).toHaveLength(3);
    const shares = HISTORY.slice(0, 60).map((__, i) => [`tables.histories.0.${i}.share`, 2]);
    const many = faultsOf(edited(Object.fromEntries(shares)));
    expect([many.length, many.at(-1)]).toEqual([21, 'and 40 more']);
  });
});

describe('whatever it holds', () => {
  test('no prototype is changed, and nothing is read from one', () => {
    const polluting = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},';
    expect(faultsOf(GOOD.replace('{', polluting))).toEqual([]);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    const inherited = JSON.parse(
      '{"__proto__":{"minutes":[],"log":[],"histories":[],"layouts":[]}}',
    );
    expect(faultsOf(edited({ tables: inherited }))).toContain('tables.minutes is not a list');
  });

  test('nesting without end is not followed', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(faultsOf(deep)).toEqual(['The report is not an object']);
    expect(faultsOf(GOOD.replace('"looks":[', `"looks":[${deep},`))[0]).toMatch(
      /^looks\[0\] is not/,
    );
  });

  test('nothing of its own text is in what is said of it', () => {
    const nasty = '\u001B[31mred\u0007\n::set-env name=A::b\u009D0;title';
    fc.assert(
      fc.property(fc.constantFrom(...pathsIn(JSON.parse(GOOD))), (path) => {
        const read = readTrace(edited({ [path.join('.')]: nasty }));
        const said =
          'faults' in read ? read.faults : read.looks.map((one) => replayedText(replayed(one)));
        expect(said.join('')).not.toMatch(/[\p{Cc}]|red|set-env|title/u);
      }),
      { numRuns: 80 },
    );
  });

  test.each([
    ['minutes', { minutes: [[0, 1_000]] }],
    ['errors of the log', { log: [[0, 1_000]] }],
    ['the past', { history: 1 }],
  ])('millions of rows of %s in a few bytes are not made', (_, rows) => {
    const report = JSON.parse(GOOD);
    const { tables } = report;
    const [look] = report.looks;
    const thousand = (row: unknown) => Array.from({ length: 1_000 }, () => row);
    const logged = { start: tables.minutes[0].start, canary: 0, baseline: 0, capped: false };
    const many = edited({
      looks: Array.from({ length: 4_000 }, () => ({ ...look, data: { ...look.data, ...rows } })),
      'tables.minutes': thousand(tables.minutes[0]),
      'tables.log': thousand(logged),
      'tables.histories.1': thousand(tables.histories[0][0]),
    });
    expect(faultsOf(many)).toEqual(['The report holds more than can be judged again']);
  });

  test('numbers at the end of what there is are judged without an error', () => {
    const extreme = fc.constantFrom(0, 1, 1e9, Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(fc.array(extreme, { minLength: 8, maxLength: 8 }), (numbers) => {
        const [requests, errors, clientErrors, count, stable, minRequests, memory, max] = numbers;
        const latency = { layout: 0, first: 3, counts: [count] };
        const read = readTrace(
          edited({
            [CANARY]: { requests, errors, clientErrors, latency, memory },
            [`${FIRST}.baseline.requests`]: stable,
            [`${DATA}.judging.minRequests`]: minRequests,
            [`${DATA}.judging.criteria.0.max`]: max,
          }),
        );
        if ('faults' in read) throw new Error(read.faults.join());
        for (const look of read.looks) expect(replayed(look).comparison).not.toBe('same');
      }),
      { numRuns: 60 },
    );
  });
});

function pathsIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value)
    .slice(0, 12)
    .flatMap(([key, one]) => pathsIn(one, [...path, key]));
}
