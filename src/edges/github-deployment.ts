/**
 * GitHub's Deployment of a rollout, on its commit: one, whoever drives the rollout, and none where
 * the job's own `environment:` has made one already.
 */
import type { DeploymentStatus } from '../core/report/report-deployment.ts';
import { openClient } from './github-client.ts';
import type { Asking, ClientOptions } from './github-client.ts';
import { field, idOf, isWorthAnotherLook, listOf } from './github-failure.ts';
import { Latest } from './github-latest.ts';
import type { Pressed } from './http-time.ts';

export type DeploymentOptions = ClientOptions &
  Pressed & {
    readonly headSha: string;
    /** Commits that GitHub may have noted for a job of this run. */
    readonly jobShas: readonly string[];
    /** Pages of the runs whose jobs may have made one: this run, and the one that started it. */
    readonly runUrls: readonly string[];
    readonly environment: string;
    /** Somebody has chosen that name: only a job with the same one has made it already. */
    readonly isNamed: boolean;
    readonly externalId: string;
    readonly description: string;
    readonly notice: (text: string) => void;
  };

type Shown = Pick<DeploymentStatus, 'environmentUrl'> & { readonly state: string };
type Known = { readonly id: number; readonly shown: Shown | null };
type Found =
  | { readonly kind: 'own'; readonly known: Known }
  /** Made by GitHub for a job. */
  | { readonly kind: 'job'; readonly environment: string }
  | { readonly kind: 'none' };

/** Each throws `Failed` and nothing else. */
type Deployments = {
  find(signal: AbortSignal): Promise<Found>;
  /** Sent exactly once. */
  create(signal: AbortSignal): Promise<Known>;
  report(id: number, status: DeploymentStatus, signal: AbortSignal): Promise<void>;
};

const PAGE_SIZE = 100;
/**
 * Deployments of one commit that are asked who made them, the newest first. That of this job was made
 * when the job began; ten others since would be ten other jobs with environments in that minute.
 */
const MOST_ASKED = 10;
/** In the payload; whatever has it was made by this action. */
const KEY = 'cloud_run_canary';

/** It never throws, and only `flush` makes anybody wait. */
export function createDeploymentWriter(options: DeploymentOptions): Latest<DeploymentStatus> {
  const deployments = openDeployments(options);
  let known: Known | null = null;
  let isTheJobs = false;
  const write = async (status: DeploymentStatus, signal: AbortSignal): Promise<void> => {
    known ??= await open(status, signal);
    const { state, environmentUrl } = status;
    const { shown } = known ?? { shown: null };
    if (known === null || (shown?.state === state && shown.environmentUrl === environmentUrl)) {
      return;
    }
    await deployments.report(known.id, status, signal);
    known = { ...known, shown: { state, environmentUrl } };
  };
  const open = async ({ state }: DeploymentStatus, signal: AbortSignal): Promise<Known | null> => {
    const found = await deployments.find(signal);
    if (found.kind === 'own') return found.known;
    if (found.kind === 'job') {
      isTheJobs = true;
      options.notice(
        options.redact(
          `No Deployment is made: the \`environment: ${found.environment}\` of a job of this run has made one. Choose one of the two.`,
        ),
      );
      return null;
    }
    // Of what is not there any more nothing need be told.
    return state === 'inactive' ? null : deployments.create(signal);
  };
  return new Latest({
    clock: options.clock,
    hurry: options.hurry,
    isLast: ({ state }) => state !== 'in_progress',
    async send(status, signal) {
      if (isTheJobs) return;
      const isKnown = known !== null;
      try {
        await write(status, signal);
      } catch (error) {
        if (signal.aborted || !isWorthAnotherLook(error, isKnown)) throw error;
        known = null;
        await write(status, signal);
      }
    },
    complain(why) {
      const text = options.redact(`The Deployment on GitHub is not up to date: ${why}.`);
      const advice = 'It needs "deployments: write" in the permissions of the job.';
      options.notice(`${text} ${advice} The rollout goes on without it.`);
    },
  });
}

function openDeployments(options: DeploymentOptions): Deployments {
  const { headSha, environment, externalId, description } = options;
  const asking = openClient(options, `deployment ${externalId}`);
  const { client, place, ask } = asking;
  return {
    find: (signal) => find(asking, options, signal),
    create: (signal) =>
      ask(async () => {
        const { data } = await client.rest.repos.createDeployment({
          ...place,
          ref: headSha,
          environment,
          description,
          payload: { [KEY]: externalId },
          // Left to its defaults GitHub would merge a branch and wait for every check of the commit.
          auto_merge: false,
          required_contexts: [],
          // A lost answer must not make a second one.
          request: { signal, retries: 0 },
        });
        return { id: idOf(data), shown: null };
      }),
    report: (id, { state, description: text, environmentUrl, logUrl }, signal) =>
      ask(async () => {
        const { data } = await client.rest.repos.createDeploymentStatus({
          ...place,
          deployment_id: id,
          state,
          description: options.redact(text).slice(0, MOST_DESCRIPTION),
          ...(environmentUrl === '' ? {} : { environment_url: environmentUrl }),
          ...(logUrl === '' ? {} : { log_url: logUrl }),
          request: { signal },
        });
        // Whatever has no number has not been taken.
        idOf(data);
      }),
  };
}

const MOST_DESCRIPTION = 140;

async function find(
  asking: Asking,
  { headSha, jobShas, runUrls, environment, isNamed, externalId }: DeploymentOptions,
  signal: AbortSignal,
): Promise<Found> {
  const lists: (readonly unknown[])[] = [];
  for (const sha of new Set([headSha, ...jobShas])) lists.push(await listFor(asking, sha, signal));
  const all = lists.flat();
  const own = all.filter((one) => {
    return payloadId(one) === externalId && isSame(field(one, 'environment'), environment);
  });
  const [first] = own.map(idOf).sort((a, b) => a - b);
  if (first !== undefined) {
    const newest = (await statusesOf(asking, first, signal)).at(-1);
    return {
      kind: 'own',
      known: { id: first, shown: newest === undefined ? null : shownBy(newest) },
    };
  }
  const foreign = all
    .filter((one) => payloadId(one) === null)
    .toSorted((a, b) => idOf(b) - idOf(a));
  const rivals = isNamed
    ? foreign.filter((one) => isSame(field(one, 'environment'), environment))
    : foreign;
  for (const rival of rivals.slice(0, MOST_ASKED)) {
    const statuses = await statusesOf(asking, idOf(rival), signal);
    if (!statuses.some((status) => isOfRun(status, runUrls))) continue;
    return { kind: 'job', environment: String(field(rival, 'environment')) };
  }
  return { kind: 'none' };
}

async function listFor(
  { client, place, ask }: Asking,
  sha: string,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  return ask(async () => {
    const request = { ...place, sha, per_page: PAGE_SIZE, request: { signal } };
    return listOf((await client.rest.repos.listDeployments(request)).data);
  });
}

/** Oldest first. */
async function statusesOf(
  { client, place, ask }: Asking,
  id: number,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const statuses = await ask(async () => {
    const request = { ...place, deployment_id: id, per_page: PAGE_SIZE, request: { signal } };
    return listOf((await client.rest.repos.listDeploymentStatuses(request)).data);
  });
  return statuses.toSorted((a, b) => idOf(a) - idOf(b));
}

function shownBy(status: unknown): Shown {
  const url = field(status, 'environment_url');
  return {
    state: String(field(status, 'state')),
    environmentUrl: typeof url === 'string' ? url : '',
  };
}

/** null: not made by this action. GitHub gives the payload back as an object or as its text. */
function payloadId(deployment: unknown): string | null {
  const payload = field(deployment, 'payload');
  const id = field(typeof payload === 'string' ? parsed(payload) : payload, KEY);
  return typeof id === 'string' ? id : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The log of a job is below the page of its run. */
function isOfRun(status: unknown, runUrls: readonly string[]): boolean {
  const log = field(status, 'log_url');
  if (typeof log !== 'string') return false;
  const page = log.toLowerCase();
  return runUrls.some(
    (run) => page === run.toLowerCase() || page.startsWith(`${run}/`.toLowerCase()),
  );
}

/** Names of environments are the same in either case. */
function isSame(a: unknown, b: string): boolean {
  return typeof a === 'string' && a.toLowerCase() === b.toLowerCase();
}
