import { describe, expect, test } from 'vitest';
import { COMMANDS, INPUT_NAMES, isStarting } from '../../src/core/inputs/input-table.ts';
import { parseInputs } from '../../src/core/inputs/inputs.ts';
import { aSmoke } from './build.ts';
import { AMBIENT, LEAST, findings, parse, request } from './given-inputs.ts';
import type { Given } from './given-inputs.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('what is left out', () => {
  test('service and image are enough for a run', () => {
    expect(parse(LEAST)).toEqual({
      ok: true,
      request: {
        command: 'run',
        ref: { project: 'demo', region: 'us-central1', service: 'web' },
        plan: {
          change: {
            image: 'registry.example/web:v1',
            edits: [],
            originLabels: [{ name: 'managed-by', value: 'github-actions' }],
          },
          tag: 'c-1a2b3c',
          stages: [
            { percent: 5, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false },
            { percent: 20, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false },
            { percent: 50, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false },
          ],
          judging: {
            criteria: [
              { metric: 'error-rate', max: null, maxIncrease: 0.0005 },
              { metric: 'latency-p95', max: null, maxIncrease: 0.1 },
              { metric: 'client-error-rate', max: null, maxIncrease: 0.01 },
            ],
            minRequests: 20,
            confidence: 'normal',
            onInconclusive: 'promote',
            warmUp: 3,
            maxMemory: 0.95,
          },
          smoke: aSmoke(),
          deployTimeout: 10 * MINUTE,
          noDataTimeout: 15 * MINUTE,
          holdFor: 24 * HOUR,
          onNoData: 'hold',
          onCancel: 'rollback',
          baseline: 'stable',
          minInstances: null,
          allowUnfenced: false,
          hash: expect.stringMatching(/^[0-9a-f]{8}$/),
        },
        wish: { until: null, waits: true, seen: null, toPrevious: false },
        deploysFirst: false,
        isAuto: false,
        isDryRun: false,
        deletesFailed: false,
        isTagGiven: false,
        suffix: null,
        checkName: 'Canary: web (us-central1)',
        isCheckNamed: false,
        channels: { comment: 'never', deployment: null, notify: null },
        token: '',
        warnings: [],
      },
    });
  });

  test('empty text is not given, also under a name that is not ours', () => {
    const empty = Object.fromEntries([...INPUT_NAMES, 'source'].map((name) => [name, '']));
    expect(parse({ ...empty, ...LEAST })).toEqual(parse(LEAST));
  });

  test.each(COMMANDS.filter((command) => !isStarting(command)))(
    '%s needs the service only',
    (command) => {
      expect(request({ command, service: 'web' })).toMatchObject({ command, plan: null });
    },
  );

  test('deploy makes the same plan as run', () => {
    expect(request({ ...LEAST, command: 'deploy' }).plan).toEqual(request(LEAST).plan);
  });

  test('the step of deploy-cloudrun runs as it is', () => {
    const swapped = { ...LEAST, region: 'us-central1', tag: 'canary', no_traffic: 'true' };
    expect(request(swapped)).toMatchObject({ isTagGiven: true, plan: { tag: 'canary' } });
  });

  test('no_traffic is read without regard to case, as deploy-cloudrun does', () => {
    expect(request({ ...LEAST, no_traffic: 'tRuE' }).command).toBe('run');
  });

  test('an unknown command does not ask for what another command would need', () => {
    const subjects = findings({ command: 'rampp', service: 'web', to: '20%' }).map(
      ({ subject }) => subject,
    );
    expect(subjects).toEqual(['command']);
  });
});

describe('where the service lives', () => {
  const FULL = 'projects/other/locations/europe-west1/services/web';
  const ref = { project: 'other', region: 'europe-west1', service: 'web' };

  test.each<[string, Given]>([
    ['alone', {}],
    ['beside the same project and region', { project_id: 'other', region: 'europe-west1' }],
    ['beside the default region, which nobody need have written', { region: 'us-central1' }],
  ])('a full name counts %s', (_, given) => {
    expect(request({ ...LEAST, service: FULL, ...given }).ref).toEqual(ref);
  });

  test('a full name that disagrees is refused', () => {
    const given = { ...LEAST, service: FULL, project_id: 'third', region: 'asia-east1' };
    expect(findings(given)).toEqual([
      {
        subject: 'project_id',
        value: 'third',
        wrong: 'is not the project in service, other',
        advice: expect.stringContaining('leave out `project_id`'),
      },
      {
        subject: 'region',
        value: 'asia-east1',
        wrong: 'is not the region in service, europe-west1',
        advice: expect.stringContaining('leave out `region`'),
      },
    ]);
  });

  test('project_id counts more than the environment', () => {
    expect(request({ ...LEAST, project_id: 'mine' }).ref.project).toBe('mine');
  });

  test.each([null, ''])('without any project (%j) the input is asked for', (project) => {
    const parsed = parseInputs(new Map(Object.entries(LEAST)), { ...AMBIENT, project });
    expect(parsed).toEqual({
      ok: false,
      findings: [
        {
          subject: 'project_id',
          value: null,
          wrong: 'is not given',
          advice: expect.stringContaining('google-github-actions/auth'),
        },
      ],
    });
  });

  test('a project of the environment is held to the same grammar', () => {
    const ambient = { ...AMBIENT, project: '../evil' };
    expect(parseInputs(new Map(Object.entries(LEAST)), ambient)).toMatchObject({
      findings: [
        {
          subject: 'project_id',
          value: '../evil',
          wrong: 'from the environment is not a project ID',
        },
      ],
    });
  });

  test('a full name that cannot be read does not ask for a project too', () => {
    const parsed = parseInputs(new Map([...Object.entries(LEAST), ['service', 'a/b']]), {
      ...AMBIENT,
      project: null,
    });
    expect(parsed.ok ? [] : parsed.findings.map(({ subject }) => subject)).toEqual(['service']);
  });
});

describe('every service of a region', () => {
  test('is written as * and is for reconcile', () => {
    expect(request({ command: 'reconcile', service: '*', region: 'europe-west1' })).toMatchObject({
      command: 'reconcile',
      ref: { project: 'demo', region: 'europe-west1', service: '*' },
      plan: null,
    });
  });

  test('has one check name only if somebody gave one', () => {
    const given = { command: 'reconcile', service: '*' };
    expect(request(given).isCheckNamed).toBe(false);
    expect(request({ ...given, check_name: 'Rollouts' })).toMatchObject({
      checkName: 'Rollouts',
      isCheckNamed: true,
    });
  });

  test.each(COMMANDS.filter((command) => command !== 'reconcile'))(
    'is refused for %s',
    (command) => {
      const given = isStarting(command) ? LEAST : {};
      expect(findings({ ...given, command, service: '*' })).toEqual([
        {
          subject: 'service',
          value: '*',
          wrong: 'is every service of the region',
          advice: expect.stringContaining('only `reconcile`'),
        },
      ]);
    },
  );
});

test('everything that is wrong is said at once, with the value as it was given', () => {
  const given = {
    command: 'rampp',
    service: 'Web',
    region: 'us-central1,us-east1',
    image: 'gcr.io/x/web:',
    stages: '5, 20% for 10m, 10% for 10m',
    max_error_rate: '1',
    hold_for: '-1',
    smoke_path: 'healthz',
    env_vars: 'KEY value',
    source: './app',
    on_nodata: 'hold',
  };
  expect(findings(given).map(({ subject, value }) => [subject, value])).toEqual([
    ['command', 'rampp'],
    ['service', 'Web'],
    ['region', 'us-central1,us-east1'],
    ['image', 'gcr.io/x/web:'],
    ['env_vars', null],
    ['stages', '5'],
    ['stages', '10% for 10m'],
    ['max_error_rate', '1'],
    ['hold_for', '-1'],
    ['smoke_path', 'healthz'],
    ['source', null],
    ['on_nodata', null],
  ]);
});
