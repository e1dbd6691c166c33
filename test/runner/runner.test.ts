import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { action, ACTION_YML, APPEND, envOf, PRINT_ENV } from './fixture.ts';
import { runAction, startAction } from './runner.ts';

test('inputs are upper case, spaces become underscores, hyphens stay, defaults are filled in', async () => {
  const inputs = { service: 'shop', 'max-error-rate': '1%' };
  const { stdout } = await runAction({ action: action(PRINT_ENV), inputs, token: 'ghs_x' });
  expect(envOf(stdout)).toMatchObject({
    INPUT_SERVICE: 'shop',
    'INPUT_MAX-ERROR-RATE': '1%',
    INPUT_TWO_WORDS: '7',
    INPUT_TOKEN: 'ghs_x',
    INPUT_WHERE: 'octo-org/shop',
  });
});

test('an input without a default is empty, not missing, and nobody checks that it is required', async () => {
  const { stdout, exitCode } = await runAction({ action: action(PRINT_ENV), inputs: {} });
  expect([envOf(stdout)['INPUT_SERVICE'], exitCode]).toEqual(['', 0]);
});

test('an unknown input is passed on with a warning', async () => {
  const inputs = { servcie: 'shop' };
  const { stdout, annotations } = await runAction({ action: action(PRINT_ENV), inputs });
  expect(envOf(stdout)['INPUT_SERVCIE']).toBe('shop');
  expect(annotations).toMatchObject([
    { level: 'warning', message: expect.stringMatching(/^Unexpected input\(s\) 'servcie', valid/) },
  ]);
});

test('the environment is clean: of this process only the search path comes through', async () => {
  process.env['RUNNER_TEST_LEAK'] = 'leaked';
  onTestFinished(() => {
    delete process.env['RUNNER_TEST_LEAK'];
  });
  const env = { GITHUB_API_URL: 'http://127.0.0.1:1', MINE: 'yes' };
  const { stdout } = await runAction({ action: action(PRINT_ENV), inputs: {}, env });
  const seen = envOf(stdout);
  const own = /^(GITHUB_|RUNNER_|INPUT_)|^(PATH|HOME|LANG|CI|MINE)$/;
  expect(Object.keys(seen).filter((name) => !own.test(name))).toEqual([]);
  expect(seen).not.toHaveProperty('RUNNER_TEST_LEAK');
  expect(seen).not.toHaveProperty('GITHUB_TOKEN');
  expect(seen).toMatchObject({ ...env, PATH: process.env['PATH'], GITHUB_ACTIONS: 'true' });
});

test('the event is a file, and the process starts in the workspace', async () => {
  const main = `console.log(JSON.stringify([process.cwd() === process.env.GITHUB_WORKSPACE,
    process.env.GITHUB_EVENT_NAME, require(process.env.GITHUB_EVENT_PATH)]))`;
  const event = { name: 'workflow_dispatch', payload: { inputs: { command: 'status' } } };
  const { stdout } = await runAction({ action: action(main), inputs: {}, event });
  expect(JSON.parse(stdout)).toEqual([true, 'workflow_dispatch', event.payload]);
});

test('post runs after a failure, and a file it writes is its own', async () => {
  const post = `${APPEND} append('STEP_SUMMARY', 'cleaned'); process.exitCode = 3`;
  const result = await runAction({ action: action('process.exitCode = 2', post), inputs: {} });
  expect([result.exitCode, result.summary]).toEqual([2, '']);
  expect(result.post).toMatchObject({ exitCode: 3, summary: 'cleaned' });
});

test('an action without post has none, and one this runner cannot run is refused', async () => {
  const plain = ACTION_YML.replace(', post: dist/post.js', '');
  expect((await runAction({ action: action('', '', plain), inputs: {} })).post).toBeNull();
  const old = ACTION_YML.replace('node24', 'node16');
  expect(() => startAction({ action: action('', '', old), inputs: {} })).toThrow(/node16/);
  const odd = ACTION_YML.replace('github.repository', 'secrets.KEY');
  expect(() => startAction({ action: action('', '', odd), inputs: {} })).toThrow(/secrets.KEY/);
});

test('the scripts may come from another directory than the action', async () => {
  const other = action(`console.log('built elsewhere')`, `console.log('post too')`);
  const entry = join(other, 'dist');
  const result = await runAction({ action: action('', ''), entry, inputs: {} });
  expect([result.log, result.post!.log]).toEqual(['built elsewhere\n', 'post too\n']);
});
