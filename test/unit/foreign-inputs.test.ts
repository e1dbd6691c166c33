import { expect, test } from 'vitest';
import { foreignInput } from '../../src/core/inputs/foreign-inputs.ts';

test.each([
  ['env_vars_file', '`env_vars`'],
  ['source', 'Build and push'],
  ['job', 'Jobs have no traffic'],
  ['wait', '`wait_for_verdict`'],
  ['revision_traffic', 'Traffic is owned by the rollout: use `stages`'],
  ['tag_traffic', 'Traffic is owned by the rollout: use `stages`'],
  ['update_traffic_flags', 'Traffic is owned by the rollout: use `stages`'],
  ['traffic_flags', 'Traffic is owned by the rollout: use `stages`'],
  ['gcloud_version', 'installs no gcloud'],
  ['gcloud_component', 'installs no gcloud'],
])('%s of deploy-cloudrun has its own advice', (name, advice) => {
  expect(foreignInput(name)).toEqual({
    subject: name,
    value: null,
    wrong: 'is not an input of this action',
    advice: expect.stringContaining(advice),
  });
});

test.each([
  ['stage', 'stages'],
  ['stagse', 'stages'],
  ['servce', 'service'],
  ['max-error-rate', 'max_error_rate'],
  ['max_error_rat', 'max_error_rate'],
  ['projectid', 'project_id'],
  ['project', 'project_id'],
  ['on-no-data', 'on_no_data'],
  ['min_request', 'min_requests'],
  ['github_token', null],
  ['__proto__', null],
  ['constructor', null],
  ['max', null],
  ['x', null],
])('%s: the nearest input is %s', (name, nearest) => {
  expect(foreignInput(name)).toEqual({
    subject: name,
    value: null,
    wrong: 'is not an input of this action',
    advice:
      nearest === null
        ? 'Remove it; the inputs are listed in action.yml.'
        : `Did you mean \`${nearest}\`?`,
  });
});

test.each(['a b', 'a\nb', '::error::x', 'é', '', 'x'.repeat(65), '{}'])(
  '%j is no name that may be shown without quotes',
  (name) => {
    expect(foreignInput(name)).toMatchObject({ subject: 'inputs', value: name });
  },
);
