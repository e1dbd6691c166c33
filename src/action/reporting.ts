/**
 * Where a rollout is told of: check run, comment on the pull request, Deployment, notifications.
 * Each may fail in any way, and neither the rollout nor the others hear of it (S15).
 */
import { channelsIn, secretsOf } from '../core/inputs/channel-inputs.ts';
import type { Channels } from '../core/inputs/channel-inputs.ts';
import type { Request } from '../core/inputs/inputs.ts';
import { notificationOf } from '../core/report/report-notification.ts';
import type { Report } from '../core/report/report-model.ts';
import type { ServiceRef } from '../core/types.ts';
import { createClock } from '../edges/clock.ts';
import type { CheckReporter } from '../edges/github-reporter.ts';
import { createHttp } from '../edges/http.ts';
import { Notifier } from '../edges/notify.ts';
import type { RunContext } from '../edges/runner-context.ts';
import type { Runner } from '../edges/runner.ts';
import { openCheck } from './check-run.ts';
import { openForge } from './forge.ts';
import type { Host } from './host.ts';

export type ReportingOptions = {
  readonly ref: ServiceRef;
  /** "": GitHub is not told anything. */
  readonly token: string;
  readonly checkName: string;
  readonly channels: Channels;
  /** The step is over, and its end may not have been told. */
  readonly isPost?: boolean;
};

/**
 * Which check run it is shows only when the service has been read: a command that ends somebody
 * else's rollout speaks in that rollout's check run, on its commit, not in a new one.
 */
export function openReporter(
  host: Host,
  options: ReportingOptions,
  context: RunContext,
): CheckReporter {
  const check = openCheck(host, options, context);
  const page = (): string => (check.checkRunUrl() === '' ? context.runUrl : check.checkRunUrl());
  const forge = openForge({ host, options, context, page });
  const notifier = openNotifier(host, options, page);
  let last: { readonly report: Report; readonly page: string } | null = null;
  return {
    async update(report) {
      last = { report, page: page() };
      notifier?.tell(report);
      await Promise.all([check.update(report), forge.update(report)]);
    },
    async flush() {
      const checked = check.flush();
      // The others name the page of the check run, once there is one; a cancel leaves no time for that.
      await unlessCancelled(host, checked);
      if (last !== null && last.page !== page()) await forge.update(last.report);
      await Promise.all([checked, forge.flush(), notifier?.flush()]);
    },
    checkRunUrl: () => check.checkRunUrl(),
    isBehind: () => check.isBehind() || forge.isBehind() || notifier?.isBehind() === true,
  };
}

/** A plan that is only looked at must not pass for a rollout, nor be shown in the check run of one. */
export function shownBy(request: Request): ReportingOptions {
  return request.isDryRun ? { ...request, checkName: `Plan · ${request.checkName}` } : request;
}

/** What the inputs of the step say, where nothing but the state of main has been read. */
export function postReporting(
  runner: Runner,
  shown: Pick<ReportingOptions, 'ref' | 'checkName'>,
): ReportingOptions {
  const inputs = runner.inputs();
  const channels = channelsIn(inputs);
  const token = inputs.get('token') ?? '';
  for (const secret of [token, ...secretsOf(channels)]) runner.secret(secret);
  return { ...shown, token, channels, isPost: true };
}

function openNotifier(
  { runner, cancel, chance }: Host,
  { channels, isPost = false }: ReportingOptions,
  page: () => string,
) {
  const { notify } = channels;
  if (notify === null) return null;
  const { url, secret, format } = notify;
  const notifier = new Notifier({
    url,
    secret,
    http: createHttp({ hurry: cancel, random: chance.random }),
    hurry: cancel,
    clock: createClock(),
    redact: (text) => runner.redact(text),
    warn: (text) => runner.warning(text),
  });
  return {
    tell(report: Report) {
      notifier.tell(
        () => notificationOf(report, { format, page: page(), repeatsEnd: isPost }),
        report.now,
      );
    },
    flush: () => notifier.flush(),
    isBehind: () => notifier.isBehind(),
  };
}

async function unlessCancelled({ cancel }: Host, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => resolve();
  cancel.addEventListener('abort', wake, { once: true });
  if (cancel.aborted) wake();
  try {
    await Promise.race([work, promise]);
  } finally {
    cancel.removeEventListener('abort', wake);
  }
}
