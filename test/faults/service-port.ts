/** The shipped edge to the service, over a network in virtual time. */
import { createCloudRun } from '../../src/edges/cloud-run/service.ts';
import type { Http, HttpAnswer } from '../../src/edges/http.ts';
import { retryWait } from '../../src/edges/http-answer.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import type { CloudRun } from '../../src/engine/ports.ts';
import type { Answer } from './cloud.ts';
import type { Process } from './process.ts';
import { REF, SECOND } from './settings.ts';
import type { World } from './world.ts';

export type Puts = Http['put'];
export type Send = (put: Puts) => Puts;

const ENDPOINT = 'https://europe-west1-run.googleapis.com';
const TRIES = 8;
const TOGETHER = 60 * SECOND;
const HURRIED_PAUSE = 100;
const PASSING = new Set([429, 500, 502, 503, 504]);
const REQUEST = { url: ENDPOINT, headers: {}, deadlineMs: 10 * SECOND };

/** As src/edges/http.ts does it, with virtual pauses. */
export async function getPatiently(
  process: Process,
  world: World,
  once: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const { timeline } = world;
  const end = timeline.now + TOGETHER;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await once();
    const left = end - timeline.now;
    if (!isPassing(answer) || attempt === TRIES || left <= 0) return answer;
    const pause = Math.min(left, retryWait(answer, attempt, 0.5));
    await process.wait(timeline.now + pause, () => undefined, {
      within: HURRIED_PAUSE,
      settle: () => undefined,
    });
  }
}

function isPassing(answer: HttpAnswer): boolean {
  return answer.kind === 'no-answer' || PASSING.has(answer.status);
}

/** `sending` may alter how a write is sent: that is how a broken build is made. */
export function openCloudRun(world: World, process: Process, sending: Send): CloudRun {
  const { cloud, oracle, timeline } = world;
  const get: Http['get'] = (request) =>
    getPatiently(process, world, () =>
      world.exchange(process, {
        name: 'read',
        deadline: request.deadlineMs,
        serve: () => cloud.get(),
        stale: () => cloud.getStale(),
      }),
    );
  const put: Puts = (request) => {
    const dryRun = request.url.endsWith('?dryRun=all');
    const sentAt = timeline.now;
    if (!dryRun) oracle.sent(process, request.body);
    const serve = (): Answer => cloud.put({ by: process, body: request.body, dryRun, sentAt });
    const name = dryRun ? 'prove' : 'write';
    return world.exchange(process, { name, deadline: request.deadlineMs, serve, stale: serve });
  };
  const http = { get, put: sending(put), post: put };
  return remembering(http, (given) =>
    createCloudRun({
      http: given,
      tokens: { header: async () => 'Bearer token', invalidate: () => undefined },
      endpoint: ENDPOINT,
      ref: REF,
      newWriteId: () => world.newWriteId(),
      clock: { monotonic: () => timeline.now + process.skew },
      onNotice: () => undefined,
    }),
  );
}

/**
 * An answer that is the same text as the last one is not parsed again: that is most of the work of
 * a schedule. A write makes it forget, because the edge has learnt something then.
 */
function remembering(http: Http, open: (http: Http) => CloudRun): CloudRun {
  let given: HttpAnswer | null = null;
  let last: { readonly text: string; readonly snapshot: ServiceSnapshot } | null = null;
  const originals = new WeakMap<ServiceSnapshot, ServiceSnapshot>();
  const original = (from: ServiceSnapshot) => originals.get(from) ?? from;
  const inner = open({
    ...http,
    get: async (request) => {
      const answer = given;
      given = null;
      return answer ?? http.get(request);
    },
  });
  return {
    async read() {
      const answer = await http.get({ ...REQUEST, retry: true });
      const isWhole = answer.kind === 'answer' && answer.status === 200;
      if (isWhole && last?.text === answer.text && answer.serverTime !== null) {
        const snapshot = { ...last.snapshot, readAt: answer.serverTime };
        originals.set(snapshot, last.snapshot);
        return snapshot;
      }
      given = answer;
      const snapshot = await inner.read();
      last = isWhole ? { text: answer.text, snapshot } : null;
      return snapshot;
    },
    write(from, next, change) {
      last = null;
      return inner.write(original(from), next, change);
    },
    proveFence: (from) => inner.proveFence(original(from)),
  };
}
