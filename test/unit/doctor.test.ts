/** Who is told what to type: identities, APIs that are off, names that were mistyped. */
import { describe, expect, test } from 'vitest';
import { grantOnAccount, grantOnService, repositoryOf } from '../../src/core/doctor/commands.ts';
import {
  disabledApi,
  exchangeStep,
  impersonationStep,
} from '../../src/core/doctor/google-words.ts';
import { lookAlikes } from '../../src/core/doctor/look-alikes.ts';
import { named, principalOf } from '../../src/core/doctor/principal.ts';
import { Problem, problemText } from '../../src/core/problem.ts';
import { HOSTILE } from './hostile-names.ts';

const ref = { project: 'demo', region: 'us-central1', service: 'web' };
const audience =
  '//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/github/providers/main';
const account = 'deployer@demo.iam.gserviceaccount.com';
const SET =
  'principalSet://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/github/attribute.repository/octo/web';

describe('the principal of a job', () => {
  test.each([
    ['a key', { email: account, audience: null }, `serviceAccount:${account}`, null],
    ['an account acted as', { email: account, audience }, `serviceAccount:${account}`, SET],
    ['the repository itself', { email: null, audience }, SET, SET],
    ['nobody that is known', { email: null, audience: 'x' }, null, null],
  ])('is, with %s, whom its credentials name', (_, facts, member, repository) => {
    expect(principalOf({ ...facts, repository: 'octo/web' })).toEqual({ member, repository });
  });

  test('stands in every command of a problem, and is a variable where it is not known', () => {
    const command = grantOnService('roles/run.developer', ref);
    const finding = { subject: 'permission', value: 'x', wrong: 'is missing', advice: 'Grant it.' };
    const problem = new Problem('preflight', {
      summary: 'No.',
      advice: '',
      findings: [{ ...finding, command }],
      commands: [grantOnAccount('roles/iam.serviceAccountUser', account)],
    });
    const principal = principalOf({ email: account, audience, repository: 'octo/web' });
    expect(named(problemText(problem), principal).split('\n')).toEqual([
      'No.',
      `  - permission "x" is missing. Grant it: gcloud run services add-iam-policy-binding web --project=demo --region=us-central1 --member=serviceAccount:${account} --role=roles/run.developer`,
      `  gcloud iam service-accounts add-iam-policy-binding ${account} --project=demo --member=serviceAccount:${account} --role=roles/iam.serviceAccountUser`,
    ]);
    expect(named(command, { member: null, repository: null })).toContain('--member="$MEMBER" ');
  });

  test.each(HOSTILE)('named %j stays one word of the command', (name) => {
    const text = named(grantOnService('roles/x', ref), { member: name, repository: null });
    expect(text.split('\n')).toHaveLength(1);
    expect(text.replaceAll(/'(?:[^']|'\\'')*'/g, 'Q')).toMatch(
      /^gcloud run [\w. =/-]+ --member=[\w.:/@=-]+ --role=roles\/x$/,
    );
  });
});

/** Code and description, as the token service is seen to answer. */
const EXCHANGES: readonly (readonly [said: string, text: RegExp, command: RegExp | null])[] = [
  [
    'unauthorized_client The given credential is rejected by the attribute condition.',
    /attribute condition .* does not let this repository/,
    /^gcloud iam workload-identity-pools providers describe main --workload-identity-pool=github --location=global --project=42$/,
  ],
  [
    `invalid_target The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn't exist.`,
    /not there, disabled or deleted/,
    /^gcloud iam workload-identity-pools providers list .*--workload-identity-pool=github/,
  ],
  [
    'invalid_request Invalid value for "audience". This value should be the full resource name of the Identity Provider.',
    /must be the full name/,
    null,
  ],
  [
    'invalid_grant The audience in ID Token [x] does not match the expected audience.',
    /expects another audience/,
    /providers describe main/,
  ],
  ['invalid_grant ID Token issued at 1 is stale to sign-in.', /was too old when it was used/, null],
  [
    'invalid_request The size of mapped attribute exceeds the 127 bytes limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than 127 bytes.',
    /127 characters/,
    /providers describe main/,
  ],
  [
    'invalid_grant The issuer in ID Token https://github.example does not match the expected ones.',
    /does not trust the issuer/,
    /providers describe main/,
  ],
];

describe('an identity that Google does not exchange', () => {
  test.each(EXCHANGES)('%s', (said, text, command) => {
    const step = exchangeStep(said, { audience, account })!;
    expect(step.text).toMatch(text);
    expect(step.commands).toEqual(command === null ? [] : [expect.stringMatching(command)]);
  });

  test('in words that nobody knows gets no advice of ours', () => {
    expect(exchangeStep('server_error Whatever.', { audience, account })).toBeNull();
  });

  test('from a file with an odd provider gets no command', () => {
    const facts = { audience: '//iam.googleapis.com/$(id)', account };
    expect(exchangeStep('invalid_target', facts)!.commands).toEqual([]);
  });
});

test('impersonation needs workloadIdentityUser for the repository, on the account', () => {
  const principal = principalOf({ email: account, audience, repository: 'octo/web' });
  const [command] = impersonationStep({ audience, account }).commands;
  expect(named(command!, principal)).toBe(
    `gcloud iam service-accounts add-iam-policy-binding ${account} --project=demo --member=${SET} --role=roles/iam.workloadIdentityUser`,
  );
});

describe('an API that is not enabled', () => {
  const refused = { status: 'PERMISSION_DENIED', message: '', reason: '', service: '' };
  const words =
    'Cloud Run Admin API has not been used in project 42 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/run.googleapis.com/overview?project=42 then retry.';

  test.each([
    [{ reason: 'SERVICE_DISABLED', service: 'run.googleapis.com' }, 'run.googleapis.com'],
    [{ reason: 'SERVICE_DISABLED' }, 'usual.googleapis.com'],
    [{ reason: 'SERVICE_DISABLED', service: 'evil.example; id' }, 'usual.googleapis.com'],
    [{ message: words }, 'usual.googleapis.com'],
    [{ reason: 'IAM_PERMISSION_DENIED', service: 'run.googleapis.com' }, null],
    [{ message: 'Permission denied.' }, null],
  ])('is known by its code or its words: %j', (facts, api) => {
    expect(disabledApi({ ...refused, ...facts }, 'usual.googleapis.com')).toBe(api);
  });
});

describe('the name that was probably meant', () => {
  test.each([
    ['wbe', ['web', 'api', 'worker'], ['web']],
    ['web', ['web-prod', 'web-staging', 'api'], ['web-prod', 'web-staging']],
    ['web-prod', ['web', 'api'], ['web']],
    ['checkout-svc', ['checkout-service', 'checkin-svc'], ['checkin-svc', 'checkout-service']],
    ['checkout-svc', ['checkout-gateway'], []],
    ['shop', ['web', 'api'], []],
    ['web', ['web'], []],
    ['a', ['b', 'c', 'd', 'e'], ['b', 'c', 'd']],
  ])('%s among %j is %j', (wanted, names, found) => {
    expect(lookAlikes(wanted, names)).toEqual(found);
  });
});

test.each([
  ['us-docker.pkg.dev/p/r/web:v1', { location: 'us', project: 'p', repository: 'r' }],
  [
    'europe-west1-docker.pkg.dev/p/r/a/b@sha256:aa',
    { location: 'europe-west1', project: 'p', repository: 'r' },
  ],
  ['gcr.io/p/web', null],
  ['web', null],
  ['us-docker.pkg.dev/p', null],
])('the repository of %s', (image, place) => {
  expect(repositoryOf(image)).toEqual(place);
});
