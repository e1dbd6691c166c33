/** The check run of this rollout, or a reporter that shows nothing when there is no token. */
import type { Request } from '../core/inputs/inputs.ts';
import { renderCheck } from '../core/report/report.ts';
import { createClock } from '../edges/clock.ts';
import type { CheckReporter } from '../edges/github-reporter.ts';
import { createReporter } from '../edges/github.ts';
import type { RunContext } from '../edges/runner-context.ts';
import type { Host } from './host.ts';

const SILENT: CheckReporter = {
  update: () => Promise.resolve(),
  flush: () => Promise.resolve(),
  checkRunUrl: () => '',
};

export async function openReporter(
  host: Host,
  request: Pick<Request, 'token' | 'checkName'>,
  context: RunContext,
): Promise<CheckReporter> {
  const { runner, cancel } = host;
  if (request.token === '') return SILENT;
  return createReporter({
    token: request.token,
    apiUrl: context.apiUrl,
    owner: context.owner,
    repo: context.repo,
    headSha: context.headSha,
    checkName: request.checkName,
    externalId: `${context.repositoryId}-${context.runId}`,
    fromFork: context.fromFork,
    hurry: cancel,
    clock: createClock(),
    fetch: await runner.githubFetch(),
    render: renderCheck,
    redact: (text) => runner.redact(text),
    notice: (text) => runner.notice(text),
    warn: (text) => runner.warning(text),
  });
}
