import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { isPost } from '../../src/edges/runner.ts';
import { program, run } from './runner-fixture.ts';

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

  test('a problem has no secret in it, whether it fits or not', async () => {
    for (const length of [1, 9_000]) {
      const { out } = await run(`
        runner.secret('hunter2');
        const summary = 'hunter2 '.repeat(${length});
        runner.fail(new Problem('bad-input', { summary, advice: 'hunter2' }));
      `);
      expect(out.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain('hunter2');
      expect(out).toContain('***');
    }
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

describe('whom a command is for', () => {
  const command = 'gcloud x --member=$MEMBER --role=y';
  const member = 'serviceAccount:deployer@demo.iam.gserviceaccount.com';

  test('stands in it wherever it is said, once it is known', async () => {
    const { out, shown } = await run(`
      runner.setPrincipal({ member: '${member}', repository: null });
      for (const how of ['line', 'notice', 'warning']) runner[how]('${command}');
      const finding = { subject: 'x', value: null, wrong: 'y', advice: 'Z.', command: '${command}' };
      const commands = ['${command}'];
      runner.fail(new Problem('denied', { summary: 'No.', advice: '', findings: [finding], commands }));
      show([runner.redact('${command}'), runner.redact('--member="$MEMBER"')]);
    `);
    const whole = `gcloud x --member=${member} --role=y`;
    expect(out.split(whole)).toHaveLength(6);
    expect(out).not.toContain('$');
    expect(shown).toEqual([whole, `--member=${member}`]);
  });

  test('is a variable before that, however often it is looked for', async () => {
    const { out, shown } = await run(`
      runner.line('${command}');
      show(runner.redact(runner.redact('${command}')));
    `);
    const open = 'gcloud x --member="$MEMBER" --role=y';
    expect(out).toBe(`${open}\n`);
    expect(shown).toBe(open);
  });

  test('stands in no words but those of a command', async () => {
    const { out } = await run(`
      runner.setPrincipal({ member: '${member}', repository: null });
      runner.line('Read $MEMBER of the environment');
    `);
    expect(out).toBe('Read $MEMBER of the environment\n');
  });
});

test.for([
  [['node', '/action/dist/post.js'], true],
  [['node', '/action/dist/index.js'], false],
  [['node', '/action/post.js/index.js'], false],
  [['node'], false],
] as const)('%j is the post step: %s', ([argv, post]) => {
  expect(isPost(argv)).toBe(post);
});
