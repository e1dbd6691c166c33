/** One read of Cloud Monitoring v3: the URL, the token, and what a bad answer means. */
import { grantOnProject } from '../core/doctor/commands.ts';
import { disabledApi, disabledProblem } from '../core/doctor/google-words.ts';
import { Problem } from '../core/problem.ts';
import type { Instant, ServiceRef } from '../core/types.ts';
import { googleRefusal } from './google-refusal.ts';
import type { Http, HttpAnswer } from './http.ts';
import { parseJson } from './json.ts';
import type { JsonValue } from './json.ts';

export type MonitoringOptions = {
  readonly http: Http;
  readonly tokens: { header(): Promise<string>; invalidate(): void };
  /** Base URL, without a slash at the end. */
  readonly endpoint: string;
  readonly ref: ServiceRef;
};

export const REQUEST_COUNT = 'run.googleapis.com/request_count';
export const REQUEST_LATENCIES = 'run.googleapis.com/request_latencies';
export const MEMORY_USE = 'run.googleapis.com/container/memory/utilizations';

/** `guard`: worth one short try, since the rollout is judged without it, too. */
export type Need = 'evidence' | 'guard';

/** Points: of latencies, these are 5 MB at most, and no answer is read beyond 8 MiB. */
const PAGE_SIZE = 2_000;

const DEADLINES = { evidence: 30_000, guard: 10_000 };

/** The slashes of the metric's name stay as they are: %2F is answered with 400. */
export function descriptorUrl({ endpoint, ref }: MonitoringOptions, metric: string): URL {
  const project = encodeURIComponent(ref.project);
  return new URL(`${endpoint}/v3/projects/${project}/metricDescriptors/${metric}`);
}

export function seriesUrl(
  { endpoint, ref }: MonitoringOptions,
  metric: string,
  window: { readonly from: Instant; readonly to: Instant },
): URL {
  const url = new URL(`${endpoint}/v3/projects/${encodeURIComponent(ref.project)}/timeSeries`);
  url.searchParams.set('filter', seriesFilter(ref, metric));
  url.searchParams.set('interval.startTime', new Date(window.from).toISOString());
  url.searchParams.set('interval.endTime', new Date(window.to).toISOString());
  url.searchParams.set('view', 'FULL');
  url.searchParams.set('pageSize', String(PAGE_SIZE));
  return url;
}

/** Revisions are chosen when the answer is read: equality is all the grammar that is needed here. */
function seriesFilter(ref: ServiceRef, metric: string): string {
  const conditions = [
    `metric.type="${metric}"`,
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name="${ref.service}"`,
    `resource.labels.location="${ref.region}"`,
  ];
  return conditions.join(' AND ');
}

/** What is asked at every look, for those who want to ask the same: raw points, not aligned. */
export function seriesQueries(ref: ServiceRef) {
  return [REQUEST_COUNT, REQUEST_LATENCIES, MEMORY_USE].map((metric) => ({
    metric,
    filter: seriesFilter(ref, metric),
    aggregation: null,
  }));
}

/** After a 401 the token is taken to be stale, once. */
export async function ask(
  options: MonitoringOptions,
  url: URL,
  how: { readonly signal: AbortSignal | null; readonly need: Need },
): Promise<HttpAnswer> {
  const { signal, need } = how;
  const get = async (): Promise<HttpAnswer> =>
    options.http.get({
      url: url.href,
      headers: { authorization: await options.tokens.header(), accept: 'application/json' },
      deadlineMs: DEADLINES[need],
      retry: need === 'evidence',
      ...(signal === null ? {} : { signal }),
    });
  const answer = await get();
  if (answer.kind === 'no-answer' || answer.status !== 401) return answer;
  options.tokens.invalidate();
  return get();
}

type Answered = Extract<HttpAnswer, { kind: 'answer' }>;

export function isDenied(answer: HttpAnswer): answer is Answered {
  return answer.kind === 'answer' && answer.status === 403;
}

/** Nothing is wrong with the question: the same may be answered later. */
export function isUnreachable(answer: HttpAnswer): boolean {
  return answer.kind === 'no-answer' || answer.status === 429 || answer.status >= 500;
}

/**
 * The body of a 200. Of other answers only Google's own code for an API that is off is looked at.
 * @throws Problem `denied`, `bad-credentials`, `unreachable`, `bad-answer`.
 */
export function readAnswer(answer: HttpAnswer, permission: string, project: string): JsonValue {
  if (answer.kind === 'no-answer') {
    throw unreachable(`Cloud Monitoring gave no answer: ${answer.why}.`);
  }
  if (answer.status === 200) return parseJson(answer.text);
  if (answer.status === 403) throw denied(answer, permission, project);
  if (answer.status === 401) {
    throw new Problem('bad-credentials', {
      summary: 'Cloud Monitoring accepts neither the access token nor a fresh one.',
      advice: 'Check that the credentials of this job are still valid.',
    });
  }
  const summary = `Cloud Monitoring answered ${answer.status}.`;
  throw isUnreachable(answer) ? unreachable(summary) : badAnswer(summary);
}

function denied({ text }: Answered, permission: string, project: string): Problem {
  const refusal = googleRefusal(text);
  const api = refusal === null ? null : disabledApi(refusal, 'monitoring.googleapis.com');
  if (api !== null) return disabledProblem(api, project);
  return new Problem('denied', {
    summary: `Cloud Monitoring refuses the read; ${permission} is missing.`,
    advice: 'Grant roles/monitoring.viewer on the project to the principal of this job.',
    commands: [grantOnProject('roles/monitoring.viewer', project)],
  });
}

export function badAnswer(summary: string): Problem {
  return new Problem('bad-answer', { summary, advice: 'Nothing was decided from it.' });
}

function unreachable(summary: string): Problem {
  return new Problem('unreachable', { summary, advice: 'Nothing was decided from it.' });
}
