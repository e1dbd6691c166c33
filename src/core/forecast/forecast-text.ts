/** The forecast in words: raw lines for the log, Markdown for the check run and the job summary. */
import { cell, plain } from '../report/markdown.ts';
import { changeLines, changeList, commitLines, commitList } from './forecast-lists.ts';
import {
  countText,
  durationText,
  instantText,
  pointsText,
  rateText,
} from '../report/report-numbers.ts';
import type { Acceptance, Forecast, StageForecast, TrafficBasis } from './forecast-types.ts';

const MOST_LOGGED = 10;
const NONE = '–';

/** Short: what is worth reading while a rollout begins. Raw text. */
export function forecastLines(forecast: Forecast): readonly string[] {
  return [
    `Stages: ${[...forecast.stages.map(stageWords), '100 %'].join(', ')}.`,
    ...sentences(forecast),
    ...forecast.stages.map((stage) => `${stage.percent} %: ${stageText(stage)}`),
    ...changeLines(forecast.changes, MOST_LOGGED),
    ...commitLines(forecast.commits, MOST_LOGGED),
  ];
}

/** A section of the report, its headings one level below `###`. */
export function forecastMarkdown(forecast: Forecast): string {
  const { changes, commits } = forecast;
  return [
    sentences(forecast)
      .map((sentence) => `- ${plain(sentence)}`)
      .join('\n'),
    stageTable(forecast.stages),
    ...(forecast.stages.some(({ proves, excludes }) => proves !== null || excludes !== null)
      ? [MEANING]
      : []),
    `#### What changes\n\n${changeList(changes)}`,
    ...(commits === null ? [] : [`#### Commits\n\n${commitList(commits)}`]),
  ].join('\n\n');
}

const MEANING =
  '*Undone from*: the smallest rise of 5xx answers, in points, that is undone by the end of the stage; a smaller one makes it last longer, and may be undone then. *Ruled out from*: the smallest one that the stage excludes 20 : 1 if the canary fails no more than the stable revision does. Both are asked of the judge, with as many requests as expected and the noise of the service.';

function stageWords({ percent, bake, least, gate }: StageForecast): string {
  const length =
    least < bake
      ? ` for ${durationText(least)} to ${durationText(bake)}`
      : bake === 0
        ? ''
        : ` for ${durationText(bake)}`;
  return `${percent} %${length}${gate ? ' until a person goes on' : ''}`;
}

function sentences(forecast: Forecast): readonly string[] {
  return [
    endText(forecast),
    runnerText(forecast),
    trafficText(forecast),
    ...acceptanceText(forecast.acceptance),
  ];
}

function endText({ at, whole, stops, gates, deployTimeout }: Forecast): string {
  const what = stops === 'promoted' ? 'The promotion' : 'The hold at 0 %';
  const [from, to] = [at + whole.earliest, at + whole.latest];
  const earliest = `no earlier than ${instantText(from)} (in ${durationText(whole.earliest)} and the start of the revision)`;
  const latest = `no later than ${instantText(to)} (in ${durationText(whole.latest)}, with ${durationText(deployTimeout)} for the start and all patience${gates === 0 ? '' : ` and ${gates} ${gates === 1 ? 'gate' : 'gates'}`} used up)`;
  return `${what} comes ${earliest} and ${latest}.`;
}

function runnerText({ runner, stops, gates }: Forecast): string {
  const { jobs, least, most, resumed } = runner;
  const range = least === most ? `${least}` : `${least} to ${most}`;
  const minutes = `${range} billed runner ${most === 1 ? 'minute' : 'minutes'} in ${jobs} ${jobs === 1 ? 'job' : 'jobs'}`;
  const held = gates > 0 && stops === 'promoted' ? '; the wait at a gate costs none' : '';
  const saved =
    stops === 'promoted' && resumed < least
      ? ` With deploy and a resume every 10 minutes it would be about ${resumed}.`
      : '';
  return `${capital(minutes)}${held}.${saved}`;
}

function trafficText({ traffic, errorRate }: Forecast): string {
  const rate =
    errorRate === null ? '' : ` The judge takes ${rateText(errorRate)} of 5xx answers to be usual.`;
  return `${basisText(traffic)}${rate}`;
}

function basisText(basis: TrafficBasis): string {
  switch (basis.kind) {
    case 'same-hours': {
      const days = basis.days === 1 ? 'day' : `${basis.days} days`;
      return `Requests are expected as in the same hours of the last ${days}, at the level of now.`;
    }
    case 'recent':
      return `Requests are expected as in the last ${durationText(basis.over)}: there is no whole day to compare with.`;
    case 'silent':
      return 'The service has had no requests of late, so no stage can expect any.';
    case 'unknown':
      return 'How many requests to expect is not known: Cloud Monitoring tells of none.';
  }
}

export function acceptanceText(acceptance: Acceptance): readonly string[] {
  switch (acceptance.kind) {
    case 'accepted':
      return ['Cloud Run has checked the first write in a dry run and would accept it.'];
    case 'not-refused':
      return [
        'Cloud Run has not refused the first write in a dry run, as far as it looks at one before the version of the service.',
      ];
    case 'untried':
      return [`Whether Cloud Run would accept the first write was not tried: ${acceptance.why}.`];
  }
}

function stageText(stage: StageForecast): string {
  const { requests, isThin, proves, excludes, asked } = stage;
  if (requests === null) return 'how many requests the canary will get is not known.';
  const few = isThin ? ', too few to pass: on_no_data decides' : '';
  const about = aboutText(requests);
  const expected = `about ${about} ${about === '1' ? 'request' : 'requests'} to the canary${few}`;
  const undone =
    proves === null
      ? 'no rise of 5xx is large enough to be undone'
      : `a rise of 5xx by ${pointsText(proves)} or more is undone in its time`;
  const excluded =
    excludes === null
      ? 'none can be ruled out'
      : `one by ${pointsText(excludes)} or more is ruled out if there is none (${pointsText(asked)} are asked)`;
  return `${expected}; ${undone}, ${excluded}.`;
}

function stageTable(stages: readonly StageForecast[]): string {
  return [
    '| Stage | Watched | Passes after | At the latest after | Canary requests | Undone from | Ruled out from | Asked |',
    '| ---: | --- | --- | --- | ---: | ---: | ---: | ---: |',
    ...stages.map((stage) => `| ${cells(stage).join(' | ')} |`),
  ].join('\n');
}

function cells(stage: StageForecast): readonly string[] {
  const { percent, earliest, latest, requests, isThin, proves, excludes, asked } = stage;
  const points = (value: number | null): string => (value === null ? NONE : pointsText(value));
  return [
    `${percent} %`,
    cell(stageWords(stage).replace(/^\d+ %( for)? ?/, '')) || NONE,
    durationText(earliest),
    durationText(latest),
    requests === null ? NONE : `${aboutText(requests)}${isThin ? ' (too few)' : ''}`,
    points(proves),
    points(excludes),
    pointsText(asked),
  ];
}

/** No more digits than it is worth. */
function aboutText(requests: number): string {
  if (requests < 10) return countText(Math.round(requests));
  return countText(Number(requests.toPrecision(2)));
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
