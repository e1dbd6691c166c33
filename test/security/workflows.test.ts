/** The workflows of this repository: who may do what, with whose code (security.md, 6 and 7). */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { pathsBelow, read, ROOT } from '../docs/pages.ts';

type Step = {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
};
type Job = {
  readonly 'runs-on': string;
  readonly 'timeout-minutes'?: number;
  readonly permissions?: unknown;
  readonly needs?: string;
  readonly if?: string;
  readonly environment?: string;
  readonly steps: readonly Step[];
};
type Workflow = {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
};

const workflows = pathsBelow('.github/workflows').map((path) => {
  const text = read(path);
  return { path, text, ...(parse(text) as Workflow) };
});
const jobs = workflows.flatMap(({ path, jobs }) =>
  Object.entries(jobs).map(([name, job]) => ({ name: `${path}: ${name}`, job })),
);
const steps = jobs.flatMap(({ name, job }) => job.steps.map((step) => ({ name, step })));
const release = workflows.find(({ path }) => path.endsWith('/release.yml'))!.jobs;

test('each may do what stands here, and no more', () => {
  const all = workflows.map(({ path, permissions, jobs }) => [
    path.replace('.github/workflows/', ''),
    permissions,
    ...Object.values(jobs).map((job) => job.permissions),
  ]);
  expect(all).toEqual([
    ['bench.yml', { contents: 'read' }, undefined],
    ['ci.yml', { contents: 'read' }, undefined],
    ['codeql.yml', {}, { contents: 'read', 'security-events': 'write' }],
    [
      'release.yml',
      {},
      { contents: 'read' },
      { contents: 'write', 'id-token': 'write', attestations: 'write' },
    ],
    ['scorecard.yml', {}, { contents: 'read', 'id-token': 'write', 'security-events': 'write' }],
  ]);
});

test('none is started with the rights of this repository by the code of another', () => {
  const triggers = new Set(workflows.flatMap(({ on }) => Object.keys(on)));
  expect([...triggers].toSorted()).toEqual([
    'pull_request',
    'push',
    'schedule',
    'workflow_dispatch',
  ]);
  // A pull request from a fork gets a token that may only read, whatever is asked for.
  const withSecrets = workflows.filter(({ text }) => text.includes('secrets.'));
  expect(withSecrets).toEqual([]);
});

test('actions of others are these, each at one commit', () => {
  const uses = steps.flatMap(({ step }) => step.uses ?? []);
  const owners = uses.map((one) => one.replace(/@.*$/, ''));
  expect([...new Set(owners)].toSorted()).toEqual([
    'actions/attest',
    'actions/checkout',
    'github/codeql-action/analyze',
    'github/codeql-action/init',
    'github/codeql-action/upload-sarif',
    'ossf/scorecard-action',
  ]);
  const repositories = uses.map((one) => one.replace(/^([^/]+\/[^/@]+)[^@]*/, '$1'));
  expect(new Set(repositories).size).toBe(4);
});

test('no text from outside becomes part of a command', () => {
  const commands = steps.flatMap(({ step }) => step.run ?? []);
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.filter((run) => run.includes('${{'))).toEqual([]);
});

test('no checkout leaves its token behind', () => {
  const checkouts = steps.filter(({ step }) => step.uses?.startsWith('actions/checkout@'));
  expect(checkouts.length).toBe(jobs.length);
  for (const { step } of checkouts) expect(step.with?.['persist-credentials']).toBe(false);
});

test('every job runs on a named system and has an end', () => {
  for (const { job } of jobs) {
    expect(job['runs-on']).toMatch(/^ubuntu-\d\d\.\d\d$/);
    expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
  }
});

describe('a release', () => {
  test('is of what was proved in the same run, on main alone, and after somebody agreed', () => {
    expect(release['prove']).toMatchObject({ if: "github.ref == 'refs/heads/main'" });
    const proved = release['prove']?.steps.flatMap(({ run }) => run ?? []);
    expect(proved).toEqual(expect.arrayContaining(['bash .ci/run', 'bash .ci/reproducible']));
    expect(release['publish']).toMatchObject({ needs: 'prove', environment: 'release' });
  });

  test('runs no package where it may write', () => {
    const commands = release['publish']?.steps.flatMap(({ run }) => run ?? []) ?? [];
    expect(commands.map((run) => run.split(' ').slice(0, 3).join(' '))).toEqual([
      'bash .ci/release-notes "$VERSION"',
      'bash .ci/sbom >',
      'find dist -type',
      'gh release create',
      'gh release edit',
    ]);
    for (const script of ['release-notes', 'sbom']) {
      expect(read(`.ci/${script}`)).not.toMatch(/npm (?:ci|cit|i|install|run|test|exec)|npx/);
    }
  });

  test('is a draft until it is whole, and everything in dist is attested', () => {
    const { steps = [] } = release['publish'] ?? {};
    expect(steps.findLast(({ run }) => run?.includes('create'))?.run).toContain('--draft ');
    expect(steps.at(-1)?.run).toBe('gh release edit "$VERSION" --draft=false');
    const attested = steps.filter(({ uses }) => uses?.startsWith('actions/attest@'));
    expect(attested.map((step) => step.with)).toEqual([
      { 'subject-path': 'dist/**' },
      { 'subject-path': 'dist/**', 'sbom-path': 'sbom.cdx.json' },
    ]);
  });

  function notes(version: string, changelog: string): string {
    const place = mkdtempSync(join(tmpdir(), 'release-'));
    onTestFinished(() => rmSync(place, { recursive: true }));
    cpSync(join(ROOT, '.ci/release-notes'), join(place, '.ci/release-notes'));
    writeFileSync(join(place, 'package.json'), '{\n  "version": "1.2.3",\n  "x": "y"\n}\n');
    writeFileSync(join(place, 'CHANGELOG.md'), changelog);
    const args = ['.ci/release-notes', version];
    try {
      return execFileSync('bash', args, { cwd: place, stdio: 'pipe' }).toString();
    } catch (error) {
      return `failed: ${String((error as { stderr: unknown }).stderr)}`;
    }
  }
  const CHANGELOG = '# Changelog\n\n## Unreleased\n\n- New.\n\n## 1.2.3 (2027-01-01)\n\n- Old.\n';

  test('has the notes of its version', () => {
    expect(notes('v1.2.3', CHANGELOG)).toBe('\n- Old.\n');
    expect(notes('v1.2.3', CHANGELOG.replace(' (2027-01-01)', ''))).toBe('\n- Old.\n');
  });

  test.each([
    ['1.2.3', 'not of the form'],
    ['v1.2.3-rc1', 'not of the form'],
    ['v01.2.3', 'not of the form'],
    ['v1.2.3\n', 'not of the form'],
    ['v1.2.3; id', 'not of the form'],
    ['$(id)', 'not of the form'],
    ['--draft', 'not of the form'],
    ['', 'not of the form'],
    ['v1.2.4', 'another version'],
  ])('is refused as %j', (version, why) => {
    expect(notes(version, CHANGELOG)).toMatch(new RegExp(`^failed: .*${why}`));
  });

  test.each(['## 1.2.30\n\n- Other.\n', '## 1.2.3\n\n## 1.2.2\n\n- Older.\n', ''])(
    'is refused without notes: %j',
    (changelog) => {
      expect(notes('v1.2.3', changelog)).toContain('failed: CHANGELOG.md says nothing');
    },
  );
});

test('updates wait some days, of packages and of actions alike', () => {
  const { updates } = parse(read('.github/dependabot.yml')) as {
    updates: readonly Readonly<Record<string, unknown>>[];
  };
  expect(updates.map((one) => one['package-ecosystem'])).toEqual(['npm', 'github-actions']);
  for (const { cooldown } of updates) {
    expect((cooldown as Record<string, number>)['default-days']).toBeGreaterThanOrEqual(7);
  }
  // Other keys than this one make GitHub refuse the entry for actions.
  expect(Object.keys(updates[1]?.['cooldown'] as object)).toEqual(['default-days']);
});
