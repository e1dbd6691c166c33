/** On a phone nobody reads a command of 900 pixels: it is folded, and stays the same command. */
import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fenced, folded, takeBackLines } from '../../src/core/report/report-commands.ts';
import { reportJson } from '../../src/core/report/report-json.ts';
import { renderCheck } from '../../src/core/report/report.ts';
import { shellWord } from '../../src/core/shell-word.ts';
import { CANARY_REVISION, SITUATIONS } from '../report-situations.ts';
import { unfolded } from '../unfolded.ts';

const LONG =
  'gcloud run services update-traffic checkout --project=shop-prod --region=europe-west1 --to-revisions=checkout-00041-kib=100';

/** The words that a shell makes of each, by one shell. */
function wordsOf(...commands: readonly string[]): readonly string[] {
  const head = `set -f; words() { printf '%s\\0' "$@"; }`;
  const print = [head, ...commands.map((command) => `words ${command}`)].join('\n');
  const env = { PATH: process.env['PATH'], MEMBER: 'user:a -b' };
  // Its input is a socket, by which bash believes to be at the far end of rsh: it would read ~/.bashrc.
  return execFileSync('bash', ['--norc', '-c', print], { env }).toString().split('\0').slice(0, -1);
}

describe('a long command', () => {
  test('has each of its flags on a line of its own', () => {
    expect(folded(LONG)).toEqual([
      'gcloud run services update-traffic checkout \\',
      '  --project=shop-prod \\',
      '  --region=europe-west1 \\',
      '  --to-revisions=checkout-00041-kib=100',
    ]);
    expect(unfolded(folded(LONG).join('\n'))).toBe(LONG);
  });

  test('keeps a flag and its value together', () => {
    expect(folded("gh workflow run order.yml --repo o/r --ref main -f 'at=20%'")).toEqual([
      'gh workflow run order.yml \\',
      '  --repo o/r \\',
      '  --ref main \\',
      "  -f 'at=20%'",
    ]);
  });

  test.each([
    ['short', 'gh run rerun 19482736450 --failed --repo o/r-12'],
    ['without a flag', `gcloud artifacts docker images describe ${'x'.repeat(60)}`],
    ['a comment', `# ${LONG}`],
    ['with a comment', `${LONG} # --not-a-flag`],
    ['with an open quote', `${LONG} 'it is --open`],
    ['of two lines', `${LONG}\n--another`],
  ])('that is %s stays as it is', (_, line) => {
    expect(folded(line)).toEqual([line]);
  });

  test.each([
    LONG,
    `${LONG} --member="$MEMBER" --role=roles/run.invoker`,
    `${LONG} --member='user:a -b --c' -- - --x`,
    `${LONG} --a='it'\\''s -b' --c=\\ -d`,
    `${LONG} --a="say \\"no -b\\" --c" --d`,
  ])('is the same for a shell: %s', (line) => {
    const lines = folded(line);
    expect(lines.length).toBeGreaterThan(3);
    const script = lines.join('\n');
    execFileSync('bash', ['-n', '-c', script]);
    expect(wordsOf(script)).toEqual(wordsOf(line));
  });

  test('is the same for a shell, whatever its values are', () => {
    const value = fc.array(
      fc.constantFrom(
        "'",
        '"',
        '\\',
        ' ',
        '-',
        '--x',
        '\n',
        '#',
        '$',
        '`',
        ' -',
        'a',
        '=',
        '*',
        'ä',
      ),
      { maxLength: 8 },
    );
    const lines = fc.sample(fc.array(value, { minLength: 1, maxLength: 4 }), 200).map((values) => {
      const words = values.map((parts, at) => `--flag-${at} ${shellWord(parts.join(''))}`);
      return `command of some length that is folded ${words.join(' ')}`;
    });
    const once = lines.map((line) => folded(line).join('\n'));
    expect(wordsOf(...once)).toEqual(wordsOf(...lines));
  });
});

test('a block has it folded, and so have all of a report; the log has it on one line', () => {
  expect(fenced([LONG])).toHaveLength(4 + 3);
  const report = SITUATIONS['released to an outsider'];
  const { summary } = renderCheck(report);
  const line = takeBackLines(report).find((one) => one.includes(`${CANARY_REVISION}=100`))!;
  expect(line).not.toContain('\n');
  expect(summary).not.toContain(line);
  expect(unfolded(summary)).toContain(`\n${line}\n`);
});

test('YAML is not folded', () => {
  const line = `image: ${'x'.repeat(60)} -y`;
  expect(fenced([line], 'yaml')).toContain(line);
});

test('of a digest the summary shows the beginning, and report_json all', () => {
  const report = SITUATIONS.promoted;
  const { summary } = renderCheck(report);
  expect(summary).toContain(
    '- Image: `europe-west1-docker.pkg.dev/shop-prod/apps/checkout@sha256:4f1d9c07b2a8…`',
  );
  expect(JSON.parse(reportJson(report)).image).toBe(report.image);
  for (const image of ['web:v1', 'web@sha256:4f1d9c07b2a8e635', `web@md5:${'a'.repeat(64)}`]) {
    expect(renderCheck({ ...report, image }).summary).toContain(`- Image: \`${image}\``);
  }
});
