/**
 * Where a rollout is told of: check run, comment on the pull request, Deployment, notifications.
 * Each may fail in any way, and neither the rollout nor the others hear of it (S15).
 */
import { channelsIn, secretsOf } from '../core/inputs/channel-inputs.ts';
import type { Channels } from '../core/inputs/channel-inputs.ts';
import type { Request } from '../core/inputs/inputs.ts';
import { notificationOf } from '../core/report/report-notification.ts';
import type { Report } from '../core/report/report-model.ts';
import { redactedReport } from '../core/report/report-redacted.ts';
import type { Millis, ServiceRef } from '../core/types.ts';
import { createClock } from '../edges/clock.ts';
import { LONGEST_REPORT } from '../edges/github-latest.ts';
import type { CheckReporter } from '../edges/github-reporter.ts';
import { within } from '../edges/http-time.ts';
import { createHttp } from '../edges/http.ts';
import { Notifier } from '../edges/notify.ts';
import type { RunContext } from '../edges/runner-context.ts';
import { EVERYWHERE } from '../edges/runner-state.ts';
import type { Channel } from '../edges/runner-state.ts';
import type { Runner } from '../edges/runner.ts';
import { openCheck } from './check-run.ts';
import { openForge } from './forge.ts';
import type { Teller } from './host.ts';

export type ReportingOptions = {
  readonly ref: ServiceRef;
  /** "": GitHub is not told anything. */
  readonly token: string;
  readonly checkName: string;
  readonly channels: Channels;
  /** The step is over, and its end may not have been told. */
  readonly isPost?: boolean;
  /** Left out: everywhere. */
  readonly only?: readonly Channel[];
  /** Of the check run, as far as it is known without asking for it. */
  readonly page?: string;
};

export type Reporting = Omit<CheckReporter, 'flush'> & {
  /** Waits until everybody has been told or is given up, and no longer than `LONGEST_REPORT`. */
  flush(): Promise<void>;
  /** Where the end has not been heard, for want of time or of an answer. */
  behind(): readonly Channel[];
};

/** Of the time that a report may take the others wait for the page that they are to name. */
const FOR_THE_PAGE: Millis = 20_000;

/**
 * Which check run it is shows only when the service has been read: a command that ends somebody
 * else's rollout speaks in that rollout's check run, on its commit, not in a new one.
 */
export function openReporter(
  host: Teller,
  options: ReportingOptions,
  context: RunContext,
): Reporting {
  const pressed = { clock: createClock(), hurry: host.cancel };
  const { only = EVERYWHERE } = options;
  const token = only.includes('check') ? options.token : '';
  const check = openCheck(host, { ...options, token }, context);
  const page = (): string => check.checkRunUrl() || options.page || context.runUrl;
  const forge = openForge({ host, options, context, page });
  const notifier = openNotifier(host, options, page);
  let last: { readonly report: Report; readonly page: string } | null = null;
  let end: Millis | null = null;
  const isBehind: Readonly<Record<Channel, () => boolean>> = {
    check: () => check.isBehind(),
    comment: () => forge.isBehind('comment'),
    deployment: () => forge.isBehind('deployment'),
    notification: () => notifier?.isBehind() === true,
  };
  const behind = () => only.filter((channel) => isBehind[channel]());
  return {
    async update(raw) {
      const report = redactedReport(raw, (text) => host.runner.redact(text));
      last = { report, page: page() };
      notifier?.tell(report);
      await Promise.all([check.update(report), forge.update(report)]);
    },
    async flush() {
      const { clock } = pressed;
      const until = (end ??= clock.monotonic() + LONGEST_REPORT);
      const left = (): Millis => Math.max(0, until - clock.monotonic());
      const checked = check.flush(left());
      // The others name the page of the check run, once there is one; a cancel leaves no time for that.
      if (check.checkRunUrl() === '') {
        const soon = within(pressed, FOR_THE_PAGE, () => checked);
        await unlessCancelled(
          host,
          soon.catch(() => {}),
        );
      }
      if (last !== null && last.page !== page()) await forge.update(last.report);
      await Promise.all([checked, forge.flush(left()), notifier?.flush()]);
    },
    checkRunUrl: () => check.checkRunUrl(),
    isBehind: () => behind().length > 0,
    behind,
  };
}

/** A plan that is only looked at must not pass for a rollout, nor be shown in the check run of one. */
export function shownBy(request: Request): ReportingOptions {
  return request.isDryRun ? { ...request, checkName: `Plan · ${request.checkName}` } : request;
}

/** What the inputs of the step say, where nothing but the state of main has been read. */
export function postReporting(
  runner: Runner,
  shown: Pick<ReportingOptions, 'ref' | 'checkName' | 'only' | 'page'>,
): ReportingOptions {
  const inputs = runner.inputs();
  const all = channelsIn(inputs);
  const { comment, deployment, notify } = all;
  const { only = EVERYWHERE } = shown;
  const channels: Channels = {
    comment: only.includes('comment') ? comment : 'never',
    deployment: only.includes('deployment') ? deployment : null,
    notify: only.includes('notification') ? notify : null,
  };
  const token = inputs.get('token') ?? '';
  for (const secret of [token, ...secretsOf(all)]) runner.secret(secret);
  return { ...shown, token, channels, isPost: true };
}

function openNotifier(
  { runner, cancel, chance }: Teller,
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

async function unlessCancelled({ cancel }: Teller, work: Promise<void>): Promise<void> {
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
