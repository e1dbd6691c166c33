import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gcloudEnvironment } from './gcloud.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';
import { type Load, startLoad } from './traffic/load.ts';

/**
 * npm run sandbox [-- --port 8080 --load 20]
 * A Cloud Run with one healthy service, to be tried with gcloud, curl or the action by hand.
 */
const accessToken = 'sandbox';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '0' }, load: { type: 'string', default: '0' } },
  });
  const port = wholeNumber('port', values.port);
  const requestsPerSecond = wholeNumber('load', values.load);
  const directory = await mkdtemp(join(tmpdir(), 'cloud-run-sandbox-'));
  const sandbox = await startSandbox({ listener: { port } });
  sandbox.tokens.controls.fixedAccessToken = accessToken;
  const { status } = await sandbox.services.create({ name: 'web', image: 'sandbox/app:healthy' });
  const load: Load | null =
    requestsPerSecond === 0
      ? null
      : startLoad({ url: status.url, requestsPerSecond, poisson: true, seed: 1 });
  await describe(sandbox, directory, status.url);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await load?.stop();
  await sandbox.stop();
  await rm(directory, { recursive: true });
}

async function describe(sandbox: Sandbox, directory: string, url: string): Promise<void> {
  const { base, options, tokens } = sandbox;
  const credentials = join(directory, 'credentials.json');
  await writeFile(credentials, JSON.stringify(tokens.credentialFile(base)));
  const forGcloud = gcloudEnvironment({
    ...options,
    base,
    accessToken,
    configDirectory: directory,
  });
  const forTheAction = {
    CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: `${base}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: `${base}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: `${base}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM: `${base}/`,
    GOOGLE_APPLICATION_CREDENTIALS: credentials,
    GOOGLE_CLOUD_PROJECT: options.project,
    GITHUB_API_URL: base,
    ...tokens.oidcEnvironment(base),
  };
  print(`Everything listens on ${base}; project ${options.project}, region ${options.region}.`);
  print(`Service web: ${url}`);
  print(`Journal: ${base}/_sandbox/journal   Faults: POST ${base}/_sandbox/faults`);
  print('\n# For gcloud:');
  printEnvironment(forGcloud);
  print('\n# For the action:');
  printEnvironment(forTheAction);
  print('\nCtrl-C ends it.');
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new Error(`--${name}: '${text}' is not a whole number.`);
  return Number(text);
}

function printEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(environment)) print(`export ${name}='${value}'`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
