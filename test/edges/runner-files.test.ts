import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseState, writeState } from '../../src/edges/runner-state.ts';
import { HOSTILE } from '../unit/hostile-names.ts';
import { run } from './runner-fixture.ts';

const SHA = 'a'.repeat(40);

const JOB = {
  GITHUB_REPOSITORY: 'octo-org/shop',
  GITHUB_REPOSITORY_ID: '683120945',
  GITHUB_RUN_ID: '19482736450',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_SHA: SHA,
  GITHUB_EVENT_NAME: 'pull_request',
};

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'runner-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function file(text = ''): string {
  const path = join(folder(), 'file');
  writeFileSync(path, text);
  return path;
}

describe('inputs', () => {
  test('are all that the runner gives, trimmed, under their names in lower case', async () => {
    const env = {
      INPUT_SERVICE: ' web ',
      'INPUT_MAX-RATE': '5%',
      INPUT_STAGES: '',
      INPUT_CONSTRUCTOR: 'x',
      OTHER: 'y',
    };
    const { shown } = await run(`show([...runner.inputs()].sort());`, env);
    expect(shown).toEqual([
      ['constructor', 'x'],
      ['max-rate', '5%'],
      ['service', 'web'],
      ['stages', ''],
    ]);
  });
});

/** The runner's own reading of a file of "name<<delimiter" blocks. */
function blocks(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split('\n');
  while (lines.length > 1) {
    const [name = '', delimiter] = lines.shift()!.split('<<');
    found[name] = lines.splice(0, lines.indexOf(delimiter!)).join('\n');
    lines.shift();
  }
  return found;
}

const STATE = {
  service: { project: 'acme', region: 'europe-west1', service: 'web' },
  rolloutId: '683120945-19482736450',
  attempt: 1,
  checkName: 'Canary: web',
  done: false,
  brokeOff: null,
  untold: null,
  doom: null,
  underWay: null,
};
const DOOM = {
  reason: 'fail:error-rate',
  why: '5 % more errors.',
  rollout: '683120945-19482736450:1:web-c2-1',
} as const;
const DONE = { ...STATE, done: true };
const UNTOLD = {
  outcome: 'promoted',
  why: 'All stages have passed.',
  channels: ['check', 'notification'],
  page: 'https://github.com/octo-org/shop/runs/1',
};

describe('security 3.4: state is read like an input', () => {
  const { service } = STATE;
  test.each([
    ...HOSTILE.flatMap((name) =>
      ['project', 'region', 'service'].map((key) => ({
        ...STATE,
        service: { ...service, [key]: name },
      })),
    ),
    ...HOSTILE.map((rolloutId) => ({ ...STATE, rolloutId })).filter(
      ({ rolloutId }) => !/^[\w-]{1,64}$/.test(rolloutId),
    ),
    { ...STATE, checkName: 'a\nb' },
    { ...STATE, checkName: '\u001b[31m' },
    { ...STATE, checkName: 'x'.repeat(101) },
    { ...STATE, checkName: '' },
    { ...STATE, untold: {} },
    { ...STATE, untold: { ...UNTOLD, outcome: 'toString' } },
    { ...STATE, untold: { ...UNTOLD, outcome: null } },
    { ...STATE, untold: { ...UNTOLD, why: 'x'.repeat(4_001) } },
    { ...STATE, untold: { ...UNTOLD, channels: 'check' } },
    { ...STATE, untold: { ...UNTOLD, page: 'javascript:alert(1)' } },
    { ...STATE, untold: { ...UNTOLD, page: 'https://x/ y' } },
    { ...STATE, doom: {} },
    { ...STATE, doom: { reason: 'not-ready', why: '' } },
    { ...STATE, doom: { ...DOOM, rollout: 'a b' } },
    { ...STATE, doom: { ...DOOM, reason: 'whatever' } },
    { ...STATE, doom: { ...DOOM, why: 'x'.repeat(4_001) } },
    { ...STATE, underWay: 'a b' },
    { ...STATE, underWay: 7 },
  ])('and %j is refused', (state) => {
    expect(parseState(JSON.stringify(state))).toBeNull();
  });

  test('and what main has written is taken', () => {
    expect(parseState(JSON.stringify(STATE))).toEqual(STATE);
    const state = { ...STATE, untold: UNTOLD, doom: DOOM, underWay: 'AAZZJpwmJn4' };
    expect(parseState(JSON.stringify(state))).toEqual(state);
  });

  test('what is too long or of no known form costs itself, not the state', () => {
    const doom = { ...DOOM, why: '\u{1f4a5}'.repeat(3_000) };
    const state = { ...STATE, doom, underWay: '"; rm -rf' };
    const read = parseState(writeState(state));
    expect(read).toMatchObject({ underWay: null, doom: { reason: DOOM.reason } });
    expect(read?.doom?.why.length).toBeLessThanOrEqual(4_000);
  });

  test('a channel that nobody knows is left out', () => {
    const state = { ...STATE, untold: { ...UNTOLD, channels: ['check', 'pigeon', 7] } };
    expect(parseState(JSON.stringify(state))?.untold?.channels).toEqual(['check']);
  });
});

describe('files', () => {
  test('outputs go through the file, whatever is in them, without secrets', async () => {
    const path = file();
    const { out } = await run(
      `runner.secret('hunter2');
       runner.setOutputs({ why: 'a\\nghadelimiter_x\\nwhy2<<E\\n::set-output name=b::c', n: 'hunter2' });`,
      { GITHUB_OUTPUT: path },
    );
    expect(blocks(readFileSync(path, 'utf8'))).toEqual({
      why: 'a\nghadelimiter_x\nwhy2<<E\n::set-output name=b::c',
      n: '***',
    });
    expect(out).not.toContain('set-output');
  });

  test.for([
    ['row 92: GITHUB_OUTPUT is not set', `runner.setOutputs({ a: 'b' });`, {}],
    [
      'the file of outputs is missing',
      `runner.setOutputs({ a: 'b' });`,
      { GITHUB_OUTPUT: '/no/file' },
    ],
    ['GITHUB_STATE is not set at the end', `runner.saveState(${JSON.stringify(DONE)});`, {}],
    ['GITHUB_STEP_SUMMARY is not set', `await runner.writeSummary('# Hi');`, {}],
    [
      'the summary is missing',
      `await runner.writeSummary('# Hi');`,
      { GITHUB_STEP_SUMMARY: '/no/file' },
    ],
    ['RUNNER_TEMP is not set', `if (await runner.writeReport('{}')) throw Error();`, {}],
    [
      'RUNNER_TEMP is missing',
      `if (await runner.writeReport('{}')) throw Error();`,
      { RUNNER_TEMP: '/no/folder' },
    ],
  ] as const)('%s: one warning, and the outcome is the same', async ([, body, env]) => {
    const { out, code } = await run(body, env);
    expect(code).toBe(0);
    expect(out).toMatch(/^::warning::.* cannot be written: .* The rollout is not affected\.\n$/);
  });

  test.for([
    ['is not set', {}],
    ['names a file that is missing', { GITHUB_STATE: '/no/file' }],
  ] as const)(
    'GITHUB_STATE %s before the rollout: the warning says what is lost',
    async ([, env]) => {
      const { out, code } = await run(`runner.saveState(${JSON.stringify(STATE)});`, env);
      expect(code).toBe(0);
      expect(out).toMatch(
        /^::warning::.* cannot be written: .* The post step will not clean up after a cancelled run: .*rollback\.\n$/,
      );
      expect(out).not.toContain('not affected');
    },
  );

  test('state comes back to the post step as it was left', async () => {
    const path = file();
    await run(`runner.saveState(${JSON.stringify(STATE)});`, { GITHUB_STATE: path });
    const saved = blocks(readFileSync(path, 'utf8'));
    const env = Object.fromEntries(Object.entries(saved).map(([key, v]) => [`STATE_${key}`, v]));
    expect((await run('show(runner.readState());', env)).shown).toEqual(STATE);
  });

  test('whoever dies says why in the state saved last, if that has not ended', async () => {
    const body = (state: object) =>
      `runner.saveState(${JSON.stringify(state)}); runner.saveBrokeOff('internal');`;
    const saved = async (text: string) => {
      const path = file();
      await run(text, { GITHUB_STATE: path });
      const { rollout } = blocks(readFileSync(path, 'utf8'));
      return rollout === undefined ? null : JSON.parse(rollout);
    };
    expect(await saved(body(STATE))).toEqual({ ...STATE, brokeOff: 'internal' });
    expect(await saved(body(DONE))).toEqual(DONE);
    const untold = { ...STATE, untold: UNTOLD };
    expect(await saved(body(untold))).toEqual(untold);
    expect(await saved("runner.saveBrokeOff('internal');")).toBeNull();
  });

  test('a sentence too long for a variable of the post step is cut', async () => {
    const path = file();
    const state = JSON.stringify({ ...STATE, untold: UNTOLD });
    const body = `const state = ${state};
      state.untold.why = 'ü'.repeat(90_000); runner.saveState(state);`;
    await run(body, { GITHUB_STATE: path });
    const saved = parseState(blocks(readFileSync(path, 'utf8'))['rollout']!);
    expect(saved!.untold!.why).toBe('ü'.repeat(4_000));
  });

  test('no state is no state; damaged state is none either, with a warning', async () => {
    expect(await run('show(runner.readState());')).toEqual({ code: 0, out: '', shown: null });
    const damaged = await run('show(runner.readState());', { STATE_rollout: '{"attempt":' });
    expect(damaged.shown).toBeNull();
    expect(damaged.out).toMatch(/^::warning::.*damaged/);
  });

  test('row 91: the summary stays below 256 KiB, replaces an earlier one, and holds no secret', async () => {
    const path = file();
    await run(
      `runner.secret('hunter2');
       await runner.writeSummary('first');
       await runner.writeSummary('hunter2\\n' + ('y'.repeat(99) + '\\n').repeat(20_000));`,
      { GITHUB_STEP_SUMMARY: path },
    );
    const text = readFileSync(path, 'utf8');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(256 * 1024);
    expect(Buffer.byteLength(text)).toBeGreaterThan(250 * 1024);
    expect(text.startsWith('***\nyyy')).toBe(true);
    expect(text).toMatch(/too long to be shown\.\n$/);
  });

  test('neither the environment nor the path of later steps is written', async () => {
    const [env, path] = [file(), file()];
    const files = {
      GITHUB_ENV: env,
      GITHUB_PATH: path,
      GITHUB_OUTPUT: file(),
      GITHUB_STATE: file(),
    };
    await run(`runner.setOutputs({ a: 'b' }); runner.saveState(${JSON.stringify(STATE)});`, files);
    expect(readFileSync(env, 'utf8') + readFileSync(path, 'utf8')).toBe('');
  });
});

describe('the event', () => {
  const show = `const context = await runner.context();
    show({ headSha: context.headSha, fetch: typeof (await runner.githubFetch()) });`;

  test('says which commit people look at', async () => {
    const payload = JSON.stringify({ pull_request: { head: { sha: 'b'.repeat(40) } } });
    const { shown } = await run(show, { ...JOB, GITHUB_EVENT_PATH: file(payload) });
    expect(shown).toEqual({ headSha: 'b'.repeat(40), fetch: 'function' });
  });

  test.for(['garbage', '', '{"pull_request":', 'null', '[]', '"text"'])(
    'a payload of %j is no reason to stop',
    async (text) => {
      const { code, shown } = await run(show, { ...JOB, GITHUB_EVENT_PATH: file(text) });
      expect({ code, shown }).toEqual({ code: 0, shown: { headSha: SHA, fetch: 'function' } });
    },
  );

  test.for([{}, { GITHUB_EVENT_PATH: '/no/file' }, { GITHUB_API_URL: 'no address' }])(
    'nor is %j',
    async (env) => {
      const { code, shown } = await run(show, { ...JOB, ...env });
      expect({ code, shown }).toEqual({ code: 0, shown: { headSha: SHA, fetch: 'function' } });
    },
  );
});

test('the file of a report holds no secret that is known', async () => {
  const body = `runner.secret('hunter2-hunter2');
    show(await runner.writeReport('{"said":"hunter2-hunter2"}'));`;
  const { shown, out } = await run(body, { RUNNER_TEMP: folder() });
  expect(readFileSync(shown, 'utf8')).toBe('{"said":"***"}');
  expect(out).not.toContain('::warning::');
});
