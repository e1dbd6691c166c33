/** What is told to the runner before anything else is done: whom commands are for, and what is secret. */
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
const SET =
  'principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/github/attribute.repository/octo-org/shop';

async function jobWith(credentials: object): Promise<RunContext> {
  const directory = await mkdtemp(join(tmpdir(), 'setup-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'creds.json');
  await writeFile(path, JSON.stringify(credentials));
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
  const runner: Told = {
    inputs: () => INPUTS,
    secret: () => {},
    setPrincipal: (principal) => void told.push(principal),
  };
  await read(runner, await jobWith(externalFile(null)));
  expect(told).toEqual([{ member: SET, repository: SET }]);
});

type Told = Pick<Runner, 'inputs' | 'secret' | 'setPrincipal'>;
