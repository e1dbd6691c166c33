/** Steps of others, as far as a rollout notices them. A step that is not here fails the test by name. */
import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeService } from '../sandbox/cloud-run/validate.ts';
import { until } from '../scene/evidence.ts';
import type { Scene } from '../scene/scene.ts';
import type { Acted, ReadyStep } from './job.ts';

export type Desk = {
  readonly scene: Scene;
  /** The workspace. */
  readonly directory: string;
  /** In place of whatever image the example names. */
  readonly image: (given: ReadyStep['with']) => string;
  /** In place of the example's own. */
  readonly stages: string;
  /** What `gh workflow run` comes to. */
  readonly dispatch: (file: string) => void;
  /** What this action writes into the log of its step. */
  readonly onLine?: (line: string) => void;
};

type StandIn = (step: ReadyStep, desk: Desk) => Promise<Acted>;

/** By the action's name. */
const ACTIONS: Readonly<Record<string, StandIn>> = {
  'actions/checkout': async ({ permissions }) => ({ ok: permissions['contents'] === 'read' }),
  'google-github-actions/auth': signIn,
  'google-github-actions/deploy-cloudrun': deployWithoutTraffic,
  'hashicorp/setup-terraform': async () => ({ ok: true }),
};

/** By the form of a whole script. */
const BUILD = /^gcloud auth configure-docker us-docker\.pkg\.dev --quiet\ndocker (?:build|pull) /;

const SCRIPTS: readonly (readonly [RegExp, StandIn])[] = [
  [BUILD, buildImage],
  [/^gh workflow run (\S+) --ref "\$GITHUB_REF_NAME"$/, dispatchItself],
  [/^curl --fail --silent --show-error "\$CANARY_URL\/"$/, askTheCanary],
  [/^terraform init\nterraform apply -auto-approve$/, applyTerraform],
];

export async function standIn(step: ReadyStep, desk: Desk): Promise<Acted> {
  const { uses, run } = step;
  const found =
    uses === null
      ? SCRIPTS.find(([form]) => form.test((run ?? '').trim()))?.[1]
      : ACTIONS[uses.split('@')[0] ?? ''];
  if (found === undefined) throw new Error(`Nobody stands in for ${uses ?? run}`);
  return found(step, desk);
}

/** Writes the credential file, and takes it away when the job is over. */
async function signIn(step: ReadyStep, { scene, directory }: Desk): Promise<Acted> {
  const { workload_identity_provider: provider, project_id: project } = step.with;
  if (provider === undefined || project !== scene.sandbox.options.project) return { ok: false };
  if (step.permissions['id-token'] !== 'write') return { ok: false };
  const path = join(directory, `gha-creds-${crypto.randomUUID()}.json`);
  const { sandbox } = scene;
  const content = sandbox.tokens.credentialFile(sandbox.base, step.with['service_account']);
  await writeFile(path, JSON.stringify(content));
  return {
    ok: true,
    env: {
      GOOGLE_APPLICATION_CREDENTIALS: path,
      GOOGLE_GHA_CREDS_PATH: path,
      GOOGLE_CLOUD_PROJECT: project,
    },
    post: async () => {
      await rm(path);
      return true;
    },
  };
}

/** deploy-cloudrun with `no_traffic`: a revision of that name, and everything else as it was. */
async function deployWithoutTraffic(step: ReadyStep, { scene, image }: Desk): Promise<Acted> {
  const { service = '', suffix, no_traffic: noTraffic } = step.with;
  if (noTraffic !== 'true' || suffix === undefined) return { ok: false };
  const { model } = scene.sandbox;
  const { metadata, spec, ...rest } = model.get(service);
  const { resourceVersion: _, ...unfenced } = metadata;
  const name = `${service}-${suffix}`;
  const wanted = {
    ...rest,
    metadata: unfenced,
    spec: {
      template: { metadata: { name }, spec: { containers: [{ image: image(step.with) }] } },
      traffic: [{ revisionName: scene.stable, percent: 100 }],
    },
  };
  void spec;
  model.replace(decodeService(wanted), { dryRun: false, by: 'outsider@sandbox.example' });
  await until(
    'the revision is there',
    () => model.get(service).status.latestReadyRevisionName === name,
  );
  return { ok: true };
}

/** The digest of what was pushed under that name. */
async function buildImage({ env }: ReadyStep): Promise<Acted> {
  const { TAG: image = env['IMAGE'] ?? '' } = env;
  const digest = createHash('sha256').update(image).digest('hex');
  return { ok: image !== '', outputs: { image: `${image.split(':')[0]}@sha256:${digest}` } };
}

async function dispatchItself(step: ReadyStep, { dispatch }: Desk): Promise<Acted> {
  const file = step.run?.split(' ')[3] ?? '';
  const mayDispatch = step.permissions['actions'] === 'write' && 'GH_TOKEN' in step.env;
  if (mayDispatch) dispatch(file);
  return { ok: mayDispatch };
}

async function askTheCanary({ env }: ReadyStep): Promise<Acted> {
  const { ok } = await fetch(`${env['CANARY_URL']}/`);
  return { ok };
}

/** Terraform changes what it manages, a label of the service, and ignores what it is told to. */
async function applyTerraform(_: ReadyStep, { scene }: Desk): Promise<Acted> {
  const { model } = scene.sandbox;
  const { metadata, spec, ...rest } = model.get(scene.service);
  const { resourceVersion: _version, ...unfenced } = metadata;
  const labels = { ...metadata.labels, team: 'shop' };
  const wanted = { ...rest, metadata: { ...unfenced, labels }, spec };
  model.replace(decodeService(wanted), { dryRun: false, by: 'terraform@sandbox.example' });
  return { ok: true };
}
