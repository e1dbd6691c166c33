/** An example on the scene: the workflow as it is written, its service under load, its repository. */
import { readFileSync } from 'node:fs';
import { withScene } from '../scene/play.ts';
import type { Scene, SceneOptions } from '../scene/scene.ts';
import { openBench } from './bench.ts';
import type { Shown } from './bench.ts';
import { parseWorkflow } from './file.ts';
import type { Workflow } from './file.ts';
import type { Desk } from './stand-ins.ts';
import { Repository } from './repository.ts';
import type { Environment } from './gates.ts';

export type Stage = {
  readonly scene: Scene;
  readonly repository: Repository;
  /** Every step of this action that is over. */
  readonly shown: readonly Shown[];
  /** What a step is given in place of the image that it names. */
  image: Desk['image'];
};

export type Play = {
  /** Names of files in examples/. */
  readonly examples: readonly string[];
  readonly environments?: Readonly<Record<string, Environment>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly scene?: SceneOptions;
  readonly edit?: (text: string) => string;
  /** In place of the example's own, which would take minutes. */
  readonly stages?: string;
};

/** A wait timer on this stage: long enough for a stage and its data. */
const TIMER_MS = 2_500;

export function readExample(name: string, edit = (text: string): string => text): Workflow {
  const text = readFileSync(new URL(`../../examples/${name}.yml`, import.meta.url), 'utf8');
  return parseWorkflow(`.github/workflows/${name}.yml`, edit(text));
}

export function playing(play: Play, act: (stage: Stage) => Promise<void>): Promise<void> {
  const { examples, environments = {}, secrets = {}, scene: options = {}, edit } = play;
  const { stages = '30% for 2s' } = play;
  const sandbox = { project: 'my-project', ingestDelayMs: 500, ...options.sandbox };
  return withScene({ ...options, sandbox }, async (scene) => {
    const bench = await openBench(scene, {
      image: (given) => stage.image(given),
      stages,
      dispatch: (file) => void repository.dispatch(file),
    });
    const host = {
      now: () => performance.now(),
      wait: () => new Promise<void>((done) => setTimeout(done, TIMER_MS)),
      hands: bench.hands,
    };
    const workflows = examples.map((name) => readExample(name, edit));
    const repository = new Repository(host, workflows, { environments, secrets });
    const stage: Stage = { scene, repository, shown: bench.shown, image: () => 'sandbox/app:v2' };
    try {
      await act(stage);
    } finally {
      await bench.close();
    }
  });
}
