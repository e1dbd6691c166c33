/** Where to look: pages with the window and both revisions already filled in. */
import { logsPage, metricsPage, revisionsPage } from '../doctor/console-pages.ts';
import type { Span } from '../doctor/console-pages.ts';
import { link } from './markdown.ts';
import type { Report } from './report-model.ts';
import { clockText } from './report-numbers.ts';
import { decidingStage } from './report-stage.ts';

/** Before a stage, so that its beginning is seen as a change. */
const LEAD = 5 * 60_000;

export function placesOf(report: Report): readonly string[] {
  const { service, canary, runUrl, now, outcome, outlook } = report;
  const span = spanOf(report);
  const both = revisionsOf(report);
  const time =
    span === null || both.length < 2
      ? ''
      : `, from ${clockText(span.from, now)} to ${clockText(span.to, now)}, both revisions filled in`;
  const isFirst = outcome === 'deployed' || outcome === 'deploy-failed';
  const logs = isFirst ? 'Logs of the revision' : 'Logs of the canary';
  const links = [
    ...(span === null || both.length < 2
      ? []
      : [
          link(
            'Answers of both by class of status',
            metricsPage(service, { metric: 'requests', revisions: both, span }),
          ),
          link(
            'Latency (p95) of both',
            metricsPage(service, { metric: 'latency', revisions: both, span }),
          ),
          link('Logs of both', logsPage(service, both, span)),
        ]),
    ...(canary === '' ? [] : [link(logs, logsPage(service, [canary], span))]),
    ...(outlook.isMissing ? [] : [link('Revisions of the service', revisionsPage(service))]),
    ...(runUrl === '' ? [] : [link('This run', runUrl)]),
  ];
  if (links.length === 0) return [];
  return [`**Where to look**${time}:\n\n${links.map((one) => `- ${one}`).join('\n')}`];
}

function revisionsOf({ canary, clone, stable }: Report): readonly string[] {
  return [canary, clone === '' ? stable : clone].filter((name) => name !== '');
}

/** From the stage that failed, or the whole rollout, to now: the end shows as a change, too. null: there was none. */
function spanOf(report: Report): Span | null {
  const { startedAt, now } = report;
  const deciding = decidingStage(report);
  const failed = deciding?.state === 'failed' ? deciding.startedAt : null;
  const from = failed ?? startedAt;
  return from === null ? null : { from: from - LEAD, to: now };
}
