import { describe, expect, test } from 'vitest';
import { parseInputs } from '../../src/core/inputs/inputs.ts';
import { AMBIENT, LEAST, findings } from './given-inputs.ts';
import type { Given } from './given-inputs.ts';

describe('one thing wrong is one finding about that input', () => {
  test.each<[Given, string, string, string, (string | null)?]>([
    [{ command: 'rampp' }, 'command', 'is not a known word here', '`run`, `deploy`, `ramp`'],
    [{ command: 'RUN' }, 'command', 'is not a known word here', '`status` or `reconcile`'],
    [{ service: '' }, 'service', 'is not given', 'Cloud Run service'],
    [{ service: 'Web' }, 'service', 'is not a service name', 'lower-case'],
    [{ region: 'mars-east1' }, 'region', 'no part of the world', 'southamerica or us'],
    [{ region: 'us-central1,us-east1' }, 'region', 'several regions', 'matrix'],
    [{ region: 'us-central1-a' }, 'region', 'is a zone', 'last letter'],
    [{ region: 'us central1' }, 'region', 'not written as a region', 'hyphens'],
    [{ project_id: '123' }, 'project_id', 'is a project number', 'project ID'],
    [{ project_id: 'My Project' }, 'project_id', 'is not a project ID', 'PROJECT_ID'],
    [{ image: '' }, 'image', 'is not given', 'digest'],
    [{ image: 'https://gcr.io/x/web' }, 'image', 'is a URL', 'scheme'],
    [{ image: 'gcr.io/x/web:' }, 'image', 'empty tag', 'expression'],
    [{ image: 'a b' }, 'image', 'holds a space', 'one image'],
    [{ tag: 'Canary' }, 'tag', 'is not a traffic tag', 'lower-case'],
    [{ tag: 'a'.repeat(44) }, 'tag', 'too long for this service', 'at most 43'],
    [{ service: 's'.repeat(40) }, 'tag', 'too long for this service', 'at most 6', 'c-1a2b3c'],
    [{ no_traffic: 'false' }, 'no_traffic', 'traffic at once', 'always starts without traffic'],
    [{ no_traffic: 'FALSE' }, 'no_traffic', 'traffic at once', 'always starts without traffic'],
    [{ no_traffic: 'yes' }, 'no_traffic', 'is not a boolean', '`true`'],
    [{ stages: '5' }, 'stages', 'has no percent sign', '`5% for 10m`'],
    [{ stages: '5%, 20% for 1m' }, 'stages', 'for how long', 'Add the duration', '5%'],
    [{ stages: '20% for 1m, 5% for 1m' }, 'stages', 'does not rise', 'rising order', '5% for 1m'],
    [{ stages: '5% for 8d' }, 'stages', 'too long', 'from 1s to 7d'],
    [{ stages: '5% until approved' }, 'stages', 'something else', '`50% until promoted`'],
    [{ stages: '100%' }, 'stages', 'no stage of its own', 'below 100%'],
    [{ min_requests: '0' }, 'min_requests', 'nobody has called', 'at least 1'],
    [{ min_requests: '1e3' }, 'min_requests', 'whole number', 'digits only'],
    [{ min_requests: '1000000001' }, 'min_requests', 'too large', '1000000000'],
    [{ max_error_rate: '0.01' }, 'max_error_rate', 'no percent sign', '`0.5%`'],
    [{ max_error_rate: '100%' }, 'max_error_rate', 'never be exceeded', 'below 100%'],
    [{ max_error_rate: '101%' }, 'max_error_rate', 'too large', '0% to 100%'],
    [{ max_error_rate: 'off' }, 'max_error_rate', 'not a percentage', '`1%`'],
    [{ max_error_rate_increase: '1' }, 'max_error_rate_increase', 'no percent sign', '`1%`'],
    [{ max_error_rate_increase: '100%' }, 'max_error_rate_increase', 'never be', 'below'],
    [
      { max_error_rate: '1%', max_error_rate_increase: '1%' },
      'max_error_rate_increase',
      'never decide',
      'above 1%',
    ],
    [
      { max_error_rate: '0%', max_error_rate_increase: '0.1%' },
      'max_error_rate_increase',
      'never decide',
      'above 0%',
    ],
    [{ max_latency_p50: '200' }, 'max_latency_p50', 'no unit', '`250ms`'],
    [{ max_latency_p95: '1m' }, 'max_latency_p95', 'given in m', '`250ms`'],
    [{ max_latency_p99: '0ms' }, 'max_latency_p99', 'too short', 'from 1ms'],
    [
      { max_latency_p50: '2s', max_latency_p95: '1s' },
      'max_latency_p50',
      'above max_latency_p95',
      'at most',
    ],
    [
      { max_latency_p50: '2s', max_latency_p99: '1s' },
      'max_latency_p50',
      'above max_latency_p99',
      'at most',
    ],
    [
      { max_latency_p95: '2s', max_latency_p99: '1s' },
      'max_latency_p95',
      'above max_latency_p99',
      'at most',
    ],
    [{ max_latency_increase: '25' }, 'max_latency_increase', 'percent sign', '`off`'],
    [{ max_latency_increase: '1001%' }, 'max_latency_increase', 'too large', '1000%'],
    [{ max_latency_increase: 'none' }, 'max_latency_increase', 'percentage', '`off`'],
    [{ on_no_data: 'promote' }, 'on_no_data', 'known word', '`hold` or `rollback`'],
    [{ on_inconclusive: 'pass' }, 'on_inconclusive', 'known word', '`hold` or `rollback`'],
    [{ confidence: 'sure' }, 'confidence', 'known word', '`normal` or `high`'],
    [{ latency_warm_up: '3m' }, 'latency_warm_up', 'not a whole number', 'from 0 to 60'],
    [{ latency_warm_up: '61' }, 'latency_warm_up', 'too large', 'from 0 to 60'],
    [
      { max_client_error_rate_increase: '1' },
      'max_client_error_rate_increase',
      'no percent sign',
      '`off`',
    ],
    [{ on_cancel: 'keep' }, 'on_cancel', 'known word', '`rollback` or `hold`'],
    [{ no_data_timeout: '15' }, 'no_data_timeout', 'no unit', '`10m`'],
    [{ no_data_timeout: '8d' }, 'no_data_timeout', 'too long', 'to 7d'],
    [{ deploy_timeout: '2h' }, 'deploy_timeout', 'too long', 'to 1h'],
    [{ deploy_timeout: '0s' }, 'deploy_timeout', 'too short', 'from 1s'],
    [{ hold_for: '31d' }, 'hold_for', 'too long', 'to 30d'],
    [{ hold_for: 'forever' }, 'hold_for', 'not a duration', '`1h30m`'],
    [{ smoke_path: 'https://x.example/' }, 'smoke_path', 'whole URL', "canary's own"],
    [{ smoke_path: '//x.example/' }, 'smoke_path', 'another host', '`/healthz`'],
    [{ smoke_path: '/a/../b' }, 'smoke_path', 'dot segment', 'leads to'],
    [{ smoke_status: '2xx' }, 'smoke_status', 'status codes', '`200-299, 404`'],
    [{ smoke_status: '399-200' }, 'smoke_status', 'falls', 'smaller code first'],
    [{ smoke_revision_header: 'x:' }, 'smoke_revision_header', 'header name', 'no colon'],
    [{ smoke_path: 'off', smoke_status: '204' }, 'smoke_status', 'smoke_path is off', 'Remove'],
    [
      { smoke_path: 'off', smoke_revision_header: 'x-revision' },
      'smoke_revision_header',
      'smoke_path is off',
      'Remove',
    ],
    [{ allow_unfenced: 'yes' }, 'allow_unfenced', 'is not a boolean', '`true` or `false`'],
    [{ keep_tag: 'yes' }, 'keep_tag', 'is not a boolean', '`true` or `false`'],
    [{ delete_failed_canary: 'yes' }, 'delete_failed_canary', 'is not a boolean', '`true` or `false`'],
    [{ check_name: 'a\nb' }, 'check_name', 'cannot be seen', 'one line'],
    [{ check_name: 'x'.repeat(101) }, 'check_name', 'too long', 'at most 100'],
    [{ token: 'two words' }, 'token', 'is not a token', 'without quotes', null],
    [{ source: './app' }, 'source', 'not an input of this action', 'Build and push', null],
    [{ revision_traffic: 'LATEST=100' }, 'revision_traffic', 'not an input', 'use `stages`', null],
    [{ steps: '5,20' }, 'steps', 'not an input of this action', 'action.yml', null],
    [{ stagse: '5' }, 'stagse', 'not an input of this action', '`stages`', null],
    [{ __proto__polluted: '1' }, '__proto__polluted', 'not an input', 'Remove it', null],
  ])('%j', (given, subject, wrong, advice, part) => {
    // What a finding shows is the text as it was given, unless the row says otherwise.
    const whole: Given = { ...LEAST, ...given };
    const value = part === undefined ? whole[subject] || null : part;
    expect(findings(whole)).toEqual([
      {
        subject,
        value,
        wrong: expect.stringContaining(wrong),
        advice: expect.stringContaining(advice),
      },
    ]);
  });

  test('a default tag that does not fit is about the input that can mend it', () => {
    const ambient = { ...AMBIENT, defaultTag: 'C 1' };
    expect(parseInputs(new Map(Object.entries(LEAST)), ambient)).toMatchObject({
      findings: [{ subject: 'tag', value: 'C 1', wrong: 'is not a traffic tag' }],
    });
  });
});
