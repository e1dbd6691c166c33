/** Which job comes behind which. */
import type { Job } from './file.ts';

/** Every one that it needs, and that those need. */
export function ancestorsOf(job: Job, jobs: readonly Job[]): readonly string[] {
  const parents = jobs.filter(({ id }) => job.needs.includes(id));
  return [...job.needs, ...parents.flatMap((parent) => ancestorsOf(parent, jobs))];
}

/** Each behind what it needs. */
export function inOrder(jobs: readonly Job[]): readonly Job[] {
  const sorted: Job[] = [];
  const place = (job: Job, above: readonly string[]): void => {
    if (above.includes(job.id)) throw new Error(`${job.id} needs itself`);
    for (const need of job.needs) {
      const found = jobs.find(({ id }) => id === need);
      if (found === undefined) throw new Error(`${job.id} needs ${need}, which is no job`);
      place(found, [...above, job.id]);
    }
    if (!sorted.includes(job)) sorted.push(job);
  };
  for (const job of jobs) place(job, []);
  return sorted;
}
