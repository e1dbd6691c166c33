/**
 * One real process, killed at a moment that a seed chooses, with no post step; then a re-run of the
 * job or a reconcile. Afterwards somebody must have everything, and it must be somebody it may be.
 */
import { recordOf } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK } from '../scene/scene.ts';
import type { Scene } from '../scene/scene.ts';
import { seededRandom } from '../sandbox/traffic/random.ts';

export type Killed = {
  readonly seed: number;
  readonly afterMs: number;
  readonly next: 're-run' | 'reconcile';
  /** Where the record stood when the process was gone; "none" before the first write. */
  readonly left: string;
  /** null: as it should be. */
  readonly fault: string | null;
};

const RUN_ID = 19_482_736_450;
/** A whole rollout takes about this long here; later kills find it over. */
const WHOLE_MS = 14_000;

export function killOnce(seed: number): Promise<Killed> {
  const random = seededRandom(seed);
  const afterMs = Math.round(random() * WHOLE_MS);
  const next = random() < 0.5 ? 're-run' : 'reconcile';
  return withScene({ seed, requestsPerSecond: 30 }, async (scene) => {
    const inputs = { ...QUICK, stages: '30% for 2s, 60% for 2s', min_requests: '5' };
    const running = scene.start({ runId: RUN_ID, inputs });
    const timer = setTimeout(() => running.shutdown(), afterMs);
    await running.finished;
    clearTimeout(timer);
    const left = recordOf(scene)?.phase ?? 'none';
    const finished = await finish(scene, next, inputs);
    return { seed, afterMs, next, left, fault: faultIn(scene, finished) };
  });
}

async function finish(scene: Scene, next: Killed['next'], inputs: Record<string, string>) {
  if (next === 're-run') return scene.run({ runId: RUN_ID, attempt: 2, inputs });
  const workflow_run = {
    id: RUN_ID,
    run_attempt: 1,
    status: 'completed',
    head_sha: '8f3c1d2e4b5a69788796a5b4c3d2e1f00f1e2d3c',
  };
  const event = { name: 'workflow_run', payload: { action: 'completed', workflow_run } };
  return scene.run({ runId: RUN_ID + 1, event, inputs: { command: 'reconcile' } });
}

function faultIn(scene: Scene, finished: { readonly exitCode: number | null }): string | null {
  const record = recordOf(scene);
  const served = JSON.stringify(scene.served());
  const all = (revision: string) => JSON.stringify({ [revision]: 100 });
  const may = record?.phase === 'promoted' ? record.canary : scene.stable;
  if (record !== null && ['active', 'held'].includes(record.phase)) {
    return `left ${record.phase} after exit ${finished.exitCode}`;
  }
  return served === all(may) ? null : `${served} is served, not ${may}`;
}
