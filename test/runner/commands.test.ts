import { expect, test } from 'vitest';
import { parsePairs } from './file-commands.ts';
import { action, APPEND, envOf, PRINT_ENV } from './fixture.ts';
import { runAction } from './runner.ts';

test('outputs, state, environment and summary go through files; post gets the state and no output', async () => {
  const main = `${APPEND}
    append('OUTPUT', 'outcome=promoted\\nreport<<END\\nline 1\\nline=2\\nEND\\n');
    append('STATE', 'rollout=7\\n');
    append('ENV', 'FROM_MAIN=1\\n');
    append('PATH', '/opt/mine\\n');
    append('STEP_SUMMARY', '# Promoted\\n');`;
  const result = await runAction({ action: action(main, PRINT_ENV), inputs: { service: 'shop' } });
  expect(result).toMatchObject({
    exitCode: 0,
    outputs: { outcome: 'promoted', report: 'line 1\nline=2' },
    state: { rollout: '7' },
    env: { FROM_MAIN: '1' },
    path: ['/opt/mine'],
    summary: '# Promoted\n',
  });
  const seen = envOf(result.post!.stdout);
  expect(seen).toMatchObject({ STATE_rollout: '7', FROM_MAIN: '1', INPUT_SERVICE: 'shop' });
  expect(seen['PATH']).toBe(`/opt/mine:${process.env['PATH']}`);
  expect(result.post!.outputs).toEqual({});
});

test('a step that writes nonsense into a file has failed', async () => {
  const main = `${APPEND} append('OUTPUT', 'no sign here\\n')`;
  const { exitCode, annotations } = await runAction({ action: action(main), inputs: {} });
  expect(exitCode).toBe(1);
  expect(annotations[0]!.message).toContain("Invalid format 'no sign here'");
});

test('a summary over one mebibyte is dropped whole, and the step does not fail', async () => {
  const main = `${APPEND} append('STEP_SUMMARY', 'x'.repeat(1024 * 1024 + 1))`;
  const { exitCode, summary, annotations } = await runAction({ action: action(main), inputs: {} });
  expect([exitCode, summary]).toEqual([0, '']);
  expect(annotations[0]!.message).toContain(
    'upload aborted, supports content up to a size of 1024k',
  );
});

test.each([
  ['a=b=c', { a: 'b=c' }],
  ['a=b<<c', { a: 'b<<c' }],
  ['a<<E=F\n1\nE=F', { a: '1' }],
  ['a<<E\nE', { a: '' }],
  ['a<<E\n\n b=1\n\nE\nc=', { a: '\n b=1\n', c: '' }],
  ['a=1\r\nb=2\r\n', { a: '1', b: '2' }],
])('%j is read as the runner reads it', (text, pairs) => {
  expect(parsePairs(text)).toEqual(pairs);
});

test.each(['a<<E\nvalue', 'a<<\nvalue\n', '=1', 'plain'])('%j is refused', (text) => {
  expect(() => parsePairs(text)).toThrow(/Invalid/);
});

test('masks hide from their line on, in the log, in annotations and in the summary', async () => {
  const main = `${APPEND}
    console.log('before hunter2');
    console.log('::add-mask::hunter2');
    console.log('after hunter2 and ghs_job');
    console.log('::error::hunter2 leaked');
    append('STEP_SUMMARY', 'hunter2\\n');`;
  const options = { action: action(main, `console.log('hunter2')`), inputs: {}, token: 'ghs_job' };
  const result = await runAction(options);
  expect(result.log).toBe('before hunter2\nafter *** and ***\n##[error]*** leaked\n');
  expect(result.masks).toEqual(['hunter2']);
  expect(result.annotations).toMatchObject([{ message: '*** leaked' }]);
  expect(result.summary).toBe('***\n');
  expect(result.post!.log).toBe('***\n');
  expect(result.stdout).toContain('after hunter2');
});

test('every line of a mask is one, and the longest secret goes first', async () => {
  const main = `console.log('::add-mask::key%0Asecond line');
    console.log('::add-mask::abc'); console.log('::add-mask::abcdef');
    process.stdout.write('second line abcdef key, without an end');`;
  const { log } = await runAction({ action: action(main), inputs: {} });
  expect(log).toBe('*** *** ***, without an end\n');
});

test('commands are obeyed on both streams, in both spellings, and nowhere else', async () => {
  const lines = [
    '::group::Stage 1',
    '::warning file=a%2Cb.yml,line=3::first%0Asecond%3A',
    '::endgroup::',
    'text ::error::not a command',
    '::unknown::stays',
    'text ##[error]older form',
    'carriage\r::notice::after a return',
    '::stop-commands::mark',
    '::error::quoted',
    '::mark::',
    '::debug::on again',
  ];
  const main = `console.log(${JSON.stringify(lines.join('\n'))}); console.error('::error::loud')`;
  const { annotations, log } = await runAction({ action: action(main), inputs: {} });
  const sorted = annotations.map(({ level, message }) => `${level} ${message}`);
  expect(new Set(sorted)).toEqual(
    new Set([
      'warning first\nsecond%3A',
      'error older form',
      'notice after a return',
      'debug on again',
      'error loud',
    ]),
  );
  expect(annotations[0]!.properties).toEqual({ file: 'a,b.yml', line: '3' });
  expect(log).toContain('##[group]Stage 1\n');
  expect(log).toContain('text ::error::not a command\n::unknown::stays\n');
  expect(log).toContain('::error::quoted\n');
});
