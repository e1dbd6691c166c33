/** All that the engine needs of the world, for one process. */
import type { Ports } from '../../src/engine/loop.ts';
import type { Clock, Prober } from '../../src/engine/ports.ts';
import { openMetrics } from './metrics-port.ts';
import type { Process } from './process.ts';
import { openRevisions } from './revisions-port.ts';
import { openCloudRun } from './service-port.ts';
import type { Send } from './service-port.ts';
import { SECOND, SERVICE } from './settings.ts';
import type { World } from './world.ts';

export function openPorts(world: World, process: Process, sending: Send): Ports {
  return {
    cloudRun: openCloudRun(world, process, sending),
    revisions: openRevisions(world, process),
    metrics: openMetrics(world, process),
    prober: openProber(world, process),
    clock: openClock(world, process),
  };
}

function openClock(world: World, process: Process): Clock {
  return {
    async sleep(ms, signal) {
      if (signal.aborted) return;
      // Some pauses are not cut short by a cancel: they are given a signal of their own.
      const isShort = signal === process.signal;
      const hurry = isShort ? { within: 0, settle: () => undefined } : null;
      await process.wait(world.timeline.now + ms, () => undefined, hurry);
    },
    monotonic: () => world.timeline.now + process.skew,
  };
}

/** As src/edges/probe.ts asks: again after 404, 503 and silence. */
const PAUSES: readonly number[] = [2 * SECOND, 4 * SECOND];

function openProber(world: World, process: Process): Prober {
  return {
    async warmUp(_, atMost) {
      await process.wait(world.timeline.now + atMost, () => undefined, null);
      return { why: 'Warmed up.' };
    },
    async probe({ url, revision }) {
      const tag = /^https:\/\/([^.]*)---/.exec(url)?.[1] ?? '';
      const serve = () => {
        const isThere = world.cloud.model.tagged(SERVICE, tag) === revision;
        return { status: isThere && world.cloud.isReady(revision) ? 200 : 404, text: 'hello' };
      };
      const call = { name: 'probe', deadline: 10 * SECOND, serve, stale: serve } as const;
      for (let attempt = 0; ; attempt += 1) {
        const answer = await world.exchange(process, call);
        const status = answer.kind === 'answer' ? answer.status : null;
        if (status === 200) {
          world.oracle.probed(process, revision);
          return { ok: true, status, why: 'Answered 200.' };
        }
        const pause = PAUSES[attempt];
        const again = status === null || status === 404 || status === 503;
        if (!again || pause === undefined || process.cancelledAt !== null) {
          return { ok: false, status, why: `The probe was answered ${status ?? 'nothing'}.` };
        }
        await process.wait(world.timeline.now + pause, () => undefined, null);
      }
    },
  };
}
