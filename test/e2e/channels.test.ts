/** Comment, Deployment and notifications, beside the check run: told by the job, or by its post step. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { errorsOf, nothingLeft, until, untilAt } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK } from '../scene/scene.ts';
import type { Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

const SHA = '8f3c1d2e4b5a69788796a5b4c3d2e1f00f1e2d3c';
const SECRET = 'sixteen-or-more-characters';
const PATH = '/services/T000/B000/abcdefgh';

type Message = { readonly event: string; readonly report_url: string };

/** Hears notifications for as long as `act` takes. */
async function withReceiver<T>(
  status: number,
  act: (heard: readonly Message[], inputs: Record<string, string>) => Promise<T>,
): Promise<T> {
  const heard: Message[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const stamp = String(request.headers['x-canary-timestamp']);
      const mac = createHmac('sha256', SECRET).update(`${stamp}.${body}`).digest('hex');
      expect(request.headers['x-canary-signature']).toBe(`sha256=${mac}`);
      expect(request.url).toBe(PATH);
      heard.push(JSON.parse(body));
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const notify_url = `http://127.0.0.1:${port}${PATH}`;
  const channels = { comment: 'always', deployment: 'true', notify_url, notify_secret: SECRET };
  try {
    return await act(heard, { ...QUICK, ...channels });
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

function merge({ sandbox }: Scene): void {
  sandbox.github.controls.addPull({
    repo: 'octo-org/shop',
    number: 7,
    headSha: 'b'.repeat(40),
    headRef: 'change',
    mergedAt: '2026-11-20T10:00:00Z',
    mergeCommitSha: SHA,
  });
}

const statesIn = ({ sandbox }: Scene) =>
  sandbox.github.state.deploymentStatuses.map(({ state }) => state);

describe.concurrent('a rollout', () => {
  test('is told of on its pull request, in a Deployment and to a webhook whose address stays secret', () =>
    withScene({}, (scene) =>
      withReceiver(204, async (heard, inputs) => {
        merge(scene);
        const result = await scene.run({ inputs });
        expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
        const { comments, deployments, deploymentStatuses } = scene.sandbox.github.state;
        const page = result.outputs['check_run_url'] ?? '';
        expect(page).toMatch(/\/runs\/\d+$/);
        expect(comments).toMatchObject([{ number: 7, body: expect.stringContaining('Promoted') }]);
        expect(comments[0]!.body).toContain(page);
        expect(deployments).toMatchObject([{ ref: SHA, environment: 'web (us-central1)' }]);
        expect(statesIn(scene).at(0)).toBe('in_progress');
        expect(deploymentStatuses.at(-1)).toMatchObject({
          state: 'success',
          logUrl: page,
          environmentUrl: result.outputs['url'],
        });
        expect(deploymentStatuses.map(({ environmentUrl }) => environmentUrl)).toContain(
          result.outputs['canary_url'],
        );
        expect(heard.map(({ event }) => event)).toEqual(['started', 'raised', 'promoted']);
        expect(heard.at(-1)!.report_url).toBe(page);
        expect(result.annotations.filter(({ level }) => level === 'warning')).toEqual([]);
        const { masks, ...shown } = result;
        expect(masks).toEqual(expect.arrayContaining([inputs['notify_url'], PATH, SECRET]));
        const log = JSON.stringify(shown).replaceAll(/::add-mask::.*?\\n/g, '');
        expect(log).not.toContain('abcdefgh');
        expect(log).not.toContain(SECRET);
      }),
    ));

  test('is promoted with one notice for each channel that is shut', () =>
    withScene({}, (scene) =>
      withReceiver(500, async (heard, inputs) => {
        merge(scene);
        const { permissions } = scene.sandbox.github.controls;
        Object.assign(permissions, {
          deployments: 'none',
          issues: 'read',
          'pull-requests': 'read',
        });
        const result = await scene.run({ inputs });
        expect([result.exitCode, result.outputs['outcome'], errorsOf(result)]).toEqual([
          0,
          'promoted',
          [],
        ]);
        const said = result.annotations.map(({ level, message }) => `${level}: ${message}`);
        const about = (what: RegExp) => said.filter((line) => what.test(line));
        expect(about(/comment on the pull request/)).toEqual([
          expect.stringMatching(/^notice: .*"pull-requests: write"/),
        ]);
        expect(about(/Deployment/)).toEqual([
          expect.stringMatching(/^notice: .*"deployments: write"/),
        ]);
        expect(about(/notify_url/)).toEqual([expect.stringMatching(/^warning: .*answered 500/)]);
        expect(heard).toHaveLength(3);
        expect(result.annotations.filter(({ level }) => level === 'warning')).toHaveLength(1);
      }),
    ));

  test('that was killed is told of by the post step, which knows the channels from the inputs', () =>
    withScene({}, (scene) =>
      withReceiver(204, async (heard, inputs) => {
        merge(scene);
        const running = scene.start({ inputs: { ...inputs, stages: '30% for 60s' } });
        await untilAt(scene, 30);
        const { comments, deployments } = scene.sandbox.github.state;
        await until('the raise is told', () => heard.some(({ event }) => event === 'raised'));
        await until('the Deployment is there', () => statesIn(scene).length > 0);
        running.kill();
        const result = await running.finished;
        expect(result.post).toMatchObject({ exitCode: 0 });
        expect(heard.map(({ event }) => event)).toEqual(['started', 'raised', 'rolled-back']);
        expect(comments).toHaveLength(1);
        expect(comments[0]!.body).toContain('Restored');
        expect([deployments.length, statesIn(scene).at(-1)]).toEqual([1, 'inactive']);
        const { masks: _, post, ...main } = result;
        const log = JSON.stringify([main, { ...post, masks: [] }]);
        expect(log.replaceAll(/::add-mask::.*?\\n/g, '')).not.toContain('abcdefgh');
      }),
    ));
});
