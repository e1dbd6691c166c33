/** The same file by `gcloud run services replace` and by us leaves the same service, but for its labels. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readServiceFile } from '../../src/edges/cloud-run/service-file.ts';
import { changeService } from '../../src/edges/cloud-run/template.ts';
import { parseJson, stringifyJson } from '../../src/edges/json.ts';
import { parseServiceText } from '../../src/edges/service-yaml.ts';
import { ask, openCloudRun } from '../sandbox/fixture.ts';
import type { CloudRunSite } from '../sandbox/fixture.ts';
import { gcloudEnvironment } from '../sandbox/gcloud.ts';
import { aChange } from '../unit/build.ts';
import { object } from './service-fixture.ts';

const gcloud = ['/usr/bin/gcloud', '/usr/local/bin/gcloud'].find((path) => existsSync(path));
const PATH = '/apis/serving.knative.dev/v1/namespaces/demo/services/web';

const FILE = `# Written by hand, in the ways that YAML 1.1 has.
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: web
  labels: {team: shop}
  annotations:
    example.com/owner: ada
    run.googleapis.com/ingress: all
spec:
  template:
    metadata:
      labels: &labels
        team: shop
      annotations:
        autoscaling.knative.dev/maxScale: '7'
        run.googleapis.com/cpu-throttling: "false"
        run.googleapis.com/secrets: 'far:projects/42/secrets/far'
    spec:
      containerConcurrency: 20
      timeoutSeconds: 60
      serviceAccountName: me@demo.iam.gserviceaccount.com
      containers:
        - image: registry.example/web:v2
          name: app
          command: [/bin/app]
          args: ["--level", 'yes']
          ports: [{name: h2c, containerPort: 9090}]
          env:
            - name: LIST
              value: "one,two"
            - name: TEXT
              value: |
                two
                lines
            - name: FAR
              valueFrom: {secretKeyRef: {name: far, key: latest}}
          resources:
            limits: {cpu: '2', memory: 1Gi}
          livenessProbe: {httpGet: {path: /ok, port: 9090}, periodSeconds: 10}
          volumeMounts:
            - {name: keys, mountPath: /keys, readOnly: yes}
        - image: registry.example/side:v1
          name: side
          resources:
            limits: {cpu: 500m, memory: 128Mi}
      volumes:
        - name: keys
          secret: {secretName: key, defaultMode: 0400, items: [{key: '1', path: one}]}
---
`;

describe.skipIf(gcloud === undefined)('real gcloud and we', () => {
  const sites: CloudRunSite[] = [];
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gcloud-'));
    for (let count = 0; count < 2; count += 1) {
      const site = await openCloudRun({ settleMs: 20 });
      sites.push(site);
      await site.services.create({ name: 'web', image: 'app', revision: 'web-00001-abc' });
    }
  });
  afterAll(async () => {
    for (const site of sites) await site.stop();
    await rm(directory, { recursive: true });
  });

  async function byGcloud(site: CloudRunSite, text: string): Promise<void> {
    const file = join(directory, 'service.yaml');
    await writeFile(file, text);
    const where = { base: site.base, project: 'demo', region: 'us-central1' };
    const env = gcloudEnvironment({ ...where, accessToken: 'good', configDirectory: directory });
    const words = ['run', 'services', 'replace', file];
    await promisify(execFile)(gcloud ?? '', words, { env: { PATH: process.env['PATH'], ...env } });
  }

  async function byUs(site: CloudRunSite, text: string): Promise<void> {
    const value = parseServiceText(text);
    const file = value.ok ? readServiceFile(value.value) : value;
    if (!file.ok) throw new Error(JSON.stringify(file.faults));
    const { image, json } = file.value;
    const change = aChange({ image, edits: [{ kind: 'service-file', json }] });
    const before = object(parseJson((await ask(site, `GET ${PATH}`)).text));
    const sent = stringifyJson(changeService(before, change));
    expect(await ask(site, `PUT ${PATH}`, sent)).toMatchObject({ status: 200 });
  }

  test('the template is the same, field by field; gcloud takes labels away that the file does not name', async () => {
    const [theirs, ours] = [sites[0]!, sites[1]!];
    await byGcloud(theirs, FILE);
    await byUs(ours, FILE);
    const [one, other] = [theirs, ours].map((site) => site.model.get('web'));
    const { name: _, ...metadata } = other!.spec.template.metadata ?? {};
    expect({ ...other!.spec.template, metadata }).toEqual(one!.spec.template);
    expect(other!.metadata.labels).toEqual(one!.metadata.labels);
    expect(other!.metadata.annotations).toMatchObject({
      'example.com/owner': 'ada',
      'run.googleapis.com/ingress': one!.metadata.annotations['run.googleapis.com/ingress'],
    });

    const less = FILE.replace('labels: {team: shop}', 'labels: {stage: live}');
    await byGcloud(theirs, less);
    await byUs(ours, less);
    const [fewer, all] = [theirs, ours].map((site) => site.model.get('web').metadata.labels);
    const { team, ...rest } = all!;
    expect(team).toBe('shop');
    expect(rest).toEqual(fewer);
  });
});
