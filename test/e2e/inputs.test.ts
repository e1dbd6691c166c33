/** Inputs that cannot be meant: one message with everything in it, and not a single request. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorsOf, nothingLeft } from '../scene/evidence.ts';
import { openScene, TOKEN, type JobOptions, type Scene } from '../scene/scene.ts';

type Inputs = Readonly<Record<string, string>>;
/** What is wrong, the inputs that are wrong, and what the message says. */
type Row = readonly [rule: string, inputs: Inputs, ...said: string[]];

const FULL = 'projects/demo/locations/us-central1/services/web';
const LONG = Array.from({ length: 22 }, (_, index) => `${index + 1}% for 5s`).join(', ');

const ROWS: readonly Row[] = [
  ['an unknown command', { command: 'launch' }, 'command "launch" is not a known word'],
  ['no service', { service: '' }, 'service is not given'],
  ['a service in capitals', { service: 'Web' }, 'service "Web" is not a service name'],
  ['a service with a path', { service: 'web/../admin' }, 'is not the full name of a service'],
  ['a service with an escape', { service: 'web%2fadmin' }, 'is not a service name'],
  ['a service of 50 letters', { service: 'w'.repeat(50) }, 'is too long'],
  [
    'two regions that differ',
    { service: FULL, region: 'europe-west1' },
    'region "europe-west1" is not the region in service, us-central1',
  ],
  [
    'two projects that differ',
    { service: FULL, project_id: 'other' },
    'project_id "other" is not the project in service, demo',
  ],
  [
    'a region of nowhere',
    { region: 'mars-central1' },
    'region "mars-central1" is in no part of the world',
  ],
  ['no word for a region', { region: 'here' }, 'region "here" is not a region'],
  ['several regions', { region: 'us-central1,europe-west1' }, 'names several regions'],
  ['a zone', { region: 'us-central1-a' }, 'is a zone'],
  ['a project number', { project_id: '123456789012' }, 'is a project number'],
  ['a project with a space', { project_id: 'my project' }, 'is not a project ID'],
  ['no image', { image: '' }, 'image is not given'],
  ['an image as a URL', { image: 'https://example.com/app' }, 'is a URL'],
  ['two images', { image: 'sandbox/app:v2 sandbox/app:v3' }, 'holds a space'],
  ['an empty digest', { image: 'sandbox/app@' }, 'ends in an empty digest'],
  ['an empty tag of an image', { image: 'sandbox/app:' }, 'ends in an empty tag'],
  ['a digest cut short', { image: 'sandbox/app@sha256:abc' }, 'has a broken digest'],
  ['an image in capitals', { image: 'Sandbox/App:v2' }, 'has upper-case letters'],
  ['a tag of other letters', { tag: 'Canary!' }, 'tag "Canary!" is not a traffic tag'],
  ['a tag too long for the service', { tag: 't'.repeat(44) }, 'is too long for this service'],
  ['traffic at once', { no_traffic: 'false' }, 'asks for traffic at once'],
  [
    'stages that fall',
    { stages: '50% for 5s, 10% for 5s' },
    'does not rise: the stage before it is at 50%',
  ],
  ['stages that stay', { stages: '10% for 5s, 10% for 5s' }, 'does not rise'],
  ['a stage at 0 %', { stages: '0% for 5s' }, 'starts at 0%'],
  ['a stage at 101 %', { stages: '101% for 5s' }, 'is more than all of the traffic'],
  ['a stage at 100 %', { stages: '100% for 5s' }, 'watches the canary at 100%'],
  ['a stage without a time', { stages: '10%' }, 'does not say for how long'],
  ['a stage without a percent sign', { stages: '10 for 5s' }, 'has no percent sign'],
  ['a time without a unit', { stages: '10% for 5' }, 'has no unit'],
  ['a part of a percent', { stages: '2.5% for 5s' }, 'is not a whole percentage'],
  ['a negative stage', { stages: '-5% for 5s' }, 'has a sign'],
  ['an empty stage', { stages: '5% for 5s,, 10% for 5s' }, 'has an empty stage'],
  ['more than twenty stages', { stages: LONG }, 'has 22 stages'],
  ['a stage of eight days', { stages: '5% for 8d' }, 'stages "5% for 8d" has a duration that'],
  ['no request at all', { min_requests: '0' }, 'would let a canary pass that nobody has called'],
  ['half a request', { min_requests: '0.5' }, 'min_requests "0.5"'],
  ['a rate without a percent sign', { max_error_rate: '5' }, 'max_error_rate "5"'],
  ['a rate nothing can exceed', { max_error_rate: '100%' }, 'can never be exceeded'],
  [
    'limits of which one is idle',
    { max_error_rate: '1%', max_error_rate_increase: '2%' },
    'can never decide anything',
  ],
  ['a latency without a unit', { max_latency_p95: '800' }, 'max_latency_p95 "800" has no unit'],
  [
    'a median above the 95th percentile',
    { max_latency_p50: '2s', max_latency_p95: '1s' },
    'max_latency_p',
  ],
  ['an increase in words', { max_latency_increase: 'some' }, '`off` ends the comparison'],
  ['promotion without data', { on_no_data: 'promote' }, 'on_no_data "promote" is not a known word'],
  [
    'an unknown end of a cancelled run',
    { on_cancel: 'ignore' },
    'on_cancel "ignore" is not a known word',
  ],
  ['patience of eight days', { no_data_timeout: '8d' }, 'no_data_timeout "8d"'],
  ['a start of two hours', { deploy_timeout: '2h' }, 'deploy_timeout "2h"'],
  ['a hold for ever', { hold_for: '31d' }, 'hold_for "31d"'],
  ['a smoke path without a slash', { smoke_path: 'healthz' }, 'smoke_path "healthz"'],
  ['a smoke path to another host', { smoke_path: '//example.com/' }, 'smoke_path "//example.com/"'],
  ['a status that does not exist', { smoke_status: '700' }, 'smoke_status "700"'],
  ['a header with a colon', { smoke_revision_header: 'x: y' }, 'smoke_revision_header "x: y"'],
  ['half a yes', { allow_unfenced: 'yes' }, 'allow_unfenced "yes"'],
  ['a check of many words', { check_name: 'c'.repeat(101) }, 'check_name'],
  ['a broken token', { token: 'not a token' }, 'token is not a token'],
  [
    'an input of another action',
    { source: 'hunter2hunter2' },
    'source is not an input of this action',
  ],
  ['a slip of the fingers', { 'smoke-path': '/' }, 'Did you mean `smoke_path`?'],
  [
    'a promotion of an image',
    { command: 'promote', image: 'sandbox/app:v2' },
    'image "sandbox/app:v2" is not used by the command promote',
  ],
  [
    'several things at once',
    { region: 'mars-central1', image: '', stages: '0% for 5s, 101% for 5s', on_cancel: 'x' },
    '5 things must be put right',
    'region "mars-central1"',
    'image is not given',
    '"0% for 5s" starts at 0%',
    '"101% for 5s" is more than all',
    'on_cancel "x"',
  ],
];

type JobRow = readonly [rule: string, env: JobOptions['env'], said: string];

const JOBS: readonly JobRow[] = [
  ['no credentials', { GOOGLE_APPLICATION_CREDENTIALS: '' }, 'credentials are not there'],
  ['a lost credential file', { GOOGLE_APPLICATION_CREDENTIALS: 'gone.json' }, 'cannot be read'],
  ['no project', { GOOGLE_CLOUD_PROJECT: '' }, 'project_id is not given'],
  [
    'an endpoint of a stranger',
    { CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: 'https://run.example.com/' },
    'names a host that is not trusted with the token',
  ],
  [
    'an endpoint with a user',
    { CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: 'https://user@us-central1-run.googleapis.com/' },
    'is more than a scheme, a host and a port',
  ],
  ['a run without an id', { GITHUB_RUN_ID: '' }, 'GITHUB_RUN_ID'],
];

/** What decides how other inputs are read, so that a message about several would be another one. */
const ALONE = ['command', 'service', 'region', 'project_id'];

/** Runs of rows that have no input in common: one message tells of all of them. */
function runsOf(rows: readonly Row[]): readonly (readonly Row[])[] {
  const runs: Row[][] = [];
  const names = (run: readonly Row[]) => run.flatMap(([, inputs]) => Object.keys(inputs));
  for (const row of rows) {
    const own = [...names([row]), ...ALONE];
    const fits = runs.find((run) => !names(run).some((name) => own.includes(name)));
    if (fits === undefined || names([row]).some((name) => ALONE.includes(name))) runs.push([row]);
    else fits.push(row);
  }
  return runs;
}

let scene: Scene;
let before: unknown;

beforeAll(async () => {
  scene = await openScene({ requestsPerSecond: 1 });
  before = scene.sandbox.model.get('web');
});

afterAll(async () => {
  await scene.close();
  await nothingLeft();
});

async function expectRefused(job: JobOptions, said: readonly string[]): Promise<void> {
  const result = await scene.run(job);
  expect([result.exitCode, result.post!.exitCode]).toEqual([1, 0]);
  const [message = '', ...more] = errorsOf(result);
  expect(more).toEqual([]);
  for (const part of said) expect(message).toContain(part);
  expect(message).toMatch(/Nothing was changed|does not run in a job/);
  // Not even for the runner to mask: there was no need to name it.
  for (const secret of [TOKEN, ...scene.sandbox.tokens.controls.secrets()]) {
    expect(result.stdout + result.stderr + result.summary).not.toContain(secret);
  }
  expect([result.state, result.env, result.path]).toEqual([{}, {}, []]);
}

describe.concurrent('refused before any request', () => {
  test.for(runsOf(ROWS).map((rows) => ({ rules: rows.map(([rule]) => rule).join('; '), rows })))(
    '$rules',
    ({ rows }) => {
      const inputs = Object.assign({}, ...rows.map(([, given]) => given));
      return expectRefused(
        { inputs },
        rows.flatMap(([, , ...said]) => said),
      );
    },
  );

  test.for(JOBS)('%s', ([_rule, env, said]) => expectRefused({ env: env ?? {} }, [said]));

  test('a token in the wrong place, which is not printed there either', async () => {
    const result = await scene.run({ inputs: { image: `app:${TOKEN}!`, tag: TOKEN } });
    expect([result.exitCode, errorsOf(result)]).toEqual([1, [expect.stringContaining('image')]]);
    expect(result.stdout).not.toContain(TOKEN);
  });

  test('the value of an unknown input, which may be a secret, is not printed', async () => {
    const result = await scene.run({ inputs: { secrets: 'KEY=hunter2hunter2' } });
    expect(errorsOf(result)).toEqual([expect.stringContaining('secrets')]);
    expect(result.stdout).not.toContain('hunter2hunter2');
  });
});

test('all of them together sent nothing and changed nothing', () => {
  expect(scene.sandbox.journal.entries()).toEqual([]);
  expect(scene.sandbox.model.get('web')).toEqual(before);
  expect(scene.sandbox.github.state.checkRuns).toEqual([]);
});
