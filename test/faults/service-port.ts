/** The shipped edge to the service, over a network in virtual time. */
import type { Http, HttpAnswer } from '../../src/edges/http.ts';
import { retryWait } from '../../src/edges/http-answer.ts';
import type { CloudRun } from '../../src/engine/ports.ts';
import type { Answer, Cloud } from './cloud.ts';
import type { Process } from './process.ts';
import { openEdge, openReading } from './reading.ts';
import { SECOND } from './settings.ts';
import type { World } from './world.ts';
import { ROLLOUT, sentIn, writtenIn } from './written.ts';

export type Puts = Http['put'];
export type Send = (put: Puts) => Puts;

const TRIES = 8;
const TOGETHER = 60 * SECOND;
const HURRIED_PAUSE = 100;
const PASSING = new Set([429, 500, 502, 503, 504]);

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

/** A revision does not change, so nothing that is said of it is old. */
function answersOf(cloud: Cloud, url: string) {
  const [, revision] = /\/revisions\/([^/]+)$/.exec(url) ?? [];
  if (revision === undefined) return { serve: () => cloud.get(), stale: () => cloud.getStale() };
  const serve = () => cloud.getRevisionObject(revision);
  return { serve, stale: serve };
}

const REFUSED: Answer = {
  status: 400,
  text: JSON.stringify({
    error: { code: 400, message: 'Not now.', status: 'FAILED_PRECONDITION' },
  }),
};

function isRaise(body: string): boolean {
  const record = writtenIn(sentIn(body).metadata.annotations[ROLLOUT]);
  const isForward =
    record?.phase === 'promoted' || (record?.phase === 'active' && record.stage > 0);
  return isForward && record.reason !== 'taken';
}

/** `sending` may alter how a write is sent: that is how a broken build is made. */
export function openCloudRun(world: World, process: Process, sending: Send): CloudRun {
  const { cloud, oracle, timeline } = world;
  const get: Http['get'] = (request) =>
    getPatiently(process, world, () =>
      world.exchange(process, {
        name: 'read',
        deadline: request.deadlineMs,
        ...answersOf(cloud, request.url),
      }),
    );
  const put: Puts = (request) => {
    const dryRun = request.url.endsWith('?dryRun=all');
    const sentAt = timeline.now;
    if (!dryRun) oracle.sent(process, request.body);
    const taken = { by: process, body: request.body, dryRun, sentAt };
    const serve = (): Answer =>
      world.refusesRaises && isRaise(request.body) ? REFUSED : cloud.put(taken);
    const name = dryRun ? 'prove' : 'write';
    return world.exchange(process, { name, deadline: request.deadlineMs, serve, stale: serve });
  };
  const http = { get, put: sending(put), post: put };
  const connection = {
    http,
    newWriteId: () => world.newWriteId(),
    monotonic: () => timeline.now + process.skew,
  };
  return world.mayLag ? openEdge(connection) : openReading(connection);
}
