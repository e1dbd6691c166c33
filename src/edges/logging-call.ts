/** One page of `entries.list` (logging.proto, ListLogEntries): the question, the token, the answer. */
import { enableApi } from '../core/doctor/commands.ts';
import { disabledApi } from '../core/doctor/google-words.ts';
import { Problem } from '../core/problem.ts';
import type { Millis, ServiceRef } from '../core/types.ts';
import type { Clock } from '../engine/ports.ts';
import { googleRefusal } from './google-refusal.ts';
import type { Http, HttpAnswer } from './http.ts';
import { asList, asObject, asText, parseJson, stringifyJson } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { Span } from './logging-entries.ts';

export type LoggingOptions = {
  readonly http: Http;
  readonly tokens: { header(): Promise<string>; invalidate(): void };
  /** Base URL, without a slash at the end. */
  readonly endpoint: string;
  readonly ref: ServiceRef;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Told once of each reason why the log is not used. */
  readonly onNotice: (text: string) => void;
};

export type PageRead =
  | {
      readonly kind: 'page';
      readonly entries: readonly JsonValue[];
      /** null: this is the last page. */
      readonly nextToken: string | null;
    }
  /** For this identity, or for good. */
  | { readonly kind: 'denied' }
  | { readonly kind: 'refused'; readonly why: string }
  /** Over the quota of reads. */
  | { readonly kind: 'limited' }
  /** Worth another look. */
  | { readonly kind: 'failed'; readonly why: string };

/** The most that one page may hold, as its reference says. */
const PAGE_SIZE = 1_000;

/** A look is not held up for what only makes it faster. */
const DEADLINE: Millis = 10_000;
/** Cloud Run's longest request: an entry is received at its end and bears the time of its start. */
const LONGEST_REQUEST: Millis = 3_600_000;
/** Addresses, agents and URLs of users stay where they are: they may hold secrets. */
const FIELDS =
  'entries(insertId,timestamp,receiveTimestamp,logName,resource/labels,httpRequest/status),nextPageToken';

export function logNameOf({ project }: ServiceRef): string {
  return `projects/${project}/logs/run.googleapis.com%2Frequests`;
}

/** Server errors of the service; each read adds the times from and to which they were received. */
export function errorFilter(ref: ServiceRef): string {
  const conditions = [
    `logName="${logNameOf(ref)}"`,
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name="${ref.service}"`,
    `resource.labels.location="${ref.region}"`,
    'httpRequest.status>=500',
  ];
  return conditions.join(' AND ');
}

/** Server errors of the service that were received from `from` on and before `to`. */
export async function readPage(
  options: LoggingOptions,
  page: { readonly span: Span; readonly token: string | null },
  signal: AbortSignal,
): Promise<PageRead> {
  const url = new URL(`${options.endpoint}/v2/entries:list`);
  url.searchParams.set('fields', FIELDS);
  const body = stringifyJson(bodyOf(options.ref, page));
  const post = async (): Promise<HttpAnswer> =>
    options.http.post({
      url: url.href,
      headers: {
        authorization: await options.tokens.header(),
        accept: 'application/json',
        'content-type': 'application/json',
      },
      deadlineMs: DEADLINE,
      body,
      signal,
    });
  try {
    const answer = await post();
    const { project } = options.ref;
    if (answer.kind === 'no-answer' || answer.status !== 401) return understood(answer, project);
    // The token is taken to be stale, once.
    options.tokens.invalidate();
    return understood(await post(), project);
  } catch (error) {
    if (error instanceof Problem) return { kind: 'failed', why: error.summary };
    throw error;
  }
}

function bodyOf(
  ref: ServiceRef,
  { span, token }: { readonly span: Span; readonly token: string | null },
): JsonObject {
  const rfc = (instant: number): string => new Date(instant).toISOString();
  const filter = [
    errorFilter(ref),
    `receiveTimestamp>="${rfc(span.from)}"`,
    `receiveTimestamp<"${rfc(span.to)}"`,
    // Implied; but the log is indexed by it.
    `timestamp>="${rfc(span.from - LONGEST_REQUEST)}"`,
  ].join(' AND ');
  return {
    resourceNames: [`projects/${ref.project}`],
    filter,
    orderBy: 'timestamp asc',
    pageSize: PAGE_SIZE,
    ...(token === null ? {} : { pageToken: token }),
  };
}

/** Of a refusal only Google's own code for an API that is off is looked at. */
function understood(answer: HttpAnswer, project: string): PageRead {
  if (answer.kind === 'no-answer') return { kind: 'failed', why: `${answer.why}.` };
  const { status } = answer;
  if (status === 200) return pageIn(answer.text);
  if (status === 403) return denied(answer.text, project);
  if (status === 429) return { kind: 'limited' };
  const why = `Cloud Logging answered ${status}.`;
  return status === 401 || status >= 500 ? { kind: 'failed', why } : { kind: 'refused', why };
}

function denied(text: string, project: string): PageRead {
  const refusal = googleRefusal(text);
  const api = refusal === null ? null : disabledApi(refusal, 'logging.googleapis.com');
  if (api === null) return { kind: 'denied' };
  const why = `The API ${api} is not enabled in project ${project}: ${enableApi(api, project)}`;
  return { kind: 'refused', why };
}

function pageIn(text: string): PageRead {
  const page = asObject(parseJson(text));
  // A field that is empty may be absent, and without an error all of them are.
  const entries = asList(page?.['entries'] ?? []);
  const nextToken = asText(page?.['nextPageToken'] ?? '');
  if (page === null || entries === null || nextToken === null) {
    return { kind: 'failed', why: 'Cloud Logging answered something that is no list of entries.' };
  }
  return { kind: 'page', entries, nextToken: nextToken === '' ? null : nextToken };
}
