/** examples/google: the script and the Terraform files grant the same, and no more than docs/permissions.md asks for. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT, read } from './docs/pages.ts';

const SETTINGS = {
  PROJECT: 'my-project',
  REGION: 'us-central1',
  SERVICE: 'web',
  RUNTIME: 'web-runtime@my-project.iam.gserviceaccount.com',
  IMAGES: 'web',
  REPOSITORY_ID: '123456789',
};

/** A gcloud that only writes down what it is told, one word on a line and an empty one at the end. */
const GCLOUD = `#!/bin/sh
printf '%s\\n' "$@" '' >> "$GCLOUD_LOG"
case "$*" in 'projects describe'*) echo 123456789012 ;; esac
`;

type Told = { readonly words: readonly string[]; readonly flags: ReadonlyMap<string, string> };

function toldBySetup(more: Readonly<Record<string, string>> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'setup-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [gcloud, log] = [join(directory, 'gcloud'), join(directory, 'log')];
  writeFileSync(gcloud, GCLOUD);
  chmodSync(gcloud, 0o755);
  const env = { PATH: `${directory}:/usr/bin:/bin`, GCLOUD_LOG: log, ...SETTINGS, ...more };
  const script = join(ROOT, 'examples/google/setup.sh');
  const output = execFileSync('bash', [script], { env, encoding: 'utf8' });
  const told = readFileSync(log, 'utf8').trimEnd().split('\n\n').map(readTold);
  return { output, told };
}

function readTold(text: string): Told {
  const all = text.split('\n');
  const flags = all.flatMap((word): [string, string][] => {
    const [, name = '', value = ''] = /^--([\w-]+)=([^]*)$/.exec(word) ?? [];
    return name === '' ? [] : [[name, value]];
  });
  return { words: all.filter((word) => !word.startsWith('--')), flags: new Map(flags) };
}

function grantsIn(told: readonly Told[]): readonly string[] {
  return told.flatMap(({ words, flags }) => {
    if (!words.includes('add-iam-policy-binding')) return [];
    return [`${flags.get('role')} on ${words.at(-1)} to ${flags.get('member')}`];
  });
}

const DEPLOYER = 'serviceAccount:deployer@my-project.iam.gserviceaccount.com';
const POOL = 'projects/123456789012/locations/global/workloadIdentityPools/github';

test('the script grants these roles on these things to one account, and nothing else', () => {
  const { told, output } = toldBySetup();
  expect(grantsIn(told)).toEqual([
    `roles/iam.workloadIdentityUser on ${DEPLOYER.slice(15)} to principalSet://iam.googleapis.com/${POOL}/attribute.repository_id/123456789`,
    `projects/my-project/roles/canaryDeployer on web to ${DEPLOYER}`,
    `roles/iam.serviceAccountUser on ${SETTINGS.RUNTIME} to ${DEPLOYER}`,
    `roles/artifactregistry.reader on web to ${DEPLOYER}`,
    `roles/monitoring.viewer on my-project to ${DEPLOYER}`,
    `roles/logging.viewer on my-project to ${DEPLOYER}`,
  ]);
  expect(output).toContain(`workload_identity_provider: ${POOL}/providers/my-repo\n`);
});

test('the provider takes tokens of one repository by its number, and of one ref unless told', () => {
  const conditionOf = (more: Readonly<Record<string, string>>) =>
    toldBySetup(more)
      .told.find(({ flags }) => flags.has('attribute-condition'))
      ?.flags.get('attribute-condition');
  const byId = "assertion.repository_id == '123456789'";
  expect(conditionOf({})).toBe(`${byId} && assertion.ref == 'refs/heads/main'`);
  expect(conditionOf({ REF: '' })).toBe(byId);
});

test.each(Object.keys(SETTINGS))('without %s nothing is asked of gcloud', (name) => {
  expect(() => toldBySetup({ [name]: '' })).toThrow(name);
});

const script = read('examples/google/setup.sh');
const terraform = read('examples/google/main.tf');

function sorted(matches: Iterable<RegExpMatchArray>): readonly string[] {
  return [...new Set([...matches].map(([found]) => found))].sort();
}

test.each([
  ['roles', /roles\/[a-z]+\.[a-zA-Z]+/g],
  ['permissions', /\brun\.(?:services|revisions)\.\w+/g],
  ['APIs', /\b[a-z]+\.googleapis\.com\b/g],
  ['claims', /assertion\.\w+/g],
])('the Terraform files have the same %s as the script', (_, form) => {
  const found = sorted(terraform.matchAll(form));
  expect(found).toEqual(sorted(script.matchAll(form)));
  expect(found.length).toBeGreaterThan(0);
});

test('the custom role has the permissions that docs/permissions.md names, and the roles are in its table', () => {
  const [, row = ''] =
    /\| `roles\/run\.developer`, or a custom role with ([^|]*)\|/.exec(
      read('docs/permissions.md'),
    ) ?? [];
  expect(sorted(script.matchAll(/\brun\.(?:services|revisions)\.\w+/g))).toEqual(
    [...row.matchAll(/`([\w.]+)`/g)]
      .map(([, name = '']) => name)
      .sort((one, other) => one.localeCompare(other)),
  );
  for (const role of sorted(script.matchAll(/roles\/(?!iam\.workload)[a-z]+\.[a-zA-Z]+/g))) {
    expect(read('docs/permissions.md')).toContain(`| \`${role}\``);
  }
});

test('Terraform is told to ignore all that a rollout writes on a service', () => {
  const [, ignored = ''] =
    /ignore_changes = \[([^\]]*)\]/.exec(read('examples/terraform/service.tf')) ?? [];
  expect(ignored.split(/[\s,]+/).filter(Boolean)).toEqual(
    expect.arrayContaining(['template', 'traffic', 'annotations', 'scaling']),
  );
});
