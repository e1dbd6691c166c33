/** Plays one act: a service under load, a job with the action, and a screen that shows both. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { RunResult } from '../runner/runner.ts';
import { openScene } from '../scene/scene.ts';
import type { Scene } from '../scene/scene.ts';
import type { Act } from './act.ts';
import type { Ended } from './ending.ts';
import { pageOf } from './page.ts';
import { logLine, paint, pictureOf } from './picture.ts';
import { keepRecent, ratesOf } from './rates.ts';
import type { Sample } from './rates.ts';
import type { Screen } from './screen.ts';

export type Theatre = { readonly screen: Screen; readonly signal: AbortSignal };

/**
 * Revisions here are processes that share one machine with everything else on it. A hiccup of one
 * of them is no regression: a busy machine once had a healthy canary 2.7 times as slow.
 */
const INPUTS = { max_latency_increase: '200%' };

const TICK_MS = 100;
const PAGES = fileURLToPath(new URL('../../.demo', import.meta.url));

export async function play(act: Act, theatre: Theatre): Promise<Ended> {
  theatre.signal.throwIfAborted();
  const { screen } = theatre;
  screen.line('');
  screen.line(paint('bold', `── ${act.title}: ${act.image} ──`));
  const scene = await openScene();
  try {
    const exposure = watchExposure(scene);
    const stopShowing = show(scene, screen, exposure.look);
    const result = await perform(act, scene, theatre).finally(stopShowing);
    const users = await scene.load.stop();
    return {
      act,
      stable: scene.stable,
      exitCode: result.exitCode,
      postExitCode: result.post?.exitCode ?? null,
      outputs: result.outputs,
      served: scene.served(),
      asked: scene.asked(),
      page: writePage(act, scene),
      users,
      exposedMs: exposure.ms(),
    };
  } finally {
    await scene.close();
  }
}

async function perform(act: Act, scene: Scene, { screen, signal }: Theatre): Promise<RunResult> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const { image, runId } = act;
  const onLine = (text: string): void => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5);
    for (const line of text.split('\n')) {
      const shown = logLine(stripVTControlCharacters(line));
      if (shown !== null) screen.line(`${seconds} s  ${shown}`);
    }
  };
  const running = scene.start({ runId, inputs: { ...INPUTS, image }, onLine });
  const leave = (): void => running.shutdown();
  signal.addEventListener('abort', leave, { once: true });
  const result = await running.finished;
  signal.removeEventListener('abort', leave);
  signal.throwIfAborted();
  return result;
}

/** Draws until it is stopped; `look` is called at every tick. */
function show(scene: Scene, screen: Screen, look: () => void): () => void {
  let samples: readonly Sample[] = [];
  const draw = (): void => {
    look();
    samples = keepRecent(samples, { at: performance.now(), stats: scene.load.stats() });
    const { stable } = scene;
    screen.picture(pictureOf({ stable, served: scene.served(), rates: ratesOf(samples) }));
  };
  const timer = setInterval(draw, TICK_MS);
  return () => {
    clearInterval(timer);
    draw();
    screen.settle();
  };
}

/** How long users were on the canary: the beginning from the access log, the end from the split. */
function watchExposure(scene: Scene) {
  let firstAt: number | null = null;
  let share = 0;
  let zeroAt: number | null = null;
  scene.sandbox.traffic.onRequest(({ tag, revision, endedAt, latencyMs }) => {
    if (tag !== null || revision === scene.stable) return;
    firstAt = Math.min(firstAt ?? endedAt, endedAt - latencyMs);
  });
  return {
    look: (): void => {
      const now = 100 - (scene.served()[scene.stable] ?? 0);
      if (share > 0 && now === 0) zeroAt = Date.now();
      share = now;
    },
    ms: (): number | null => (firstAt === null || zeroAt === null ? null : zeroAt - firstAt),
  };
}

function writePage(act: Act, scene: Scene): string | null {
  const run = scene.sandbox.github.state.checkRuns.at(-1);
  if (run === undefined) return null;
  mkdirSync(PAGES, { recursive: true });
  const path = join(PAGES, `${act.name}.html`);
  writeFileSync(path, pageOf(run));
  return path;
}
