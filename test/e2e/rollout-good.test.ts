/** A healthy canary, from nothing to all of the traffic, as the runner and the network see it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { shownIn, strangeTo } from '../demo/excerpt.ts';
import { read } from '../docs/pages.ts';
import type { RunResult } from '../runner/runner.ts';
import { checkOf, errorsOf, nothingLeft, recordOf, rowsOf, writesOf } from '../scene/evidence.ts';
import type { Write } from '../scene/evidence.ts';
import { reshape } from '../scene/outsider.ts';
import { replayFile } from '../scene/replay.ts';
import { openScene, type Scene } from '../scene/scene.ts';

const SHAPE = {
  annotations: {
    'run.googleapis.com/startup-cpu-boost': 'true',
    'run.googleapis.com/execution-environment': 'gen2',
    'autoscaling.knative.dev/minScale': '2',
  },
  spec: {
    sessionAffinity: true,
    volumes: [{ name: 'cache', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } }],
  },
  container: {
    startupProbe: { periodSeconds: 3, tcpSocket: { port: 8080 } },
    volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
    fieldOfTomorrow: { exact: '007', nested: [1, { deep: null }] },
  },
};

describe('a healthy canary', () => {
  /** Where the step may leave files; the stand-in for the runner removes its own when the job ends. */
  const temp = mkdtempSync(join(tmpdir(), 'runner-temp-'));
  let scene: Scene;
  let result: RunResult;
  let writes: readonly Write[];
  let template: Write['template'];

  beforeAll(async () => {
    scene = await openScene({ tags: ['green'], env: { GREETING: 'hello' } });
    await reshape(scene, SHAPE);
    scene = { ...scene, stable: Object.keys(scene.served())[0]! };
    template = JSON.parse(JSON.stringify(scene.sandbox.model.get('web').spec.template));
    const inputs = { stages: '20% for 4s, 50% for 4s' };
    result = await scene.run({ inputs, env: { RUNNER_TEMP: temp } });
    writes = writesOf(scene);
  }, 60_000);

  afterAll(async () => {
    await scene.close();
    rmSync(temp, { recursive: true });
    await nothingLeft();
  });

  test('is promoted, and the step succeeds without a word of error', () => {
    expect([result.exitCode, errorsOf(result), result.stderr]).toEqual([0, [], '']);
    expect(scene.served()).toEqual({ [result.outputs['revision']!]: 100 });
    expect(recordOf(scene)).toMatchObject({ phase: 'promoted', reason: 'pass', stage: 3 });
  });

  test('says what the README shows of the demo', () => {
    expect(strangeTo(result.log, shownIn(read('README.md'), 'good'))).toEqual([]);
  });

  test('is given its traffic in exactly the writes that were planned, by name and never LATEST', () => {
    const { stable } = scene;
    const canary = result.outputs['revision']!;
    const tag = writes[0]!.traffic.find((row) => row.revisionName === canary)!.tag!;
    const others = expect.stringMatching(/^web-\S+ #green$/);
    expect(writes.map(rowsOf)).toEqual([
      [`${stable} 100`, others, `${canary} #${tag}`],
      [`${stable} 80`, `${canary} 20`, others, `${canary} #${tag}`],
      [`${stable} 50`, `${canary} 50`, others, `${canary} #${tag}`],
      [`${canary} 100`, others, `${stable} #c-previous`],
    ]);
    expect(writes.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test('is recorded in the same writes', () => {
    const story = writes.map(({ record }) => [record.phase, record.stage, record.attempt]);
    expect(story).toEqual([
      ['active', 0, 1],
      ['active', 1, 1],
      ['active', 2, 1],
      ['promoted', 3, 1],
    ]);
    expect(new Set(writes.map(({ record }) => record.rolloutId)).size).toBe(1);
  });

  test('differs from the stable revision in its name, its image, its birth certificate and its origin only', () => {
    const birth = 'cloud-run-canary.dev/birth';
    const [container] = template.spec.containers;
    const { [birth]: certificate, ...annotations } = writes[0]!.template.metadata.annotations;
    expect(JSON.parse(certificate!)).toMatchObject({ stable: scene.stable });
    expect(writes[0]!.template).toEqual({
      metadata: {
        ...template.metadata,
        name: result.outputs['revision'],
        labels: {
          ...template.metadata.labels,
          'managed-by': 'github-actions',
          'commit-sha': expect.stringMatching(/^[0-9a-f]{40}$/),
        },
        annotations: { ...template.metadata.annotations, [birth]: certificate },
      },
      spec: { ...template.spec, containers: [{ ...container, image: 'sandbox/app:v2' }] },
    });
    expect(annotations).toMatchObject(SHAPE.annotations);
    expect(writes[0]!.template.spec.containers[0]).toMatchObject(SHAPE.container);
    // Only the first write makes a revision; the others send the template back as it is.
    for (const write of writes) expect(write.template).toEqual(writes[0]!.template);
  });

  test('is sent nothing else that could change anything', () => {
    const others = scene.sandbox.journal
      .entries()
      .filter(({ method, query }) => method !== 'GET' && (method !== 'PUT' || query !== ''))
      .map(
        ({ method, path, query, status }) => `${method} ${path}${query && `?${query}`} ${status}`,
      )
      .map((line) => line.replace(/(entries:list)\?fields=\S+/, '$1'));
    const check = '/repos/octo-org/shop/check-runs';
    expect(new Set(others.map((line) => line.replace(/\/\d+ 200$/, '/ID 200')))).toEqual(
      new Set([
        'POST /v1/token 200',
        'POST /v2/entries:list 200',
        'POST /v1/projects/-/serviceAccounts/123456789012-compute@developer.gserviceaccount.com:testIamPermissions 200',
        'POST /v2/projects/demo/locations/us-central1/services/web:testIamPermissions?%24alt=json%3Benum-encoding%3Dint 200',
        'PUT /apis/serving.knative.dev/v1/namespaces/demo/services/web?dryRun=all 409',
        `POST ${check} 201`,
        `PATCH ${check}/ID 200`,
      ]),
    );
    expect(others.filter((line) => line.startsWith(`POST ${check}`))).toHaveLength(1);
  });

  test('is reported in every output that action.yml promises', () => {
    const { outputs } = parse(readFileSync('action.yml', 'utf8'));
    expect(Object.keys(result.outputs).sort()).toEqual(Object.keys(outputs).sort());
    const url = scene.sandbox.model.get('web').status.url;
    expect(result.outputs).toMatchObject({
      outcome: 'promoted',
      verdict: 'pass',
      reason: 'pass',
      stable_revision: scene.stable,
      url,
      percent: '100',
      check_run_url: `https://github.com/octo-org/shop/runs/${checkOf(scene).id}`,
    });
    const report = JSON.parse(result.outputs['report_json']!);
    expect(report).toMatchObject({ outcome: 'promoted', percent: 100, stable: scene.stable });
    const stages = report.stages.map((stage: { percent: number; state: string }) => [
      stage.percent,
      stage.state,
    ]);
    expect(stages).toEqual([
      [0, 'passed'],
      [20, 'passed'],
      [50, 'passed'],
    ]);
  });

  test('leaves a file with all that was judged, from which the action comes to the same verdicts', () => {
    const path = result.outputs['report_path']!;
    const { looks, queries, tables } = JSON.parse(readFileSync(path, 'utf8'));
    expect(path.startsWith(temp)).toBe(true);
    expect(tables.minutes.length).toBeGreaterThan(4);
    const asked = scene.sandbox.journal
      .entries()
      .flatMap(({ query }) => new URLSearchParams(query).get('filter') ?? []);
    for (const { filter } of queries.monitoring) expect(asked).toContain(filter);
    const { exitCode, lines } = replayFile(path);
    const passed = looks.filter(({ verdict }: { verdict: string }) => verdict === 'pass');
    const told = passed.map(({ reason }: { reason: string }) => `: pass (${reason}), as recorded`);
    expect([exitCode, lines.filter((line) => line.includes(': pass'))]).toEqual([
      0,
      told.map((end: string) => expect.stringContaining(end)),
    ]);
    expect(passed).toHaveLength(2);
  });

  test('has one check run, completed with success, with the numbers of each stage', () => {
    const check = checkOf(scene);
    expect(check).toMatchObject({
      name: 'Canary: web (us-central1)',
      externalId: '123456789-19482736450/demo/us-central1/web',
      headSha: '8f3c1d2e4b5a69788796a5b4c3d2e1f00f1e2d3c',
      status: 'completed',
      conclusion: 'success',
    });
    expect(check.title).toMatch(/^Promoted /);
    expect(check.text).toMatch(/\| 20\s%: passed \| [1-9][\d,]* \| \S+\s% vs /);
    expect(check.text).toMatch(/\| 50\s%: passed \| [1-9][\d,]* \| \S+\s% vs /);
    // What was planned stands behind what was measured.
    expect(check.text).toMatch(/### 50 %[^]*### 20 %[^]*### The plan/);
  });

  test('is told in the job summary and in one log group per stage', () => {
    expect(result.summary).toContain(checkOf(scene).title);
    expect(result.log.match(/##\[group\].*/g)).toEqual([
      '##[group]Preflight',
      '##[group]Plan',
      expect.stringMatching(/^##\[group\]Stage 0: web-\S+ at 0 %, proved/),
      expect.stringMatching(/^##\[group\]Stage 1 of 2: 20 % to web-/),
      expect.stringMatching(/^##\[group\]Stage 2 of 2: 50 % to web-/),
    ]);
    expect(result.log.match(/##\[endgroup\]/g)).toHaveLength(5);
  });

  test('leaves the environment and the path of the job alone', () => {
    expect([result.env, result.path]).toEqual([{}, []]);
    expect([result.post!.env, result.post!.path]).toEqual([{}, []]);
  });

  test('leaves nothing to do for the post step, which says nothing', () => {
    expect(result.post).toMatchObject({ exitCode: 0, annotations: [], summary: '', outputs: {} });
    expect(result.post!.log.trim()).toBe('');
  });

  test('costs no user a failed request', () => {
    const { failed, statuses, revisions } = scene.load.stats();
    expect([failed, Object.keys(statuses)]).toEqual([0, ['200']]);
    expect(revisions[result.outputs['revision']!]!.requests).toBeGreaterThan(0);
  });
});
