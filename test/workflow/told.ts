/** What a play of an example leaves to be looked at. */
import { until } from '../scene/evidence.ts';
import type { Run } from './run.ts';
import type { Stage } from './stage.ts';

/** `<job> <outcome>` of every step of this action, in the order of their ends. */
export function outcomesOf({ shown }: Stage): readonly string[] {
  return shown.map(({ job, result }) => `${job} ${result.outputs['outcome']}`);
}

export function errorsIn({ shown }: Stage): readonly string[] {
  return shown.flatMap(({ result }) =>
    result.annotations.filter(({ level }) => level === 'error').map(({ message }) => message),
  );
}

export async function asked(run: Run, environment: string): Promise<void> {
  await until(`the reviewers of ${environment} are asked`, () =>
    run.waitingFor.includes(environment),
  );
}

export function pushed({ repository }: Stage): Run {
  const [run] = repository.push();
  if (run === undefined) throw new Error('No workflow listens to a push.');
  return run;
}
