/** What is posted to whoever wants to hear of a rollout: one message for each transition. */
import type { Outcome } from '../decision-types.ts';
import type { NotifyFormat } from '../inputs/channel-inputs.ts';
import { splitText } from '../rollout/traffic.ts';
import { cutBytes, visible } from './markdown.ts';
import type { Report } from './report-model.ts';
import { currentStage } from './report-stage.ts';
import { titleOf } from './report-title.ts';
import { conclusionOf, endingWords } from './report-words.ts';

export type Notification = {
  /** The same for the same transition, told by whomever of one attempt: main or its post step. */
  readonly id: string;
  readonly isLast: boolean;
  /** JSON. */
  readonly body: string;
};

type Event = 'started' | 'raised' | Outcome;

/** Of the outcomes only these are something that has become of a rollout. */
const ENDS: ReadonlySet<Outcome> = new Set<Outcome>([
  'promoted',
  'rolled-back',
  'released',
  'start-failed',
  'held',
  'deployed',
  'deploy-failed',
]);
/** Foreign sentences can be long; Slack takes 3,000 characters of text. */
const LONGEST_TEXT = 2_000;

type Manner = {
  readonly format: NotifyFormat;
  /** The check run, or else the run. */
  readonly page: string;
  /** Main may have had no time to tell of the end that its post step finds. */
  readonly repeatsEnd: boolean;
};

/** null: this process has moved nothing, or nothing since. */
export function notificationOf(
  report: Report,
  { format, page, repeatsEnd }: Manner,
): Notification | null {
  const event = eventOf(report);
  const isOld = report.isAsFound && !(repeatsEnd && report.outcome !== null);
  if (event === null || isOld) return null;
  const { project, region, service } = report.service;
  const stage = stageOf(report);
  const place = `${report.rolloutId}/${project}/${region}/${service}`;
  const id = `${place}/${report.attempt}/${event}/${stage ?? '-'}`;
  const message =
    format === 'slack' ? slackMessage(report, page) : facts(report, { event, id, page });
  return { id, isLast: report.outcome !== null, body: JSON.stringify(message) };
}

/** A take-over and a look in passing move no traffic, and come every five minutes. */
function eventOf(report: Report): Event | null {
  const { outcome, phase, reason } = report;
  if (outcome !== null) return ENDS.has(outcome) && reason !== 'watched' ? outcome : null;
  if (phase !== 'active' || reason === 'taken') return null;
  return (stageOf(report) ?? 0) === 0 ? 'started' : 'raised';
}

function stageOf(report: Report): number | null {
  const stage = currentStage(report);
  return stage === null ? null : report.stages.indexOf(stage);
}

/** Fields are only ever added; `version` would change with the meaning of one. */
function facts(
  report: Report,
  { event, id, page }: { readonly event: Event; readonly id: string; readonly page: string },
) {
  return {
    version: 1,
    id,
    event,
    at: new Date(report.now).toISOString(),
    title: titleOf(report),
    text: textOf(report),
    conclusion: conclusionOf(report),
    service: report.service,
    rollout: report.rolloutId,
    attempt: report.attempt,
    reason: report.reason,
    stage: stageOf(report),
    stages: report.stages.map(({ percent }) => percent),
    percent: report.percent,
    canary: report.canary,
    stable: report.stable,
    image: report.image,
    commit: report.commit,
    url: report.url,
    canary_url: report.canaryUrl,
    report_url: page,
    run_url: report.runUrl,
  };
}

function textOf(report: Report): string {
  const { why, outcome, served } = report;
  const onTheWay = why === '' ? `Served now: ${splitText(served)}.` : why;
  const text = outcome === null ? onTheWay : endingWords(report, outcome).text;
  return cutBytes(visible(text), LONGEST_TEXT);
}

/**
 * Foreign words stand in blocks of plain text, where nothing is markup. `text` is what notifications
 * show, and all that others who take Slack's messages understand.
 */
function slackMessage(report: Report, page: string) {
  const { service, region, project } = report.service;
  const title = visible(titleOf(report));
  const text = textOf(report);
  const about = `Service ${service} in ${region}, project ${project}`;
  const sections = [text, about].filter((part) => part !== '').map((part) => section(part));
  return {
    text: [title, text, about, page]
      .filter((part) => part !== '')
      .map(inSlack)
      .join('\n'),
    blocks: [
      { type: 'header', text: plainText(title) },
      ...sections,
      ...(page === ''
        ? []
        : [
            {
              type: 'section',
              text: { type: 'mrkdwn', text: `<${inSlack(page)}|What was measured>` },
            },
          ]),
    ],
  };
}

function section(text: string) {
  return { type: 'section', text: plainText(text) };
}

function plainText(text: string) {
  return { type: 'plain_text', text, emoji: false };
}

/** Neither link nor channel: `<!channel>` is one for Slack, a bare @channel for others. */
function inSlack(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '@\u200b');
}
