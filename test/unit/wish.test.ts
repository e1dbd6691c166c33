import { describe, expect, test } from 'vitest';
import { COMMANDS, INPUT_NAMES, INPUTS, isStarting } from '../../src/core/inputs/input-table.ts';
import type { Command, InputName } from '../../src/core/inputs/input-table.ts';
import { LEAST, findings, request } from './given-inputs.ts';
import type { Given } from './given-inputs.ts';

/** The least that a command has to be given. */
function leastFor(command: Command): Given {
  return isStarting(command) ? { ...LEAST, command } : { service: 'web', command };
}

describe('what is wanted of a rollout that is there', () => {
  test.each<[Given, object]>([
    [{ command: 'ramp' }, { until: null, waits: true }],
    [
      { command: 'ramp', to: '20%' },
      { until: 20, waits: true },
    ],
    [{ command: 'ramp', to: '20 %' }, { until: 20 }],
    [{ command: 'ramp', to: '100%' }, { until: 100 }],
    [
      { command: 'ramp', wait_for_verdict: 'false' },
      { until: null, waits: false },
    ],
    [{ command: 'promote' }, { seen: null }],
    [{ command: 'promote', at: '0%' }, { seen: 0 }],
    [{ command: 'promote', at: '50%' }, { seen: 50 }],
    [{ command: 'rollback' }, { toPrevious: false }],
    [{ command: 'rollback', to: 'previous' }, { toPrevious: true }],
  ])('%j', (given, wish) => {
    const nothing = { until: null, waits: true, seen: null, toPrevious: false };
    expect(request({ service: 'web', ...given }).wish).toEqual({ ...nothing, ...wish });
  });

  test.each<[Given, string, string, string]>([
    [{ command: 'ramp', to: '20' }, 'to', 'has no percent sign', '`20%`'],
    [{ command: 'ramp', to: '0.2' }, 'to', 'is not a whole percentage', '`20%`'],
    [{ command: 'ramp', to: '2.5%' }, 'to', 'is not a whole percentage', '`20%`'],
    [{ command: 'ramp', to: '-5%' }, 'to', 'is not a whole percentage', '`20%`'],
    [{ command: 'ramp', to: '101%' }, 'to', 'more than all', '`100%` for all of it'],
    [{ command: 'ramp', to: '0%' }, 'to', 'takes all traffic', '`command: rollback`'],
    [{ command: 'ramp', to: 'previous' }, 'to', 'is not a whole percentage', 'a stage'],
    [{ command: 'ramp', wait_for_verdict: 'no' }, 'wait_for_verdict', 'not a boolean', '`false`'],
    [{ command: 'promote', at: '20' }, 'at', 'has no percent sign', 'when it was approved'],
    [{ command: 'promote', at: '100%' }, 'at', 'where a promotion leads', 'when it was approved'],
    [{ command: 'promote', at: '101%' }, 'at', 'more than all', 'when it was approved'],
    [{ command: 'promote', at: 'stage 2' }, 'at', 'not a whole percentage', '`20%`'],
    [{ command: 'rollback', to: 'web-00041-kib' }, 'to', 'not a place', '`previous`'],
    [{ command: 'rollback', to: '5%' }, 'to', 'not a place', 'leave it out'],
    [{ command: 'rollback', to: 'Previous' }, 'to', 'not a place', '`previous`'],
  ])('%j is refused', (given, subject, wrong, advice) => {
    expect(findings({ service: 'web', ...given })).toEqual([
      {
        subject,
        value: given[subject],
        wrong: expect.stringContaining(wrong),
        advice: expect.stringContaining(advice),
      },
    ]);
  });
});

/** Who may be given what, written out once more by hand. Empty: every command. */
const USERS: Readonly<Record<InputName, readonly Command[]>> = {
  command: [],
  service: [],
  region: [],
  project_id: [],
  image: ['run', 'deploy'],
  metadata: ['run', 'deploy'],
  revision: ['run', 'deploy'],
  first_deploy: ['run', 'deploy'],
  env_vars: ['run', 'deploy'],
  env_vars_update_strategy: ['run', 'deploy'],
  secrets: ['run', 'deploy'],
  secrets_update_strategy: ['run', 'deploy'],
  labels: ['run', 'deploy'],
  skip_default_labels: ['run', 'deploy'],
  suffix: ['run', 'deploy'],
  timeout: ['run', 'deploy'],
  flags: ['run', 'deploy'],
  tag: ['run', 'deploy'],
  keep_tag: ['run', 'deploy'],
  no_traffic: [],
  stages: ['run', 'deploy'],
  to: ['ramp', 'rollback'],
  at: ['promote'],
  wait_for_verdict: ['ramp'],
  min_requests: ['run', 'deploy'],
  confidence: ['run', 'deploy'],
  max_client_error_rate_increase: ['run', 'deploy'],
  latency_warm_up: ['run', 'deploy'],
  on_inconclusive: ['run', 'deploy'],
  max_error_rate: ['run', 'deploy'],
  max_error_rate_increase: ['run', 'deploy'],
  max_latency_p50: ['run', 'deploy'],
  max_latency_p95: ['run', 'deploy'],
  max_latency_p99: ['run', 'deploy'],
  max_latency_increase: ['run', 'deploy'],
  max_memory: ['run', 'deploy'],
  on_no_data: ['run', 'deploy'],
  on_cancel: ['run', 'deploy'],
  baseline: ['run', 'deploy'],
  min_instances_during_rollout: ['run', 'deploy'],
  no_data_timeout: ['run', 'deploy'],
  deploy_timeout: ['run', 'deploy'],
  hold_for: ['run', 'deploy'],
  smoke_path: ['run', 'deploy'],
  smoke_status: ['run', 'deploy'],
  smoke_revision_header: ['run', 'deploy'],
  smoke_body: ['run', 'deploy'],
  smoke_probes: ['run', 'deploy'],
  smoke_rate: ['run', 'deploy'],
  smoke_auth: ['run', 'deploy'],
  smoke_audience: ['run', 'deploy'],
  warm_up: ['run', 'deploy'],
  delete_failed_canary: ['run', 'deploy'],
  allow_unfenced: ['run', 'deploy'],
  dry_run: ['run', 'deploy'],
  check_name: [],
  comment: [],
  deployment: [],
  deployment_environment: [],
  notify_url: [],
  notify_secret: [],
  notify_format: [],
  token: [],
};

/** Something other than the default, that its users take. */
const WRITTEN: Given = {
  region: 'europe-west1',
  project_id: 'mine',
  image: 'registry.example/web:v2',
  metadata: 'service.yaml',
  env_vars: 'A=1',
  env_vars_update_strategy: 'overwrite',
  secrets: 'B=key:latest',
  secrets_update_strategy: 'overwrite',
  labels: 'team=shop',
  skip_default_labels: 'true',
  revision: 'web-00007-abc',
  first_deploy: 'direct',
  suffix: 'v2',
  timeout: '10m5s',
  flags: '--cpu=2',
  tag: 'canary',
  keep_tag: 'true',
  no_traffic: 'True',
  stages: '5% for 1m',
  at: '20%',
  wait_for_verdict: 'false',
  min_requests: '30',
  confidence: 'high',
  max_client_error_rate_increase: '2%',
  latency_warm_up: '5',
  on_inconclusive: 'hold',
  max_error_rate: '2%',
  max_error_rate_increase: '1%',
  max_latency_p50: '1s',
  max_latency_p95: '1s',
  max_latency_p99: '1s',
  max_latency_increase: '30%',
  max_memory: '80%',
  on_no_data: 'rollback',
  on_cancel: 'hold',
  baseline: 'fresh',
  min_instances_during_rollout: '3',
  no_data_timeout: '1m',
  deploy_timeout: '1m',
  hold_for: '1h',
  smoke_path: '/healthz',
  smoke_status: '204',
  smoke_revision_header: 'x-revision',
  smoke_body: 'ok',
  smoke_probes: '20',
  smoke_rate: '5',
  smoke_auth: 'id_token',
  smoke_audience: 'https://shop.example',
  warm_up: '30s',
  delete_failed_canary: 'true',
  allow_unfenced: 'true',
  dry_run: 'true',
  check_name: 'Ramp',
  token: 'ghs_x',
};

const others = INPUT_NAMES.filter((name) => name !== 'command' && name !== 'service');
const table = COMMANDS.flatMap(
  (command) =>
    others.map((name) => {
      const isFor = USERS[name].length === 0 || USERS[name].includes(command);
      return { command, name, says: isFor ? 'takes' : 'refuses', isFor };
    }),
  // Its users take it instead of an image, and with a file.
).filter(({ name, isFor }) => name !== 'metadata' || !isFor);

describe('an input that the command does not use is refused, not ignored', () => {
  test.each(table)('$command $says $name', ({ command, name, isFor }) => {
    const written = name === 'to' ? (command === 'ramp' ? '20%' : 'previous') : WRITTEN[name]!;
    expect(written).not.toBe(INPUTS[name].usual);
    // What is there already is not made from an image.
    const { image: _, ...without } = leastFor(command);
    const least = name === 'revision' ? without : leastFor(command);
    const found = findings({ ...least, [name]: written });
    expect(found.map(({ subject, wrong }) => `${subject} ${wrong}`)).toEqual(
      isFor ? [] : [`${name} is not used by the command ${command}`],
    );
  });

  test('an input that is wrong as well has one finding, not two', () => {
    const given = { command: 'promote', service: 'web', wait_for_verdict: 'maybe', to: 'x' };
    expect(findings(given).map(({ subject, wrong }) => [subject, wrong])).toEqual([
      ['to', 'is not used by the command promote'],
      ['wait_for_verdict', 'is not used by the command promote'],
    ]);
  });

  test.each<[Given, string]>([
    [{ command: 'ramp', stages: '5% for 1m' }, 'was fixed by the command that started it'],
    [{ command: 'resume', image: 'registry.example/web:v2' }, 'was fixed by the command that'],
    [{ command: 'resume', to: '20%' }, 'it is for `ramp` or `rollback`.'],
    [{ command: 'rollback', at: '20%' }, 'it is for `promote`.'],
    [{ command: 'promote', wait_for_verdict: 'false' }, 'it is for `ramp`.'],
  ])('%j: the advice says whose it is', (given, advice) => {
    const [finding] = findings({ service: 'web', ...given });
    expect(finding?.advice).toMatch(/^Remove it: /);
    expect(finding?.advice).toContain(advice);
  });

  test('the defaults that the runner fills in are used by no command wrongly', () => {
    const filled = Object.fromEntries(INPUT_NAMES.map((name) => [name, INPUTS[name].usual]));
    for (const command of COMMANDS) {
      expect(request({ ...filled, ...leastFor(command) }).command).toBe(command);
    }
  });
});
