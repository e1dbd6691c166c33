import { describe, expect, test } from 'vitest';
import { parseRevision } from '../../src/core/inputs/names.ts';
import { findings, plan, request } from './given-inputs.ts';

const ref = { project: 'demo', region: 'us-central1', service: 'web' };
const FULL = 'projects/demo/locations/us-central1/services/web/revisions/web-00042-abc';
const given = { service: 'web', revision: 'web-00042-abc' };

describe('revision', () => {
  test.each([
    ['web-00042-abc', 'web-00042-abc'],
    [FULL, 'web-00042-abc'],
    [FULL.replace('demo', '123456789012'), 'web-00042-abc'],
    [`web-${'x'.repeat(59)}`, `web-${'x'.repeat(59)}`],
  ])('%s is a revision', (text, name) => {
    expect(parseRevision(text, ref)).toEqual({ ok: true, value: name });
  });

  test.each([
    ['web', 'is not a revision of this service'],
    ['shop-00042-abc', 'is not a revision of this service'],
    ['webs-00042', 'is not a revision of this service'],
    ['web-', 'is not the name of a revision'],
    ['web-A', 'is not the name of a revision'],
    ['web-1/../x', 'is not the name of a revision'],
    ['web-1%2f', 'is not the name of a revision'],
    ['LATEST', 'is not the name of a revision'],
    [`web-${'x'.repeat(60)}`, 'is not the name of a revision'],
    [FULL.replace('services/web', 'services/shop'), 'is a revision of another service'],
    [FULL.replace('us-central1', 'europe-west1'), 'is a revision of another service'],
    [FULL.replace('demo', 'other'), 'is a revision of another service'],
  ])('%s is refused', (text, wrong) => {
    expect(parseRevision(text, ref)).toMatchObject({ ok: false, faults: [{ value: text, wrong }] });
  });

  test('takes the place of everything that a revision is made from', () => {
    const { plan: brought } = request({ ...given });
    expect(brought).toMatchObject({
      brings: 'web-00042-abc',
      change: { image: null, edits: [], originLabels: [] },
    });
    expect(plan()).not.toHaveProperty('brings');
  });

  test('together with any of it is refused, in one message', () => {
    const both = { image: 'app:v1', env_vars: 'A=secret', flags: '--cpu=2', suffix: 'v2' };
    expect(findings({ ...given, ...both })).toEqual([
      {
        subject: 'revision',
        value: 'web-00042-abc',
        wrong: 'is given together with image, env_vars, suffix, flags',
        advice: expect.stringContaining('rolled out as it is'),
      },
    ]);
  });
});

describe('first_deploy', () => {
  test.each([
    ['refuse', false],
    ['direct', true],
    ['', false],
  ])('%j', (first_deploy, deploysFirst) => {
    const image = 'app:v1';
    expect(request({ service: 'web', image, first_deploy })).toMatchObject({ deploysFirst });
  });

  test.each(['yes', 'true', 'Direct'])('%s is refused', (first_deploy) => {
    expect(findings({ service: 'web', image: 'app:v1', first_deploy })).toMatchObject([
      { subject: 'first_deploy', value: first_deploy },
    ]);
  });

  test('with a revision that is there already there is nothing to deploy', () => {
    expect(findings({ ...given, first_deploy: 'direct' })).toMatchObject([
      { subject: 'first_deploy', wrong: 'is given together with revision' },
    ]);
  });
});

test('a fresh baseline is not made beside a revision that is there already', () => {
  const fresh = { ...given, baseline: 'fresh' };
  expect(findings(fresh)).toMatchObject([{ subject: 'baseline', value: 'fresh' }]);
  expect(findings({ ...given, baseline: 'stable' })).toEqual([]);
});
