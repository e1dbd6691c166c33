/** Hours of the service's life before the curtain rose: the judge learns from them what is usual. */
import { seededRandom } from '../sandbox/traffic/random.ts';
import { behaviourOf, turnOf } from '../sandbox/traffic/revisions.ts';
import type { Scene } from './scene.ts';

/** Sample periods; three hours on Cloud Run. */
const PERIODS = 180;

type Past = {
  /** What the stable revision runs, and has always run. */
  readonly image: string;
  readonly requestsPerPeriod?: number;
};

/** Told to Cloud Monitoring and to the log, as if it had been served. */
export function givePast(scene: Scene, { image, requestsPerPeriod = 40 }: Past): void {
  const { sandbox, service, stable: revision } = scene;
  const behaviour = behaviourOf(image);
  if (behaviour === null) throw new Error(`There is no image ${image}`);
  const random = seededRandom(7);
  const { samplePeriodMs, now } = sandbox.options;
  const begin = now() - (PERIODS + 2) * samplePeriodMs;
  for (let served = 0; served < PERIODS * requestsPerPeriod; served += 1) {
    const endedAt = begin + (served * samplePeriodMs) / requestsPerPeriod;
    const turn = turnOf(behaviour, { served, ageMs: endedAt - begin }, random);
    if (turn.kind !== 'answer') continue;
    const { status, delayMs: latencyMs } = turn;
    const visit = { service, revision, tag: null, method: 'GET', path: '/' };
    const entry = { ...visit, status, endedAt, latencyMs };
    sandbox.monitoring.record(entry);
    sandbox.logging.record(entry);
  }
}
