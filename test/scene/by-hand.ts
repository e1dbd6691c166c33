/** People who move the traffic of a scene's service over HTTP: with real gcloud, or request by request. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gcloudEnvironment } from '../sandbox/gcloud.ts';
import type { Scene } from './scene.ts';

const ACCESS_TOKEN = 'ya29.a-person';
const AGENT = 'by-hand';

/** null: not installed here. */
export const GCLOUD =
  ['/usr/bin/gcloud', '/usr/local/bin/gcloud'].find((path) => existsSync(path)) ?? null;

/** Shares by revision; the tags of others stay or go, as that way of doing it has it. */
export type Hand = (scene: Scene, split: Readonly<Record<string, number>>) => Promise<void>;

/** `gcloud run services update-traffic`: one read, one write of v1 with the version it read. */
export const withGcloud: Hand = async (scene, split) => {
  const shares = Object.entries(split).map(([revision, percent]) => `${revision}=${percent}`);
  await gcloud(scene, ['services', 'update-traffic', 'web', `--to-revisions=${shares.join(',')}`]);
};

/** The words behind `gcloud run`. */
export async function gcloud(scene: Scene, words: readonly string[]): Promise<void> {
  const { sandbox } = scene;
  sandbox.tokens.controls.fixedAccessToken = ACCESS_TOKEN;
  const configDirectory = await mkdtemp(join(tmpdir(), 'gcloud-'));
  const { project, region } = sandbox.options;
  const where = { base: sandbox.base, project, region, accessToken: ACCESS_TOKEN };
  const env = { PATH: process.env['PATH'], ...gcloudEnvironment({ ...where, configDirectory }) };
  try {
    await promisify(execFile)(GCLOUD ?? 'gcloud', ['run', ...words], { env });
  } finally {
    await rm(configDirectory, { recursive: true });
  }
}

/** v1, without a version: whatever has happened in the meantime is overwritten. */
export const withPut: Hand = async (scene, split) => {
  const path = `/apis/serving.knative.dev/v1/namespaces/demo/services/${scene.service}`;
  const service = JSON.parse(await ask(scene, 'GET', path));
  delete service.metadata.resourceVersion;
  const tagged = service.spec.traffic.flatMap(({ tag, revisionName }: Row) =>
    tag === undefined ? [] : [{ tag, revisionName }],
  );
  const rows = Object.entries(split).map(([revisionName, percent]) => ({ revisionName, percent }));
  service.spec.traffic = [...rows, ...tagged];
  await ask(scene, 'PUT', path, service);
};

type Row = { readonly tag?: string; readonly revisionName?: string };

/** v2, the traffic alone and all of it: nobody's tag stays. */
export const withPatch: Hand = async (scene, split) => {
  const type = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';
  const traffic = Object.entries(split).map(([revision, percent]) => ({ type, revision, percent }));
  const path = `/v2/projects/demo/locations/us-central1/services/${scene.service}`;
  await ask(scene, 'PATCH', `${path}?updateMask=traffic`, { traffic });
};

async function ask(scene: Scene, method: string, path: string, body?: object): Promise<string> {
  scene.sandbox.tokens.controls.fixedAccessToken = ACCESS_TOKEN;
  const headers = { authorization: `Bearer ${ACCESS_TOKEN}`, 'user-agent': AGENT };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(scene.sandbox.base + path, { method, headers, ...sent });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text;
}

/** Number of the request after the last write by hand. */
export function afterHand({ sandbox }: Scene): number {
  const last = sandbox.journal
    .entries()
    .findLast(
      ({ method, userAgent }) => /PUT|PATCH/.test(method) && /gcloud|by-hand/.test(userAgent ?? ''),
    );
  if (last === undefined) throw new Error('Nobody has written by hand.');
  return last.seq + 1;
}
