/** The input `metadata`, from the file in the workspace to the revision that serves. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { errorsOf, nothingLeft } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

const SECRET = 'p4ssw0rd-of-nobody';
/** The scene names both for every start. */
const FROM_FILE = { ...QUICK, service: '', image: '', metadata: 'deploy/service.yaml' };

const file = (image: string) => `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: web
  labels: { team: shop }
  annotations: { example.com/owner: ada }
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/maxScale: '7'
    spec:
      timeoutSeconds: 60
      containers:
        - image: ${image}
          env:
            - name: PASSWORD
              value: ${SECRET}
`;

async function withFile(text: string, play: (scene: Scene, cwd: string) => Promise<void>) {
  const cwd = await mkdtemp(join(tmpdir(), 'workspace-'));
  try {
    await writeFile(join(cwd, 'service.yaml'), text);
    await withScene({}, (scene) => play(scene, cwd));
  } finally {
    await rm(cwd, { recursive: true });
  }
}

describe.concurrent('a service file', () => {
  test('is rolled out and promoted; by digest, the second time there is nothing to do', () =>
    withFile(file('sandbox/app:v2'), async (scene, cwd) => {
      const inputs = { ...FROM_FILE, metadata: './service.yaml' };
      const result = await scene.run({ cwd, inputs });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([0, 'promoted']);
      const { metadata, spec, status } = scene.sandbox.model.get('web');
      expect(spec.template.metadata?.annotations).toMatchObject({
        'autoscaling.knative.dev/maxScale': '7',
      });
      expect(spec.template.spec).toMatchObject({
        timeoutSeconds: 60,
        containers: [{ image: 'sandbox/app:v2', env: [{ name: 'PASSWORD', value: SECRET }] }],
      });
      expect(metadata.labels).toMatchObject({ team: 'shop', 'managed-by': 'github-actions' });
      expect(metadata.annotations).toMatchObject({ 'example.com/owner': 'ada' });
      const shown = JSON.stringify([result, scene.sandbox.github.state, metadata.annotations]);
      expect(shown).not.toContain(SECRET);

      const revision = status.latestReadyRevisionName ?? '';
      const digest = scene.sandbox.model.revision(revision).status.imageDigest!;
      await writeFile(join(cwd, 'service.yaml'), file(digest));
      const again = await scene.run({ cwd, inputs, runId: 19_482_736_999 });
      expect([again.exitCode, again.outputs['outcome']]).toEqual([0, 'unchanged']);
      const other = file(digest).replace("'7'", "'8'");
      await writeFile(join(cwd, 'service.yaml'), `${other}  traffic: [{ percent: 100 }]\n`);
      const refused = await scene.run({ cwd, inputs, runId: 19_482_737_000 });
      expect(refused.exitCode).toBe(1);
      expect(errorsOf(refused)[0]).toContain('`traffic:` stanza');
    }));

  test.each([
    ['../service.yaml', 'metadata names a file'],
    ['/etc/hostname', 'metadata names a file outside of the workspace'],
    ['none.yaml', 'metadata names a file that does not exist'],
  ])('%s is refused before any request', (metadata, said) =>
    withFile(file('sandbox/app:v2'), async (scene, cwd) => {
      const before = scene.sandbox.journal.entries().length;
      const result = await scene.run({ cwd, inputs: { ...FROM_FILE, metadata } });
      expect(result.exitCode).toBe(1);
      expect(errorsOf(result)[0]).toContain(said);
      expect(scene.sandbox.journal.entries().slice(before)).toEqual([]);
    }),
  );

  test('what it would change for every revision at once is refused with the command, and nothing is written', () =>
    withFile(
      file('sandbox/app:v2').replace(
        '{ example.com/owner: ada }',
        '{ run.googleapis.com/ingress: internal }',
      ),
      async (scene, cwd) => {
        const inputs = { ...FROM_FILE, metadata: 'service.yaml' };
        const result = await scene.run({ cwd, inputs });
        expect(result.outputs).toMatchObject({ outcome: 'error', reason: 'preflight' });
        expect(errorsOf(result)[0]).toContain(
          'gcloud run services update web --region=us-central1 --ingress=internal',
        );
        const writes = scene.sandbox.journal.entries().filter(({ method }) => method === 'PUT');
        expect(writes).toEqual([]);
      },
    ));
});
