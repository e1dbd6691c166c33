/** The plan that is shown before the first write, and what then comes of it under real traffic. */
import { afterAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import { checkOf, errorsOf, nothingLeft, recordOf, writesOf } from '../scene/evidence.ts';
import { givePast } from '../scene/past.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';
import { expectPromoted, judgedIn, plain } from '../scene/verdicts.ts';

afterAll(nothingLeft);

type Told = {
  readonly stages: readonly {
    readonly percent: number;
    readonly requests: number;
    readonly excludes: number;
  }[];
  readonly acceptance: { readonly kind: string };
  readonly commits: { readonly log: { readonly total: number } | null } | null;
};

function planIn({ outputs }: RunResult): Told {
  return JSON.parse(outputs['report_json'] ?? '{}').plan;
}

/** Everything a person or a program can see of the run. */
function seenOf(scene: Scene, result: RunResult): string {
  const checks = scene.sandbox.github.state.checkRuns.map(({ output }) => output);
  return JSON.stringify([result.log, result.summary, result.outputs, checks]);
}

describe.concurrent('a dry run', () => {
  test('shows the plan, changes nothing and succeeds', () =>
    withScene({ requestsPerSecond: 20 }, async (scene) => {
      givePast(scene, { image: 'sandbox/app:v1', requestsPerPeriod: 20 });
      const before = scene.sandbox.model.get('web');
      const result = await scene.run({
        inputs: {
          dry_run: 'true',
          env_vars: 'FEATURE=never-to-be-seen',
          secrets: 'KEY=api-key:3',
          flags: '--cpu=2 --service-account=web@demo.iam.gserviceaccount.com',
          stages: '10% for 10s, 50% for 20s until promoted',
        },
      });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([0, 'planned']);
      expect(scene.sandbox.model.get('web')).toEqual(before);
      expect(writesOf(scene)).toEqual([]);
      const puts = scene.sandbox.journal.entries().filter(({ method }) => /PUT|PATCH/.test(method));
      expect(puts.map(({ query, status }) => [query, status])).toEqual([
        ['dryRun=all', 409],
        ['dryRun=all', 409],
      ]);
      const check = checkOf(scene);
      expect(check).toMatchObject({
        name: 'Plan · Canary: web (us-central1)',
        status: 'completed',
        conclusion: 'neutral',
        title: 'Planned · 2 stages · nothing was changed',
      });
      for (const text of [plain(check.text), plain(result.summary)]) {
        expect(text).toMatch(/\| 10 % \| 10 s \|.*\| (?:about )?\d+[^|]*\|.* points \|/);
        expect(text).toContain('| env | FEATURE | added |');
        expect(text).toContain('| secret | KEY | added |  | api-key:3 |');
        expect(text).toContain('| resource | cpu | changed |');
        expect(text).toMatch(/service account .*web@demo/);
      }
      expect(result.log).toContain('Stages: 10 % for 10 s, 50 % for 20 s until a person goes on');
      expect(seenOf(scene, result)).not.toContain('never-to-be-seen');
      expect(result.post!.log.trim()).toBe('');
    }));

  test('reads the request log once, and what was served only where it is used', () =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      const result = await scene.run({ inputs: { stages: 'auto', dry_run: 'true' } });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([0, 'planned']);
      const asked = scene.sandbox.journal.entries().map(({ path }) => path);
      expect(asked.filter((path) => path.endsWith('/entries:list'))).toHaveLength(1);
      // Whether it may be read: two metrics. The history: two. A week in hourly sums: one.
      expect(asked.filter((path) => path.endsWith('/timeSeries'))).toHaveLength(5);
    }));

  test('fails with what the start would be refused for, in the words of Cloud Run', () =>
    withScene(
      { requestsPerSecond: 5, sandbox: { rules: { versionChecked: 'last' } } },
      async (scene) => {
        const flags = '--cpu=8 --memory=512Mi';
        const inputs = { ...QUICK, dry_run: 'true', flags };
        const result = await scene.run({ inputs });
        expect([result.exitCode, result.outputs['reason']]).toEqual([1, 'preflight']);
        expect(errorsOf(result)[0]).toMatch(/For 8 CPUs, memory must be at least 4Gi/);
        // Without dry_run it ends no other way.
        const started = await scene.run({ inputs: { ...QUICK, flags } });
        expect(errorsOf(started)).toEqual(errorsOf(result));
        expect([writesOf(scene), recordOf(scene)]).toEqual([[], null]);
      },
    ));

  test('of a first deployment makes no service, and says what a run would do', () =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      const inputs = { ...QUICK, service: 'shop', first_deploy: 'direct', dry_run: 'true' };
      const result = await scene.run({ inputs });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([0, 'planned']);
      expect(result.log).toMatch(/A run would make the service\. Cloud Run has checked .*dry run/);
      expect(scene.sandbox.model.list()).toHaveLength(1);
      expect(checkOf(scene)).toMatchObject({
        name: 'Plan · Canary: shop (us-central1)',
        conclusion: 'neutral',
      });
      expect(`${checkOf(scene).text}${result.summary}`).not.toContain('run services describe');
      scene.sandbox.grant(['run.services.get', 'iam.serviceAccounts.actAs']);
      const denied = await scene.run({ inputs });
      expect([denied.exitCode, denied.outputs['reason']]).toEqual([1, 'denied']);
      expect(errorsOf(denied)[0]).toContain('Permission run.services.create is missing');
      scene.sandbox.grant('all');
      const there = await scene.run({ inputs: { ...inputs, dry_run: 'false' } });
      expect([there.exitCode, there.outputs['outcome']]).toEqual([0, 'deployed']);
      const again = await scene.run({ inputs, attempt: 2 });
      expect([again.exitCode, again.outputs['outcome']]).toEqual([0, 'planned']);
      expect(again.log).toMatch(
        /The first revision, shop-.*, is there already; a run would ask it/,
      );
    }));

  test('says whether Cloud Run has looked at the whole of it', () =>
    withScene(
      { requestsPerSecond: 5, sandbox: { rules: { versionChecked: 'last' } } },
      async (scene) => {
        const result = await scene.run({ inputs: { ...QUICK, dry_run: 'true' } });
        expect(planIn(result).acceptance).toEqual({ kind: 'not-refused' });
        scene.sandbox.model.rules.fenced = false;
        const open = await scene.run({ inputs: { ...QUICK, dry_run: 'true' } });
        expect(planIn(open).acceptance.kind).toBe('untried');
        expect(plain(checkOf(scene).text)).toMatch(/A run may be refused here: .*allow_unfenced/);
        expect([writesOf(scene), recordOf(scene)]).toEqual([[], null]);
      },
    ));
});

/** Of the stage; a sample period in the sandbox is one. */
const SECONDS = 20;

describe('what a rollout was told beforehand', () => {
  test('of requests and of what is ruled out is within a fifth of what it then sees', () =>
    withScene({ requestsPerSecond: 60 }, async (scene) => {
      givePast(scene, { image: 'sandbox/app:v1', requestsPerPeriod: 60 });
      const stages = `50% for ${SECONDS}s`;
      const result = await scene.run({ inputs: { stages, max_latency_increase: 'off' } });
      expectPromoted(scene, result);
      const [[told, ...others], [judged, ...further]] = [planIn(result).stages, judgedIn(result)];
      expect([others, further]).toEqual([[], []]);
      const { canaryRequests, why, window } = judged!;
      // On a machine that stalls a stage may be watched for longer than it was to be.
      const longer = window.minutes / SECONDS;
      expect(Math.abs(canaryRequests / (longer * told!.requests) - 1)).toBeLessThan(0.2);
      const points = /A rise of 5xx by (?:up to|more than) ([\d.]+) point/.exec(why)?.[1];
      expect(Math.abs((longer * Number(points)) / (100 * told!.excludes) - 1)).toBeLessThan(0.2);
    }));

  test('of commits are those since the stable revision, and without leave one notice', () =>
    withScene({ requestsPerSecond: 40 }, async (scene) => {
      const [first, second] = ['c'.repeat(40), 'd'.repeat(40)] as const;
      const { controls } = scene.sandbox.github;
      const repo = 'octo-org/shop';
      controls.addCommit({ repo, sha: first, message: 'Begin' });
      controls.addCommit({
        repo,
        sha: second,
        message: 'Mend @everything [x](https://evil)\n\nNo.',
      });
      const begun = await scene.run({ inputs: QUICK, env: { GITHUB_SHA: first } });
      expectPromoted(scene, begun);
      const inputs = { ...QUICK, image: 'sandbox/app:v3', dry_run: 'true' };
      const next = { inputs, runId: 77, env: { GITHUB_SHA: second } };
      const result = await scene.run(next);
      expect(planIn(result).commits?.log).toMatchObject({ relation: 'ahead', total: 1 });
      expect(result.summary).toContain(`octo-org/shop/compare/${first}...${second}`);
      expect(result.summary).toContain('Mend `@everything` `[x](https://evil`)');
      controls.permissions.contents = 'none';
      const blind = await scene.run(next);
      expect([blind.exitCode, planIn(blind).commits?.log]).toEqual([0, null]);
      const notices = blind.annotations.filter(({ message }) => message.includes('contents: read'));
      expect(notices.map(({ level }) => level)).toEqual(['notice']);
    }));
});
