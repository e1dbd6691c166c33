/** Which commits a rollout brings, as far as GitHub tells. */
import type { Request } from '../core/inputs/inputs.ts';
import { createClock } from '../edges/clock.ts';
import { compareCommits } from '../edges/github-commits.ts';
import type { RunContext } from '../edges/runner-context.ts';
import type { Foresight } from '../engine/ports.ts';
import type { Host } from './host.ts';

export function openCommits(
  { runner, cancel }: Host,
  { token }: Pick<Request, 'token'>,
  context: RunContext,
): Foresight['commits'] {
  const { apiUrl, serverUrl, owner, repo } = context;
  return async (base, head) => {
    const fetch = await runner.githubFetch();
    const notice = (text: string) => runner.notice(text);
    const redact = (text: string) => runner.redact(text);
    const tools = { hurry: cancel, clock: createClock(), fetch, notice, redact };
    return compareCommits({ token, apiUrl, serverUrl, owner, repo, ...tools }, base, head);
  };
}
