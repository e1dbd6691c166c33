import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byteLength } from '../../src/core/report/markdown.ts';
import { OUTPUT_BYTES, reportJson } from '../../src/core/report/report-json.ts';
import { replayed, replayedText } from '../../src/core/trace/replay.ts';
import { fingerprint } from '../../src/core/trace/tables.ts';
import { readTrace } from '../../src/core/trace/trace-read.ts';
import type { RecordedLook } from '../../src/core/trace/trace-read.ts';
import { aJudgement, MINUTE } from './build.ts';
import { cell, HISTORY, logged, START, table, timed } from './judge-table.ts';
import { schemaFaults, undescribed } from './report-schema.ts';
import { anyLooks, fileOf, JUDGING, ledgerOf, LOOK, looked, observed, REPORT } from './traced.ts';

function looksIn(json: string): readonly RecordedLook[] {
  const read = readTrace(json);
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return read.looks;
}

function comparisons(json: string): readonly string[] {
  return looksIn(json).map((look) => replayed(look).comparison);
}

const BAD = looked(observed(table(8, () => [timed(500, 50), timed(4500, 10)])));
const GOOD = looked(observed(table(8, () => [timed(500, 2), timed(4500, 22)])));

describe('what was judged', () => {
  test('is written so that it is judged the same, to the last digit, whatever it was', () => {
    fc.assert(
      fc.property(anyLooks, (looks) => {
        const kept = ledgerOf(looks)
          .trace()
          .looks.filter(({ data }) => data !== null);
        const json = fileOf(looks);
        const read = looksIn(json);
        expect(read.map(({ said }) => said.logEvidence)).toEqual(
          kept.map(({ logEvidence }) => logEvidence),
        );
        expect(read.map(({ data }) => data())).toEqual(kept.map(({ data }) => data));
        expect(comparisons(json)).toEqual(kept.map(() => 'same'));
        expect([schemaFaults(json), undescribed(json)]).toEqual([[], []]);
      }),
      { numRuns: 60 },
    );
  });

  test('is judged by itself: an earlier look of another table changes nothing', () => {
    const revised = observed(table(8, (i) => [timed(500, i === 3 ? 90 : 2), timed(4500, 22)]));
    const json = fileOf([GOOD, looked(revised), BAD]);
    expect(comparisons(json)).toEqual(['same', 'same', 'same']);
    // Eight rows, the one that was counted anew, and eight others.
    expect(JSON.parse(json).tables.minutes).toHaveLength(17);
  });

  test('of a version that could not be told how much memory is too much is judged as it was', () => {
    const said = (maxMemory?: number | null) => {
      const report = JSON.parse(fileOf([GOOD, BAD]));
      for (const { data } of report.looks) {
        data.judging = { ...data.judging, maxMemory };
        expect(data.judging.maxMemory).toBe(maxMemory);
      }
      return comparisons(JSON.stringify(report));
    };
    expect(said(undefined)).toEqual(['same', 'same']);
    expect(said(0.95)).toEqual(['same', 'same']);
    expect(said(null)).toEqual(['edited', 'edited']);
    expect(said(0.9)).toEqual(['edited', 'edited']);
  });

  test('is written once where the table is read anew and nothing has changed', () => {
    const rows = (count: number) => table(count, () => [timed(500, 2), timed(4500, 22)]);
    const log = (count: number) => logged(count, () => [0, 1]);
    const looks = [4, 6, 8].map((count, i) =>
      looked(
        observed(rows(count), { history: HISTORY.map((past) => ({ ...past })), log: log(count) }),
        { stage: i + 1 },
      ),
    );
    const { tables } = JSON.parse(fileOf(looks));
    expect(
      [tables.minutes, tables.log, tables.histories, tables.layouts].map((t) => t.length),
    ).toEqual([8, 8, 1, 1]);
  });
});

describe('the ledger', () => {
  /** Of a stage, one each minute; nothing is judged. */
  const minutely = (count: number, stage = 1) =>
    Array.from({ length: count }, (_, i) => {
      const to = START + i * MINUTE;
      const observation = observed(
        table(3, () => [cell(10), cell(90)]),
        { to },
      );
      const judgement = aJudgement({ verdict: 'unknown', reason: 'still-baking', observation });
      return { at: to, stage, observation, judging: JUDGING, look: LOOK, judgement };
    });

  test('keeps the data of the first look, of each that says something new, and of the last', () => {
    const looks = minutely(9).map((one, i) =>
      i === 4 || i === 5 ? { ...one, judgement: aJudgement({ reason: 'suspicious' }) } : one,
    );
    const { looks: kept } = ledgerOf(looks).trace();
    expect(kept.flatMap(({ data }, i) => (data === null ? [] : [i]))).toEqual([0, 4, 6, 8]);
  });

  test('keeps the last look of each stage, also if it says nothing new', () => {
    const { looks: kept } = ledgerOf([...minutely(4, 1), ...minutely(3, 2)]).trace();
    expect(kept.flatMap(({ data }, i) => (data === null ? [] : [i]))).toEqual([0, 3, 4, 6]);
  });

  test('forgets looks without data first, and counts them', () => {
    const { looks: kept, forgotten } = ledgerOf([...minutely(700, 1), ...minutely(500, 2)]).trace();
    expect([kept.length, forgotten.looks]).toEqual([1_000, 200]);
    const withData = kept.filter(({ data }) => data !== null);
    expect(withData.map(({ stage }) => stage)).toEqual([1, 1, 2, 2]);
  });

  test('has no more than sixty looks with data, and the last of each stage among them', () => {
    const restless = minutely(400).map((one, i) => ({
      ...one,
      stage: i < 200 ? 1 : 2,
      judgement: aJudgement({ reason: i % 2 === 0 ? 'suspicious' : 'still-baking' }),
    }));
    const { looks: kept } = ledgerOf(restless).trace();
    const withData = kept.flatMap(({ data }, i) => (data === null ? [] : [i]));
    expect(withData).toHaveLength(60);
    expect(withData).toEqual(expect.arrayContaining([199, 399]));
  });
});

describe('a report that is too long for an output', () => {
  const long = Array.from({ length: 40 }, (_, i) => {
    const rows = table(30, (row) => [timed(500 + i, row), timed(4500 + i, row)]);
    return looked(observed(rows), { stage: i + 1 });
  });
  const trace = ledgerOf(long).trace();
  const sized = (most: number) => reportJson(REPORT, { trace, queries: null }, most);

  test('loses the data of its oldest looks first, and says of how many', () => {
    const json = sized(OUTPUT_BYTES);
    const { looks, leftOut } = JSON.parse(json);
    expect(byteLength(json)).toBeLessThanOrEqual(OUTPUT_BYTES);
    const without = looks.map(({ data }: { data: unknown }) => data === null);
    expect([looks.length, leftOut.looks, leftOut.texts]).toEqual([40, 0, false]);
    expect(leftOut.data).toBeGreaterThan(5);
    expect(without).toEqual(looks.map((_: unknown, i: number) => i < leftOut.data));
    expect(comparisons(json)).toEqual(without.filter((one: boolean) => !one).map(() => 'same'));
    expect(JSON.parse(sized(1e9)).leftOut).toMatchObject({ looks: 0, data: 0 });
  });

  test('then its oldest looks, and then the ends of its texts', () => {
    const bare = JSON.parse(sized(9_000));
    expect(bare.leftOut).toMatchObject({ data: 40, texts: false });
    expect(bare.looks.length + bare.leftOut.looks).toBe(40);
    expect(bare.looks.at(-1).at).toBe(new Date(long.at(-1)!.at).toISOString());
    const cut = JSON.parse(sized(100));
    expect([cut.looks, cut.leftOut]).toEqual([
      [],
      { transitions: 0, looks: 40, data: 40, texts: true },
    ]);
  });

  test.each([100, 3_000, 9_000, 30_000, OUTPUT_BYTES, 1e9])(
    'is what its schema says at %i bytes',
    (most) => {
      expect([schemaFaults(sized(most)), undescribed(sized(most))]).toEqual([[], []]);
    },
  );
});

describe('an edit', () => {
  const short = { history: HISTORY.slice(0, 40), log: logged(6, () => [2, 22]) };
  const rows = (errors: number) => table(5, () => [timed(500, errors), timed(4500, 22)]);
  const json = fileOf([looked(observed(rows(2), short)), looked(observed(rows(60), short))]);

  /** Every place in the tables and the looks with data, but for sentences and what only a look has. */
  function places(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
    if (Array.isArray(value)) return value.flatMap((one, i) => places(one, [...path, i]));
    if (typeof value === 'object' && value !== null) {
      return Object.entries(value).flatMap(([key, one]) => places(one, [...path, key]));
    }
    return [[...path]];
  }

  function edited(path: readonly (string | number)[]): string {
    const report = JSON.parse(json);
    const parent = path.slice(0, -1).reduce((inner, step) => inner[step], report);
    const last = path.at(-1)!;
    const value = parent[last];
    parent[last] =
      typeof value === 'number'
        ? value + 1
        : typeof value === 'boolean'
          ? !value
          : value === null
            ? 1
            : typeof value === 'string' && !Number.isNaN(Date.parse(value))
              ? new Date(Date.parse(value) + 60_000).toISOString()
              : value === 'pass'
                ? 'fail'
                : 'pass';
    return JSON.stringify(report);
  }

  test('of any number that was judged, or came of it, is noticed', () => {
    const { tables, looks } = JSON.parse(json);
    // Of the history every tenth row: they are all alike.
    const all = [
      ...places(tables, ['tables']).filter((p) => p[1] !== 'histories' || Number(p[3]) % 10 === 0),
      ...places(looks, ['looks']).filter(
        (p) => !['at', 'stage', 'percent', 'why'].includes(String(p[2])),
      ),
    ];
    const unnoticed = all.filter((path) => {
      const read = readTrace(edited(path));
      return (
        !('faults' in read) && read.looks.every((look) => replayed(look).comparison === 'same')
      );
    });
    expect(all.length).toBeGreaterThan(300);
    expect(unnoticed).toEqual([]);
  });

  test('of a count that changes the verdict is told as that', () => {
    const report = JSON.parse(json);
    for (const minute of report.tables.minutes) minute.canary.errors = 0;
    const read = readTrace(JSON.stringify(report));
    const lines = 'faults' in read ? [] : read.looks.map((look) => replayedText(replayed(look)));
    expect(lines[1]).toMatch(/unknown|pass/);
    expect(lines[1]).toContain('but fail (evidence) is recorded');
  });

  test('of a count alone is told, with the verdict that it still comes to', () => {
    const report = JSON.parse(json);
    report.tables.histories[0][7].cell.errors += 1;
    const read = readTrace(JSON.stringify(report));
    const found = 'faults' in read ? [] : read.looks.map((look) => replayed(look).comparison);
    expect(found).toEqual(['edited', 'edited']);
  });

  test('by a later judge, which comes to other numbers from the same data, is told apart', () => {
    const [, look] = looksIn(json);
    const said = { ...look!.said, logEvidence: 99 };
    const result = replayed({ ...look!, said, checksum: fingerprint(look!.data(), said) });
    expect(result.comparison).toBe('other-numbers');
    expect(replayedText(result)).toMatch(
      /fail \(evidence\) is recorded, too, but with other numbers$/,
    );
  });
});
