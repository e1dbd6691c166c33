/** The check run of the rollout that is reported first, or nothing at all without a token. */
import type { Report } from '../core/report/report-model.ts';
import { renderCheck } from '../core/report/report.ts';
import type { ServiceRef } from '../core/types.ts';
import { createClock } from '../edges/clock.ts';
import type { CheckReporter } from '../edges/github-reporter.ts';
import { createReporter } from '../edges/github.ts';
import type { RunContext } from '../edges/runner-context.ts';
import type { Teller } from './host.ts';

type CheckOptions = {
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

export function openCheck(host: Teller, check: CheckOptions, context: RunContext): CheckReporter {
  let opened: Promise<CheckReporter> | null = null;
  let reporter = SILENT;
  return {
    async update(report) {
      if (check.token === '') return;
      opened ??= openFor(report, { host, check, context }).catch(() => {
        host.runner.warning('The check run cannot be opened. The rollout is not affected.');
        return SILENT;
      });
      reporter = await opened;
      await reporter.update(report);
    },
    async flush(patience) {
      await opened;
      await reporter.flush(patience);
    },
    checkRunUrl: () => reporter.checkRunUrl(),
    isBehind: () => reporter.isBehind(),
  };
}

/** One run can roll out several services, even under one name. */
export function externalIdOf({ rolloutId }: Report, { project, region, service }: ServiceRef) {
  return `${rolloutId}/${project}/${region}/${service}`;
}

/** The commit people look at: that of the rollout, whoever drives it now. */
export function commitOf(report: Report, context: RunContext): string {
  return report.commit === '' ? context.headSha : report.commit;
}

async function openFor(
  report: Report,
  around: { readonly host: Teller; readonly check: CheckOptions; readonly context: RunContext },
): Promise<CheckReporter> {
  const { host, check, context } = around;
  const { runner, cancel } = host;
  return createReporter({
    token: check.token,
    apiUrl: context.apiUrl,
    owner: context.owner,
    repo: context.repo,
    headSha: commitOf(report, context),
    checkName: check.checkName,
    externalId: externalIdOf(report, check.ref),
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
