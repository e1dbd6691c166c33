/**
 * What the job may do decides what is told, and nothing else: tell-the-team.yml with exactly what
 * examples/google grants on Google Cloud, and with each permission on GitHub or without it.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { shownIn, strangeTo } from '../demo/excerpt.ts';
import { documentedPermissions } from '../docs/google-roles.ts';
import { read } from '../docs/pages.ts';
import { nothingLeft, recordOf } from '../scene/evidence.ts';
import { playing } from '../workflow/stage.ts';
import type { Stage } from '../workflow/stage.ts';
import { outcomesOf, pushed } from '../workflow/told.ts';

afterAll(nothingLeft, 40_000);

const SHA = '8f3c1d2e4b5a69788796a5b4c3d2e1f00f1e2d3c';
const PULL = { repo: 'octo-org/shop', number: 7, headSha: 'b'.repeat(40), headRef: 'change' };
const MERGED = { mergedAt: '2026-11-20T10:00:00Z', mergeCommitSha: SHA };
/** Passes its probes, and fails once it has users. */
const BAD = 'us-docker.pkg.dev/my-project/web/web:v2_late-errors-2s';

/** A webhook of Slack's, for as long as `act` takes. */
async function withSlack(act: (url: string, heard: readonly string[]) => Promise<void>) {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push(body);
      response.end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  try {
    await act(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hook`, heard);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

function playingToTheEnd(
  edit: (workflow: string) => string,
  look: (stage: Stage, heard: readonly string[], said: readonly string[]) => void,
): Promise<void> {
  return withSlack((url, heard) => {
    const scene = { sandbox: { permissions: documentedPermissions() } };
    const play = { examples: ['tell-the-team'], secrets: { SLACK_WEBHOOK: url }, edit, scene };
    return playing({ ...play, stages: '30% for 30s' }, async (stage) => {
      stage.scene.sandbox.github.controls.addPull({ ...PULL, ...MERGED });
      stage.image = () => BAD;
      expect(await pushed(stage).finished).toBe('failure');
      expect(outcomesOf(stage)).toEqual(['canary rolled-back']);
      expect(recordOf(stage.scene)?.reason).toBe('fail:error-rate');
      expect(stage.scene.served()).toEqual({ [stage.scene.stable]: 100 });
      // Whether there is a look between suspicion and proof is a matter of luck.
      const shown = shownIn(read('README.md'), 'bad').filter((line) => !/: unknown\./.test(line));
      const log = stage.shown.map(({ result }) => result.log).join('\n');
      expect(strangeTo(log, shown)).toEqual([]);
      const annotations = stage.shown.flatMap(({ result }) => result.annotations);
      const said = annotations
        .filter(({ level }) => level !== 'error')
        .map(({ level, message }) => `${level}: ${message}`);
      look(stage, heard, said);
    });
  });
}

/** The rows of docs/permissions.md: what is said without a permission of the job. */
const ROWS = [
  ['checks', 'one warning', /^warning: .*checks: write/],
  ['pull-requests', 'one notice', /^notice: .*pull-requests: write/],
  ['deployments', 'one notice', /^notice: .*deployments: write/],
] as const;

describe.concurrent('tell-the-team', () => {
  test('all channels tell of a canary that is undone, and each permission on Google Cloud is needed', () =>
    playingToTheEnd(
      (workflow) => workflow,
      (stage, heard, said) => {
        const { sandbox } = stage.scene;
        const { checkRuns, comments, deploymentStatuses } = sandbox.github.state;
        expect(checkRuns).toHaveLength(1);
        expect(comments).toMatchObject([{ number: 7, body: expect.stringContaining('Restored') }]);
        expect(deploymentStatuses.at(-1)).toMatchObject({ state: 'failure' });
        expect(heard).toHaveLength(3);
        expect(heard.at(-1)).toContain('Restored');
        expect(said.filter((line) => ROWS.some(([, , about]) => about.test(line)))).toEqual([]);
        expect([...sandbox.needed].sort()).toEqual([...documentedPermissions()].sort());
      },
    ));

  test('without its permissions on GitHub each is missed once, and the rollout ends the same', () =>
    playingToTheEnd(
      (workflow) =>
        workflow.replace(/permissions: \{ id-token.*\}/, 'permissions: { id-token: write }'),
      (stage, heard, said) => {
        const { checkRuns, comments, deployments } = stage.scene.sandbox.github.state;
        expect([checkRuns, comments, deployments]).toEqual([[], [], []]);
        expect(heard).toHaveLength(3);
        for (const [permission, documented, about] of ROWS) {
          expect(said.filter((line) => about.test(line))).toHaveLength(1);
          const row = new RegExp(`^\\| \`${permission}: .*$`, 'm').exec(
            read('docs/permissions.md'),
          );
          expect(row?.[0]).toContain(documented);
        }
      },
    ));
});
