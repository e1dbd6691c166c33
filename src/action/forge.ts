/** Comment and Deployment, of the rollout that is reported first. */
import { checksum } from '../core/checksum.ts';
import type { Channels } from '../core/inputs/channel-inputs.ts';
import { commentOf } from '../core/report/report-comment.ts';
import type { RolloutComment } from '../core/report/report-comment.ts';
import { deploymentStatusOf } from '../core/report/report-deployment.ts';
import type { DeploymentStatus } from '../core/report/report-deployment.ts';
import type { Report } from '../core/report/report-model.ts';
import type { Millis, ServiceRef } from '../core/types.ts';
import { createClock } from '../edges/clock.ts';
import { createCommentWriter } from '../edges/github-comment.ts';
import { createDeploymentWriter } from '../edges/github-deployment.ts';
import type { Latest } from '../edges/github-latest.ts';
import type { RunContext } from '../edges/runner-context.ts';
import { commitOf, externalIdOf } from './check-run.ts';
import type { Teller } from './host.ts';

type Around = {
  readonly host: Teller;
  readonly options: {
    readonly ref: ServiceRef;
    readonly token: string;
    readonly checkName: string;
    readonly channels: Channels;
  };
  readonly context: RunContext;
  /** Page of the check run, or of the run as long as there is none. */
  readonly page: () => string;
};

type Writers = {
  readonly comment: Latest<RolloutComment> | null;
  readonly deployment: Latest<DeploymentStatus> | null;
};

const NONE: Writers = { comment: null, deployment: null };

export function openForge(around: Around) {
  const { host, options, page } = around;
  const { comment: when, deployment } = options.channels;
  const isSilent = options.token === '' || (when === 'never' && deployment === null);
  let opened: Promise<Writers> | null = null;
  let writers = NONE;
  return {
    async update(report: Report): Promise<void> {
      if (isSilent) return;
      opened ??= openFor(report, around).catch(() => {
        host.runner.notice('GitHub is not told more than the check run. The rollout goes on.');
        return NONE;
      });
      writers = await opened;
      tell(writers.comment, () => commentOf(report, when, page()));
      tell(writers.deployment, () => deploymentStatusOf(report, page()));
    },
    async flush(patience: Millis): Promise<void> {
      await opened;
      const { comment, deployment } = writers;
      await Promise.all([comment?.flush(patience), deployment?.flush(patience)]);
    },
    isBehind: (channel: keyof Writers) => writers[channel]?.isBehind() === true,
  };
}

function tell<T>(writer: Latest<T> | null, render: () => T | null): void {
  if (writer === null) return;
  try {
    const content = render();
    if (content !== null) writer.tell(content);
  } catch {
    writer.complain('the report could not be written');
  }
}

async function openFor(report: Report, { host, options, context }: Around): Promise<Writers> {
  const { runner, cancel } = host;
  const { ref, checkName, channels, token } = options;
  const { apiUrl, owner, repo } = context;
  const { project, region, service } = ref;
  const common = {
    token,
    apiUrl,
    owner,
    repo,
    fetch: await runner.githubFetch(),
    clock: createClock(),
    hurry: cancel,
    headSha: commitOf(report, context),
    redact: (text: string) => runner.redact(text),
    notice: (text: string) => runner.notice(text),
  };
  const marker = checksum(JSON.stringify([checkName, project, region, service]));
  const environment = channels.deployment?.environment ?? null;
  return {
    comment: channels.comment === 'never' ? null : createCommentWriter({ ...common, marker }),
    deployment:
      channels.deployment === null
        ? null
        : createDeploymentWriter({
            ...common,
            jobShas: [context.sha],
            runUrls: [context.runUrl, report.starterUrl].filter((url) => url !== ''),
            environment: environment ?? usualEnvironment(ref),
            isNamed: environment !== null,
            externalId: externalIdOf(report, ref),
            description: `Canary of ${service} in ${region}`,
          }),
  };
}

/** With the region: a success retires what was deployed to the same environment before. */
function usualEnvironment({ service, region }: ServiceRef): string {
  return `${service} (${region})`;
}
