import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isPost } from '../../src/edges/runner.ts';

const RUNNER = join(import.meta.dirname, '../../src/edges/runner.ts');
const PROBLEM = join(import.meta.dirname, '../../src/core/problem.ts');
const SHA = 'a'.repeat(40);

const JOB = {
  GITHUB_REPOSITORY: 'octo-org/shop',
  GITHUB_REPOSITORY_ID: '683120945',
  GITHUB_RUN_ID: '19482736450',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_SHA: SHA,
  GITHUB_EVENT_NAME: 'pull_request',
};

const program = (body: string): readonly string[] => [
  '--input-type=module',
  '--eval',
  `import { createRunner } from ${JSON.stringify(RUNNER)};
   import { Problem } from ${JSON.stringify(PROBLEM)};
   const runner = createRunner();
   const show = (value) => process.stderr.write(JSON.stringify(value));
   ${body}`,
];

/** Runs `body` as the runner would, with `runner` and `show` at hand; nothing is inherited. */
async function run(body: string, env: Readonly<Record<string, string>> = {}) {
  const { promise, resolve } = Promise.withResolvers<{
    code: number;
    out: string;
    shown: unknown;
  }>();
  execFile(process.execPath, program(body), { env }, (error, out, err) => {
    const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
    resolve({ code, out, shown: err === '' ? undefined : JSON.parse(err) });
  });
  return promise;
}

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

describe('the log', () => {
  test('has one group at a time, and warnings the runner understands', async () => {
    const { out } = await run(`
      runner.group('Stage 1'); runner.line('5 %'); runner.group('Stage 2');
      runner.line('25 %'); runner.notice('a\\nb'); runner.endGroup(); runner.endGroup();
      runner.warning('c %');
    `);
    expect(out.split('\n')).toEqual([
      '::group::Stage 1',
      '5 %',
      '::endgroup::',
      '::group::Stage 2',
      '25 %',
      '::notice::a%0Ab',
      '::endgroup::',
      '::warning::c %25',
      '',
    ]);
  });

  test('foreign text is shown and not obeyed', async () => {
    const { out } = await run(`
      for (const how of ['group', 'line', 'notice', 'warning']) {
        runner[how]('x\\r\\n::stop-commands::y\\n##[error]z\\u001b[2J');
      }
    `);
    const lines = out.split(/\r\n|\r|\n/);
    expect(
      lines.filter((line) => line.startsWith('::')).map((line) => line.split('::')[1]),
    ).toEqual(['group', 'notice', 'warning']);
    expect(out).not.toMatch(/##\[|\u001b|\r/);
    expect(out).toContain('\n: :stop-commands::y\n## [error]z\\u{1b}[2J\n');
  });

  test('a problem is shown once, outside of the group, and fails the step', async () => {
    const { out, code } = await run(`
      runner.group('Stage 1');
      const finding = { subject: 'stages', value: '5', wrong: 'has no unit', advice: 'Write 5%.' };
      runner.fail(new Problem('bad-input', { summary: 'No.', findings: [finding], advice: '' }));
    `);
    expect(code).toBe(1);
    expect(out).toBe(
      '::group::Stage 1\n::endgroup::\n' +
        '::error::No.%0A  - stages "5" has no unit. Write 5%25.\n',
    );
  });

  test('a problem too long for an annotation is in the log as a whole', async () => {
    const { out, code } = await run(`
      const summary = 'x'.repeat(9000) + '::error::end';
      runner.fail(new Problem('bad-input', { summary, advice: '' }));
    `);
    expect(code).toBe(1);
    const [whole, annotation] = out.split('\n');
    expect(whole).toMatch(/^x{9000}::error::end$/);
    expect(annotation!.length).toBeLessThan(4_096);
  });

  test('nobody reading the log does not end the run', async () => {
    const body = `
      process.stdin.once('data', () => {
        for (let i = 0; i < 100; i += 1) runner.line('x'.repeat(10_000));
        setImmediate(() => process.exit(7));
      });
      process.stdout.write('ready');
    `;
    const child = spawn(process.execPath, program(body), { env: {} });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.end('go');
    expect(await once(child, 'exit')).toEqual([7, null]);
  });
});

describe('secrets', () => {
  test('are masked in every form they may turn up in, before they are used', async () => {
    const { out, shown } = await run(`
      runner.secret('top/secret+value');
      const forms = ['top/secret+value', Buffer.from('top/secret+value').toString('base64'),
        encodeURIComponent('top/secret+value')];
      for (const form of forms) runner.line('a ' + form + ' b');
      runner.warning('top/secret+value');
      show(forms.map((form) => runner.redact(form + form)));
    `);
    const masks = out.split('\n').filter((line) => line.startsWith('::add-mask::'));
    expect(masks).toContain('::add-mask::top/secret+value');
    expect(masks).toContain(`::add-mask::${Buffer.from('top/secret+value').toString('base64')}`);
    expect(masks).toContain('::add-mask::top%252Fsecret%252Bvalue');
    expect(out.split('\n').filter((line) => line.startsWith('a '))).toEqual(
      Array(3).fill('a *** b'),
    );
    expect(out).toContain('::warning::***\n');
    expect(shown).toEqual(Array(3).fill('******'));
  });

  test('of several lines are found as a whole, by line, and inside of JSON', async () => {
    const { shown } = await run(`
      const key = '-----BEGIN KEY-----\\nMIIEvQIBADANBg\\n}\\n';
      runner.secret(key);
      show([key, 'x MIIEvQIBADANBg y', JSON.stringify({ key }), '{}'].map((t) => runner.redact(t)));
    `);
    expect(shown).toEqual(['***', 'x *** y', '{"key":"***"}', '{}']);
  });

  test('that are empty mask nothing', async () => {
    const { out, shown } = await run(
      `runner.secret(''); runner.secret(' '); show(runner.redact('a b'));`,
    );
    expect(out).toBe('');
    expect(shown).toBe('a b');
  });

  test('are told to the runner once', async () => {
    const { out } = await run(`runner.secret('abcdefgh'); runner.secret('abcdefgh');`);
    const lines = out.trim().split('\n');
    expect(new Set(lines).size).toBe(lines.length);
  });
});

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
  onCancel: 'rollback',
  checkName: 'Canary: web',
  done: false,
};

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
    ['GITHUB_STATE is not set', `runner.saveState(${JSON.stringify(STATE)});`, {}],
    ['GITHUB_STEP_SUMMARY is not set', `await runner.writeSummary('# Hi');`, {}],
    [
      'the summary is missing',
      `await runner.writeSummary('# Hi');`,
      { GITHUB_STEP_SUMMARY: '/no/file' },
    ],
  ] as const)('%s: one warning, and the outcome is the same', async ([, body, env]) => {
    const { out, code } = await run(body, env);
    expect(code).toBe(0);
    expect(out).toMatch(/^::warning::.* cannot be written: .* The rollout is not affected\.\n$/);
  });

  test('state comes back to the post step as it was left', async () => {
    const path = file();
    await run(`runner.saveState(${JSON.stringify(STATE)});`, { GITHUB_STATE: path });
    const saved = blocks(readFileSync(path, 'utf8'));
    const env = Object.fromEntries(Object.entries(saved).map(([key, v]) => [`STATE_${key}`, v]));
    expect((await run('show(runner.readState());', env)).shown).toEqual(STATE);
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

test.for([
  [['node', '/action/dist/post.js'], true],
  [['node', '/action/dist/index.js'], false],
  [['node', '/action/post.js/index.js'], false],
  [['node'], false],
] as const)('%j is the post step: %s', ([argv, post]) => {
  expect(isPost(argv)).toBe(post);
});
