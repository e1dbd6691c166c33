/**
 * What the official client is used for: one revision's state and its deletion, and the permission
 * preflight. It is loaded when it is first needed; undoing a rollout never needs it (S13).
 */
import type { v2 } from '@google-cloud/run';
import pRetry from 'p-retry';

import type { Millis, ServiceRef } from '../../core/types.ts';
import { BIRTH_ANNOTATION, readBirth } from '../../core/rollout/record.ts';
import type { Remover, Revisions } from '../../engine/ports.ts';
import type { GoogleTokens } from '../google-auth.ts';
import type { Deadline } from '../http.ts';
import {
  LateError,
  clientProblem,
  isNotFound,
  isPassing,
  isUnauthenticated,
} from './client-problem.ts';
import { GONE, readRevision } from './revision-state.ts';

export type RevisionsOptions = {
  readonly tokens: Pick<GoogleTokens, 'auth' | 'invalidate'>;
  /** Base URL without a slash at the end. */
  readonly endpoint: string;
  readonly universe: string;
  readonly ref: ServiceRef;
  readonly deadline: Deadline;
  /** Ends repetitions. */
  readonly hurry: AbortSignal;
  readonly onNotice: (text: string) => void;
};

const CALL: Millis = 10_000;
const TOGETHER: Millis = 45_000;
const TRIES = 4;

export function createRevisions(o: RevisionsOptions): Revisions & Remover {
  const { project, region, service } = o.ref;
  const parent = `projects/${project}/locations/${region}/services/${service}`;
  const clients = lazily(() => createClients(o));
  const nameOf = (revision: string): string => `${parent}/revisions/${revision}`;
  const read = async (revision: string) => {
    const { revisions } = await clients();
    return ask(o, async () => {
      const [answer] = await revisions.getRevision({ name: nameOf(revision) }, { timeout: CALL });
      return answer;
    });
  };
  return {
    async state(revision) {
      try {
        return readRevision(await read(revision));
      } catch (error) {
        if (isNotFound(error)) return GONE;
        throw clientProblem(error, `Revision ${revision}`, 'run.revisions.get');
      }
    },

    async remove(revision) {
      let permission = 'run.revisions.get';
      try {
        const { annotations, etag } = await read(revision);
        if (readBirth(annotations?.[BIRTH_ANNOTATION])?.canary !== revision) return 'not-ours';
        permission = 'run.revisions.delete';
        const { revisions } = await clients();
        // Whoever has touched it since has another version of it. What follows is not waited for.
        const request = { name: nameOf(revision), etag: etag ?? '' };
        await inTime(revisions.deleteRevision(request, { timeout: CALL }), CALL, o.deadline);
        return 'deleted';
      } catch (error) {
        if (isNotFound(error)) return 'gone';
        throw clientProblem(error, `The deletion of ${revision}`, permission);
      }
    },

    async missingPermissions(permissions) {
      try {
        const { services } = await clients();
        const request = { resource: parent, permissions: [...permissions] };
        return await ask(o, async () => {
          const [answer] = await services.testIamPermissions(request, { timeout: CALL });
          const granted = new Set(answer.permissions ?? []);
          return permissions.filter((permission) => !granted.has(permission));
        });
      } catch (error) {
        const { summary } = clientProblem(error, 'The permission check', 'run.services.get');
        o.onNotice(`Which permissions this job has could not be found out. ${summary}`);
        return [];
      }
    },
  };
}

type Clients = { readonly revisions: v2.RevisionsClient; readonly services: v2.ServicesClient };

async function createClients(o: RevisionsOptions): Promise<Clients> {
  const { RevisionsClient, ServicesClient } = await import('@google-cloud/run');
  const { hostname, port, protocol } = new URL(o.endpoint);
  const options = {
    auth: o.tokens.auth,
    projectId: o.ref.project,
    universeDomain: o.universe,
    // REST: one transport for everything, and no child process.
    fallback: true,
    apiEndpoint: hostname,
    protocol: protocol.slice(0, -1),
    ...(port === '' ? {} : { port: Number(port) }),
  };
  return { revisions: new RevisionsClient(options), services: new ServicesClient(options) };
}

/** A read: repeated while that may help, at most four times, and once with a new token. */
async function ask<T>(o: RevisionsOptions, work: () => Promise<T>): Promise<T> {
  let isRenewed = false;
  const shouldRetry = ({ error }: { readonly error: Error }): boolean => {
    if (o.hurry.aborted) return false;
    if (!isUnauthenticated(error) || isRenewed) return isPassing(error);
    isRenewed = true;
    o.tokens.invalidate();
    return true;
  };
  const attempt = () => inTime(work(), CALL, o.deadline);
  const retries = { retries: TRIES - 1, minTimeout: 500, randomize: true, shouldRetry };
  return inTime(pRetry(attempt, retries), TOGETHER, o.deadline);
}

async function inTime<T>(work: Promise<T>, atMost: Millis, deadline: Deadline): Promise<T> {
  const answer = await deadline(work, atMost);
  if (!answer.done) throw new LateError();
  return answer.value;
}

/** One result for everybody who asks; a failure is not kept. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
