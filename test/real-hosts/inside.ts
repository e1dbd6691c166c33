/**
 * One rollout between real host names. Started in namespaces of its own (namespace.ts); what was
 * seen is printed as one line of JSON.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAction, type RunResult } from '../runner/runner.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { STS_PATH, PROVIDER } from '../sandbox/tokens/sts.ts';
import { startLoad } from '../sandbox/traffic/load.ts';
import type { Assignment, Facts } from './facts.ts';
import { countOneStray, isolate, strayPackets } from './isolation.ts';
import { ADDRESSES, addressesWith, API_ADDRESS, HOSTS, HOSTS_FILE, TAG } from './names.ts';

const ACCOUNT = 'deployer@demo.iam.gserviceaccount.com';
const TOKEN = 'ghs_realHostsToken0123456789abcdefghijk';

async function main(assignment: Assignment): Promise<Facts> {
  const directory = mkdtempSync(join(tmpdir(), 'inside-'));
  isolate(directory, { hostsFile: HOSTS_FILE, addresses: ADDRESSES });
  const control = await countOneStray();
  const { certificates } = assignment;
  const tls = {
    key: readFileSync(certificates.key, 'utf8'),
    cert: readFileSync(certificates.cert, 'utf8'),
  };
  const sandbox = await startSandbox({
    listener: { host: API_ADDRESS, port: 443, tls },
    addressOf: addressesWith(tls),
  });
  sandbox.github.controls.token = TOKEN;
  const { status } = await sandbox.services.create({ name: 'web', image: 'sandbox/app:v1' });
  const load = startLoad({ url: status.url, requestsPerSecond: 80, poisson: true, seed: 1 });
  let smokeProbes = 0;
  sandbox.traffic.onRequest(({ tag }) => {
    if (tag === TAG) smokeProbes += 1;
  });
  const before = strayPackets();
  const begun = performance.now();
  const result = await runAction(stepOf(sandbox, assignment, directory));
  const seconds = (performance.now() - begun) / 1000;
  const strays = { control, during: strayPackets() - before };
  const users = await load.stop();
  const facts = { ...factsOf(sandbox, result), users, smokeProbes, strays, seconds };
  await sandbox.stop();
  rmSync(directory, { recursive: true });
  return { ...facts, stable: status.latestReadyRevisionName ?? '' };
}

/** What a workflow would say, and the file that google-github-actions/auth would leave. */
function stepOf(sandbox: Sandbox, assignment: Assignment, directory: string) {
  const credentials = join(directory, 'gha-creds-3f9d1c7a5b2e8046.json');
  writeFileSync(credentials, JSON.stringify(credentialFile(sandbox)));
  return {
    token: TOKEN,
    inputs: {
      service: 'web',
      region: sandbox.options.region,
      project_id: sandbox.options.project,
      image: assignment.image,
      tag: TAG,
      stages: '10% for 6s, 50% for 6s',
      min_requests: '20',
      no_data_timeout: '10s',
      smoke_probes: '10',
      smoke_rate: '100',
    },
    env: {
      GOOGLE_APPLICATION_CREDENTIALS: credentials,
      ...(assignment.isTrusted ? { NODE_EXTRA_CA_CERTS: assignment.certificates.ca } : {}),
    },
  };
}

/** https://github.com/google-github-actions/auth, src/client/workload_identity_federation.ts */
function credentialFile(sandbox: Sandbox): object {
  const oidc = sandbox.tokens.oidcEnvironment(`https://${HOSTS.oidc}`);
  const audience = encodeURIComponent(`https:${PROVIDER}`);
  return {
    type: 'external_account',
    audience: PROVIDER,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `https://${HOSTS.sts}${STS_PATH}`,
    credential_source: {
      url: `${oidc['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=${audience}`,
      headers: { Authorization: `Bearer ${oidc['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}` },
      format: { type: 'json', subject_token_field_name: 'value' },
    },
    service_account_impersonation_url: `https://${HOSTS.iam}/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`,
  };
}

function factsOf(sandbox: Sandbox, { post, ...main }: RunResult) {
  return {
    main: { exitCode: main.exitCode, log: main.log, outputs: main.outputs },
    post: { exitCode: post?.exitCode ?? null, log: post?.log ?? '' },
    requests: sandbox.journal
      .entries()
      .map(({ method, host, path, query, status }) => ({ method, host, path, query, status })),
    served: sandbox.model.served('web'),
    checkRuns: sandbox.github.state.checkRuns.map(({ name, status, conclusion }) => ({
      name,
      status,
      conclusion,
    })),
  };
}

const [assignment = '{}'] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await main(JSON.parse(assignment)))}\n`);
