/** What is told to the runner before anything else is done: whom commands are for, and what is secret. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readAccess, readSetup } from '../../src/action/setup.ts';
import type { Principal } from '../../src/core/doctor/principal.ts';
import { readContext } from '../../src/edges/runner-context.ts';
import type { RunContext } from '../../src/edges/runner-context.ts';
import type { Runner } from '../../src/edges/runner.ts';
import { externalFile } from '../edges/credential-files.ts';

const INPUTS = new Map([
  ['service', 'web'],
  ['region', 'us-central1'],
  ['command', 'reconcile'],
]);
type Told = Pick<Runner, 'inputs' | 'secret' | 'setPrincipal'>;

const DEAF: Told = { inputs: () => INPUTS, secret: () => {}, setPrincipal: () => {} };
const SET =
  'principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/github/attribute.repository/octo-org/shop';

async function aPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'setup-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return join(directory, 'creds.json');
}

function jobWith(path: string): RunContext {
  return readContext(
    {
      GITHUB_REPOSITORY: 'octo-org/shop',
      GITHUB_REPOSITORY_ID: '1',
      GITHUB_RUN_ID: '2',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_SHA: 'a'.repeat(40),
      GOOGLE_APPLICATION_CREDENTIALS: path,
      GOOGLE_CLOUD_PROJECT: 'demo',
    },
    {},
  );
}

test.each([
  ['main', (runner: Told, context: RunContext) => readSetup(runner, context)],
  ['post', (runner: Told, context: RunContext) => readAccess(runner, context, 'us-central1')],
])('%s tells the runner whom its commands are for', async (_, read) => {
  const told: Principal[] = [];
  const path = await aPath();
  await writeFile(path, JSON.stringify(externalFile(null)));
  await read({ ...DEAF, setPrincipal: (principal) => void told.push(principal) }, jobWith(path));
  expect(told).toEqual([{ member: SET, repository: SET }]);
});

test('a pipe in place of the credentials is not waited for', async () => {
  const path = await aPath();
  execFileSync('mkfifo', [path]);
  await expect(readSetup(DEAF, jobWith(path))).rejects.toMatchObject({
    findings: [{ subject: 'credentials', value: path, wrong: 'is not a file' }],
  });
});
