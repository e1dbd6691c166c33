import { describe, expect, test } from 'vitest';
import { planHash, readPlan, writePlan } from '../../src/core/rollout/plan.ts';
import { suffixedName } from '../../src/core/rollout/identity.ts';
import { parseInputs } from '../../src/core/inputs/inputs.ts';
import { AMBIENT, LEAST, findings, plan, request } from './given-inputs.ts';
import type { Given } from './given-inputs.ts';

const change = (given: Given) => plan(given).change;

describe('settings are edits', () => {
  test.each<[Given, unknown]>([
    [{ env_vars: 'A=1' }, { kind: 'env', clears: false, values: [{ name: 'A', value: '1' }] }],
    [
      { env_vars: 'A=1', env_vars_update_strategy: 'overwrite' },
      { kind: 'env', clears: true, values: [{ name: 'A', value: '1' }] },
    ],
    [{ env_vars: '{}' }, { kind: 'env', clears: true, values: [] }],
    [
      {
        secrets:
          '# As an environment variable:\nKEY1=secret-key-1:latest\n\n# As a volume mount:\n/secrets/api/key=secret-key-2:latest',
      },
      {
        kind: 'secrets',
        clears: false,
        values: [
          { target: 'KEY1', secret: 'secret-key-1', version: 'latest', project: null },
          { target: '/secrets/api/key', secret: 'secret-key-2', version: 'latest', project: null },
        ],
      },
    ],
    [
      {
        secrets: 'A=projects/42/secrets/far,B=projects/42/secrets/far/versions/7',
        secrets_update_strategy: 'overwrite',
      },
      {
        kind: 'secrets',
        clears: true,
        values: [
          { target: 'A', secret: 'far', version: 'latest', project: '42' },
          { target: 'B', secret: 'far', version: '7', project: '42' },
        ],
      },
    ],
    [{ secrets: '{}' }, { kind: 'secrets', clears: true, values: [] }],
    [
      { labels: 'labela=my-label\nlabelb=my-other-label' },
      {
        kind: 'labels',
        clears: false,
        removes: [],
        values: [
          { name: 'labela', value: 'my-label' },
          { name: 'labelb', value: 'my-other-label' },
        ],
      },
    ],
    [{ labels: '{}' }, { kind: 'labels', clears: true, removes: [], values: [] }],
    [{ timeout: '10m5s' }, { kind: 'number', of: 'timeout', to: 605 }],
    [{ timeout: '300' }, { kind: 'number', of: 'timeout', to: 300 }],
  ])('%j', (given, edit) => {
    expect(change(given).edits).toEqual([edit]);
  });

  test('a strategy without anything to apply it to changes nothing, as in deploy-cloudrun', () => {
    expect(change({ env_vars_update_strategy: 'overwrite' }).edits).toEqual([]);
  });

  test('without an image the settings are a rollout of their own', () => {
    const made = request({ service: 'web', env_vars: 'A=1' }).plan!;
    expect(made.change).toMatchObject({ image: null, edits: [{ kind: 'env' }] });
  });

  test('quotes around a value are told of by the name of the variable', () => {
    const { warnings } = request({ ...LEAST, env_vars: 'GREETING="hello there"' });
    expect(warnings).toEqual([expect.stringContaining('quotes around GREETING')]);
    expect(warnings.join(' ')).not.toContain('hello');
  });
});

describe('labels that say where a revision comes from', () => {
  const origin = (given: Given, commit: string) => {
    const raw = new Map(Object.entries({ ...LEAST, ...given }));
    const parsed = parseInputs(raw, { ...AMBIENT, commit });
    return parsed.ok ? parsed.request.plan!.change.originLabels : parsed.findings;
  };
  const by = { name: 'managed-by', value: 'github-actions' };

  test('are the default, the commit in lower case', () => {
    expect(origin({}, 'ABC123')).toEqual([by, { name: 'commit-sha', value: 'abc123' }]);
    expect(origin({}, '')).toEqual([by]);
  });

  test('give way to those of the user, and are left out on demand', () => {
    expect(origin({ labels: 'commit-sha=mine' }, 'abc')).toEqual([by]);
    expect(origin({ flags: '--remove-labels=managed-by' }, '')).toEqual([]);
    expect(origin({ skip_default_labels: 'true' }, 'abc')).toEqual([]);
  });

  test('are no part of the plan: a later commit is the same plan', () => {
    const made = plan();
    expect(planHash({ ...made, change: { ...made.change, originLabels: [] } })).toBe(made.hash);
  });
});

describe('refused without a value', () => {
  test.each<[Given, string, string]>([
    [{ env_vars: 'hidden' }, 'env_vars', 'no `=` in pair 1'],
    [{ env_vars: 'A=1,2hidden=3' }, 'env_vars', 'pair 2'],
    [{ env_vars: 'A=1,PORT=hidden' }, 'env_vars', 'sets PORT'],
    [{ env_vars: 'K_SERVICE=hidden' }, 'env_vars', 'sets K_SERVICE'],
    [{ secrets: 'PORT=hidden:1' }, 'secrets', 'sets PORT'],
    [{ secrets: 'A=hidden' }, 'secrets', 'no secret with a version in pair 1'],
    [{ secrets: 'A=hidden:' }, 'secrets', 'no secret with a version'],
    [{ secrets: 'A=a:1:hidden' }, 'secrets', 'no secret with a version'],
    [{ secrets: 'A=projects/p/secrets/hidden:1' }, 'secrets', 'no secret with a version'],
    [{ secrets: '/hidden=a:1' }, 'secrets', 'neither a variable nor a file'],
    [{ secrets: '/a/../hidden=a:1' }, 'secrets', 'neither a variable nor a file'],
    [{ secrets: 'A b=hidden:1' }, 'secrets', 'neither a variable nor a file'],
    [{ secrets: '1=hidden:1' }, 'secrets', 'pair 1'],
    [{ env_vars: 'A=hidden', secrets: 'A=a:1' }, 'secrets', 'sets A, and so does env_vars'],
    [{ labels: 'Team=hidden' }, 'labels', 'pair 1'],
    [{ labels: 'team=Hidden' }, 'labels', 'no label may have in pair 1'],
    [{ labels: 'run.googleapis.com/x=hidden' }, 'labels', 'pair 1'],
    [
      { command: 'promote', image: '', env_vars: 'A=hidden' },
      'env_vars',
      'not used by the command',
    ],
    [{ command: 'resume', image: '', flags: '--args=hidden' }, 'flags', 'not used by the command'],
  ])('%j', (given, subject, wrong) => {
    const found = findings({ ...LEAST, ...given });
    expect(found).toEqual([
      { subject, value: null, wrong: expect.stringContaining(wrong), advice: expect.any(String) },
    ]);
    expect(JSON.stringify(found)).not.toMatch(/hidden/i);
  });

  test.each<[Given, string, string]>([
    [{ env_vars_update_strategy: 'replace' }, 'env_vars_update_strategy', 'known word'],
    [{ secrets_update_strategy: 'Merge' }, 'secrets_update_strategy', 'known word'],
    [{ skip_default_labels: 'yes' }, 'skip_default_labels', 'boolean'],
    [{ timeout: '2h' }, 'timeout', 'request timeout'],
    [{ timeout: '0' }, 'timeout', 'request timeout'],
    [{ timeout: '5 m' }, 'timeout', 'request timeout'],
    [{ timeout: '5m', flags: '--timeout=6m' }, 'timeout', 'in flags, too'],
    [{ image: '', flags: '--quiet' }, 'image', 'is not given'],
    [{ image: '', env_vars_update_strategy: 'overwrite' }, 'image', 'is not given'],
    [{ suffix: 'V2' }, 'suffix', 'not a suffix'],
    [{ suffix: '-v2' }, 'suffix', 'not a suffix'],
    [{ suffix: 'x'.repeat(60) }, 'suffix', 'too long'],
  ])('%j', (given, subject, wrong) => {
    expect(findings({ ...LEAST, ...given })).toEqual([
      expect.objectContaining({ subject, wrong: expect.stringContaining(wrong) }),
    ]);
  });
});

describe('suffix', () => {
  test('names the revision; a later attempt adds its number, and all of it fits', () => {
    expect(request({ ...LEAST, suffix: 'v2' }).suffix).toBe('v2');
    expect(request(LEAST).suffix).toBeNull();
    expect(suffixedName('web', 'v2', 1)).toBe('web-v2');
    expect(suffixedName('web', 'v2', 3)).toBe('web-v2-3');
    const longest = request({ ...LEAST, suffix: 'x'.repeat(59) }).suffix!;
    expect(suffixedName('web', longest, 1)).toHaveLength(63);
    expect(suffixedName('web', longest, 999)).toBe(`web-${'x'.repeat(55)}-999`);
    expect(suffixedName('web', `${'x'.repeat(54)}-yyyy`, 999)).toBe(`web-${'x'.repeat(54)}-999`);
  });

  test('a commit fits wherever gcloud takes it', () => {
    const service = 's'.repeat(22);
    const suffix = 'a'.repeat(40);
    expect(request({ ...LEAST, service, suffix }).suffix).toBe(suffix);
    expect(suffixedName(service, suffix, 2)).toBe(`${service}-${'a'.repeat(38)}-2`);
  });
});

describe('the frozen plan', () => {
  const MARKER = 'hunter2-of-nobody';
  const made = plan({ env_vars: `A=${MARKER}`, flags: `--args=${MARKER}` });

  test('holds a checksum of the edits, not the edits', () => {
    expect(writePlan(made)).not.toContain(MARKER);
    expect(writePlan(made)).toMatch(/"change":\{"edits":"[0-9a-f]{8}","image":/);
    const change = { image: made.change.image, edits: [], originLabels: [] };
    expect(readPlan(writePlan(made), made.hash)).toEqual({ ...made, change });
  });

  test('is another one for another value, and the same for the same', () => {
    expect(plan({ env_vars: `A=${MARKER}`, flags: `--args=${MARKER}` }).hash).toBe(made.hash);
    expect(plan({ env_vars: 'A=x', flags: `--args=${MARKER}` }).hash).not.toBe(made.hash);
    expect(plan().hash).not.toBe(made.hash);
  });

  test('of an image alone is the text that earlier versions froze', () => {
    expect(writePlan(plan())).toContain('"change":{"image":"registry.example/web:v1"}');
  });

  test('has room for any number of settings', () => {
    const many = Array.from({ length: 2000 }, (_, index) => `KEY_${index}=${index}`).join(',');
    const large = plan({ env_vars: many });
    expect(readPlan(writePlan(large), large.hash)).not.toBeNull();
  });
});
