/** The check run of the rollout that is reported first, or nothing at all without a token. */
import type { Request } from '../core/inputs/inputs.ts';
import type { Report } from '../core/report/report-model.ts';
import { renderCheck } from '../core/report/report.ts';
import type { ServiceRef } from '../core/types.ts';
import { createClock } from '../edges/clock.ts';
import type { CheckReporter } from '../edges/github-reporter.ts';
import { createReporter } from '../edges/github.ts';
import type { RunContext } from '../edges/runner-context.ts';
import type { Host } from './host.ts';

export type CheckOptions = {
  readonly ref: ServiceRef;
  readonly token: string;
  readonly checkName: string;
};

const SILENT: CheckReporter = {
  update: () => Promise.resolve(),
  flush: () => Promise.resolve(),
  checkRunUrl: () => '',
  isBehind: () => false,
};

/**
 * Which check run it is shows only when the service has been read: a command that ends somebody
 * else's rollout speaks in that rollout's check run, on its commit, not in a new one.
 */
export function openReporter(host: Host, check: CheckOptions, context: RunContext): CheckReporter {
  let opened: Promise<CheckReporter> | null = null;
  let url = '';
  let isBehind = false;
  return {
    async update(report) {
      if (check.token === '') return;
      opened ??= openFor(report, { host, check, context }).catch(() => {
        host.runner.warning('The check run cannot be opened. The rollout is not affected.');
        return SILENT;
      });
      await (await opened).update(report);
    },
    async flush() {
      const reporter = await opened;
      await reporter?.flush();
      url = reporter?.checkRunUrl() ?? '';
      isBehind = reporter?.isBehind() ?? false;
    },
    checkRunUrl: () => url,
    isBehind: () => isBehind,
  };
}

async function openFor(
  report: Report,
  around: { readonly host: Host; readonly check: CheckOptions; readonly context: RunContext },
): Promise<CheckReporter> {
  const { host, check, context } = around;
  const { runner, cancel } = host;
  const { project, region, service } = check.ref;
  return createReporter({
    token: check.token,
    apiUrl: context.apiUrl,
    owner: context.owner,
    repo: context.repo,
    headSha: report.commit === '' ? context.headSha : report.commit,
    checkName: check.checkName,
    // One run can roll out several services, even under one name.
    externalId: `${report.rolloutId}/${project}/${region}/${service}`,
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

/** A plan that is only looked at must not pass for a rollout, nor be shown in the check run of one. */
export function shownBy(request: Request): CheckOptions {
  return request.isDryRun ? { ...request, checkName: `Plan · ${request.checkName}` } : request;
}
