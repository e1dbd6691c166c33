/** A job's machine at the scene: this action from the committed bundle, other steps by stand-ins. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAction } from '../runner/runner.ts';
import type { RunResult } from '../runner/runner.ts';
import type { StepResult } from '../runner/step.ts';
import { addressesOf, TOKEN } from '../scene/scene.ts';
import type { Scene } from '../scene/scene.ts';
import type { Acted, Acting, Hands, ReadyStep } from './job.ts';
import { shortened } from './shortened.ts';
import { standIn } from './stand-ins.ts';
import type { Desk } from './stand-ins.ts';

/** One step of this action that is over, post step included. */
export type Shown = { readonly job: string; readonly result: RunResult };

export type Bench = {
  readonly hands: Hands;
  readonly shown: readonly Shown[];
  readonly close: () => Promise<void>;
};

export async function openBench(
  scene: Scene,
  options: Omit<Desk, 'directory' | 'scene'>,
): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  const desk: Desk = { ...options, directory, scene };
  const shown: Shown[] = [];
  const hands: Hands = (step) => {
    if (step.uses !== null && /(?:^|\/)cloud-run-canary@/.test(step.uses)) {
      return playOurs(step, desk, (result) => shown.push({ job: step.job, result }));
    }
    return { finished: standIn(step, desk), cancel: () => undefined };
  };
  return { hands, shown, close: () => rm(directory, { recursive: true }) };
}

function playOurs(step: ReadyStep, desk: Desk, show: (result: RunResult) => void): Acting {
  grant(step, desk);
  const { promise: mainIsOver, resolve: endMain } = Promise.withResolvers<StepResult>();
  const { promise: others, resolve: beginPost } = Promise.withResolvers<void>();
  const running = startAction({
    inputs: {
      ...step.with,
      ...shortened(step.with, { image: desk.image(step.with), stages: desk.stages }),
    },
    env: environmentOf(step, desk),
    event: { name: step.github.event_name, payload: step.github.event },
    token: TOKEN,
    cwd: desk.directory,
    ...(desk.onLine === undefined ? {} : { onLine: desk.onLine }),
    beforePost: async (main) => {
      endMain(main);
      await others;
    },
  });
  const acted = mainIsOver.then(({ exitCode, outputs }): Acted => ({
    ok: exitCode === 0,
    outputs,
    post: async () => {
      beginPost();
      const result = await running.finished;
      show(result);
      return result.post?.exitCode === 0;
    },
  }));
  const gone = running.finished.then((): Acted => ({ ok: false }));
  const finished = Promise.race([acted, gone]);
  return { finished, cancel: running.cancel, lose: running.shutdown };
}

/** The one token of the sandbox's GitHub may do what the job's `permissions` say, and no more. */
function grant({ permissions }: ReadyStep, { scene }: Desk): void {
  const { controls } = scene.sandbox.github;
  const levels = new Map(Object.entries(permissions));
  for (const name of Object.keys(controls.permissions)) {
    const level = levels.get(name) ?? 'none';
    Object.assign(controls.permissions, { [name]: level });
  }
}

function environmentOf(step: ReadyStep, { scene }: Desk): Readonly<Record<string, string>> {
  const { sandbox } = scene;
  const context = Object.entries(step.github).flatMap(([name, value]) =>
    typeof value === 'string' && name !== 'token' ? [[`GITHUB_${name.toUpperCase()}`, value]] : [],
  );
  return {
    ...Object.fromEntries(context),
    ...addressesOf(sandbox),
    ...(step.permissions['id-token'] === 'write'
      ? sandbox.tokens.oidcEnvironment(sandbox.base)
      : {}),
    ...step.env,
  };
}
