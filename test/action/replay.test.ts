import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isReplay, replay } from '../../src/action/replay.ts';
import { reportJson } from '../../src/core/report/report-json.ts';
import { table, timed } from '../unit/judge-table.ts';
import { fileOf, ledgerOf, looked, observed, REPORT } from '../unit/traced.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const LOOKS = [
  looked(observed(table(8, () => [timed(500, 2), timed(4500, 22)])), { stage: 1 }),
  looked(observed(table(8, () => [timed(500, 50), timed(4500, 10)])), { stage: 2 }),
];

describe('replay', () => {
  test('tells each look with its verdict, and succeeds if all are as recorded', async () => {
    const { exitCode, lines } = await replay([await file('report.json', fileOf(LOOKS))]);
    expect(exitCode).toBe(0);
    expect(lines).toEqual([
      '2026-11-20T15:12:00Z  stage 1 at 10 %, 8 rows: pass (harm-ruled-out), as recorded',
      '2026-11-20T15:12:00Z  stage 2 at 10 %, 8 rows: fail (evidence), as recorded',
      '2 of 2 looks come to what is recorded.',
    ]);
  });

  test('says how many looks are recorded without their data', async () => {
    const same = LOOKS.flatMap((look) => [look, look, look]);
    const { lines } = await replay([await file('more.json', fileOf(same))]);
    expect(lines.at(-1)).toBe(
      '4 of 4 looks come to what is recorded. 2 others are recorded without their data.',
    );
  });

  test('exits with 1 if one comes to something else', async () => {
    const text = fileOf(LOOKS).replaceAll('"verdict":"fail"', '"verdict":"pass"');
    const { exitCode, lines } = await replay([await file('other.json', text)]);
    expect(exitCode).toBe(1);
    expect(lines[1]).toMatch(/fail \(evidence\), but pass \(evidence\) is recorded$/);
    expect(lines.at(-1)).toBe('1 of 2 looks come to what is recorded.');
  });

  test('exits with 2 where nothing was measured, and where the data were left out', async () => {
    const none = await replay([await file('none.json', fileOf([]))]);
    expect([none.exitCode, none.lines.join()]).toEqual([
      2,
      expect.stringContaining('nobody has looked'),
    ]);
    const short = reportJson(REPORT, { trace: ledgerOf(LOOKS).trace(), queries: null }, 9_000);
    const cut = await replay([await file('cut.json', short)]);
    expect([cut.exitCode, cut.lines.join()]).toEqual([2, expect.stringContaining('report_path')]);
  });

  test('exits with 2 and every fault of a file that is no report', async () => {
    const { exitCode, lines } = await replay([await file('wrong.json', '{"version":3}')]);
    expect(exitCode).toBe(2);
    expect(lines).toEqual([
      expect.stringMatching(/wrong\.json is no report that can be replayed:$/),
      '  - version is not a whole number from 1 to 1',
      '  - looks is not a list',
      '  - tables is not an object',
    ]);
  });

  test('exits with 2 where the judge itself breaks: nothing was compared', async () => {
    const broken = (): never => {
      throw new TypeError('no table');
    };
    const { exitCode, lines } = await replay([await file('fine.json', fileOf(LOOKS))], broken);
    expect([exitCode, lines]).toEqual([2, [expect.stringContaining('cannot be replayed')]]);
  });

  test.each([[[]], [['']], [['a.json', 'b.json']]])('of %j says how it is used', async (args) => {
    expect(await replay(args)).toEqual({
      exitCode: 2,
      lines: ['Usage: node dist/index.js replay report.json'],
    });
  });

  test('shows no control character of a name', async () => {
    const { lines } = await replay([join(folder, '\u001B[31mred\n::error::x')]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/[\u0000-\u001F]/);
  });
});

test('it is asked for by its name alone, which the runner never passes', () => {
  expect(isReplay(['node', 'dist/index.js', 'replay', 'x.json'])).toBe(true);
  expect(isReplay(['node', 'dist/index.js'])).toBe(false);
  expect(isReplay(['node', '/replay/dist/post.js'])).toBe(false);
});
