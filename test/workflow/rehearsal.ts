/** What a workflow of somebody's own is played with: its service in the sandbox, its ramp in seconds. */
import type { Step, Workflow } from './file.ts';

export type Rehearsal = {
  readonly project: string;
  readonly region: string;
  readonly service: string;
  readonly stages: string;
};

/** @throws Error with a sentence for the person who wrote the workflow. */
export function rehearsalOf({ file, jobs }: Workflow): Rehearsal {
  const steps = jobs.flatMap((job) => job.steps);
  const ours = steps.filter(({ uses }) => /(?:^|\/)cloud-run-canary@/.test(uses ?? ''));
  const signIn = steps.find(({ uses }) => uses?.startsWith('google-github-actions/auth@'));
  const service = plain(ours, 'service');
  const project = signIn?.with['project_id'];
  if (ours.length === 0) throw new Error(`${file} has no step with cloud-run-canary.`);
  if (service === null) throw new Error(`${file} names no service that can be played.`);
  if (project === undefined)
    throw new Error(`${file} gives google-github-actions/auth no project_id.`);
  return {
    project,
    region: plain(ours, 'region') ?? 'us-central1',
    service,
    stages: inSeconds(plain(ours, 'stages') ?? '5%, 20%, 50%'),
  };
}

/** null: nobody says it, or an expression does. */
function plain(steps: readonly Step[], input: string): string | null {
  const given = steps.flatMap((step) => step.with[input] ?? []);
  return given.find((text) => !text.includes('${{') && text !== '*') ?? null;
}

/** The same shares and gates, each watched for six seconds. */
function inSeconds(stages: string): string {
  const parts = [...stages.matchAll(/(\d+)[ \t]*%[^,\n]*/g)];
  const shares = parts.filter(([, percent]) => percent !== '100');
  if (shares.length === 0) return '20% for 6s, 50% for 6s';
  return shares
    .map(
      ([text, percent]) =>
        `${percent}% for 6s${text.includes('until promoted') ? ' until promoted' : ''}`,
    )
    .join(', ');
}
