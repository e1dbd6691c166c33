/** The one place that speaks to GitHub's API: the check run of a rollout. */
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import { CheckRunReporter, Failed } from './github-reporter.ts';
import type {
  CheckReporter,
  CheckRun,
  Checks,
  Failure,
  RenderedCheck,
  ReporterOptions,
} from './github-reporter.ts';

const PAGE_SIZE = 100;
/** GitHub keeps at most 1,000 check runs of one name (OpenAPI, checks/create). */
const MOST_PAGES = 10;
/** "Wait for at least one minute" (GitHub's documentation of rate limits). */
const FALLBACK_SECONDS = 60;
/** A reset that lies in the past of our clock would make us ask without a pause. */
const SHORTEST_SECONDS = 5;
const LONGEST_MESSAGE = 300;

const Client = Octokit.plugin(retry, throttling);

/** The reporter never throws, and makes its caller wait only in `flush`. */
export function createReporter(options: ReporterOptions): CheckReporter {
  return new CheckRunReporter(options, openChecks(options));
}

function openChecks(options: ReporterOptions): Checks {
  const { owner, repo, headSha, checkName, externalId } = options;
  const place = { owner, repo };
  const { client, ask } = openClient(options);
  return {
    async find(signal) {
      for (let page = 1; page <= MOST_PAGES; page += 1) {
        const runs = await ask(async () => {
          const { data } = await client.rest.checks.listForRef({
            ...place,
            ref: headSha,
            check_name: checkName,
            // "latest" would hide ours behind that of a later rollout of the same commit.
            filter: 'all',
            per_page: PAGE_SIZE,
            page,
            request: { signal },
          });
          return listOf(data);
        });
        const ours = runs.filter((run) => field(run, 'external_id') === externalId).map(runOf);
        const [newest] = ours.sort((a, b) => b.id - a.id);
        if (newest !== undefined) return newest;
        if (runs.length < PAGE_SIZE) return null;
      }
      return null;
    },
    create: (check, signal) =>
      ask(async () => {
        const identity = { ...place, name: checkName, head_sha: headSha, external_id: externalId };
        // The retry plugin repeats any method, so a lost answer would make a second check run.
        const request = { signal, retries: 0 };
        const { data } = await client.rest.checks.create({ ...identity, ...body(check), request });
        return runOf(data);
      }),
    update: (id, check, signal) =>
      ask(async () => {
        const run = { ...place, check_run_id: id, request: { signal } };
        const { data } = await client.rest.checks.update({ ...run, ...body(check) });
        return runOf(data);
      }),
  };
}

type Asking = {
  readonly client: InstanceType<typeof Client>;
  /** @throws Failed, in place of any error of the client. */
  readonly ask: <T>(work: () => Promise<T>) => Promise<T>;
};

function openClient(options: ReporterOptions): Asking {
  const silent = (): void => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  let limitedFor: number | null = null;
  // The plugin recognises a limit. We do the waiting, because its own cannot be broken off.
  const onLimit = (seconds: number): void => {
    limitedFor = seconds;
  };
  const client = new Client({
    auth: options.token,
    baseUrl: options.apiUrl,
    userAgent: 'cloud-run-canary',
    log,
    request: { fetch: options.fetch, redirect: 'error', log },
    retry: {
      retries: 2,
      retryAfterBaseValue: 500,
      doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451],
    },
    throttle: { id: options.externalId, onRateLimit: onLimit, onSecondaryRateLimit: onLimit },
  });
  const unusable = unusableBecause(options);
  return {
    client,
    async ask(work) {
      if (unusable !== null) throw new Failed({ kind: 'denied', status: null, why: unusable });
      limitedFor = null;
      try {
        return await work();
      } catch (error) {
        throw error instanceof Failed ? error : new Failed(failureOf(error, limitedFor));
      }
    },
  };
}

/** null: there is a token and a host it may go to. */
function unusableBecause({ token, apiUrl }: ReporterOptions): string | null {
  if (token === '') return 'the input token is empty';
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : null;
  const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url?.hostname ?? '');
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback);
  const hasUser = url !== null && `${url.username}${url.password}` !== '';
  return isSafe && !hasUser ? null : 'GITHUB_API_URL is not an https address';
}

/** A PATCH replaces the whole output (reported), so all of it goes out every time. */
function body({ title, summary, text, status, conclusion }: RenderedCheck) {
  const output = { title, summary, text };
  return status === 'completed'
    ? { status, conclusion: conclusion ?? ('neutral' as const), output }
    : { status, output };
}

function listOf(data: unknown): readonly unknown[] {
  const runs = field(data, 'check_runs');
  if (!Array.isArray(runs)) throw unreadable();
  return runs;
}

function runOf(data: unknown): CheckRun {
  const id = field(data, 'id');
  const url = field(data, 'html_url');
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) throw unreadable();
  return { id, url: typeof url === 'string' && /^https?:\/\/\S+$/.test(url) ? url : '' };
}

function unreadable(): Failed {
  return new Failed({ kind: 'unanswered', why: 'the answer of GitHub makes no sense' });
}

/** Only the status and GitHub's own sentence are taken from the error. */
function failureOf(error: unknown, limitedFor: number | null): Failure {
  const response = field(error, 'response');
  const status = field(response, 'status');
  if (typeof status !== 'number') return { kind: 'unanswered', why: 'GitHub did not answer' };
  const limit = limitedFor ?? retryAfter(status, field(field(response, 'headers'), 'retry-after'));
  if (limit !== null) return { kind: 'limited', wait: Math.max(limit, SHORTEST_SECONDS) * 1000 };
  const said = field(field(response, 'data'), 'message');
  const why = `GitHub answered ${status}${typeof said === 'string' ? ` "${cut(said)}"` : ''}`;
  if (status === 401 || status === 403 || status === 404) return { kind: 'denied', status, why };
  return { kind: status < 500 ? 'refused' : 'unanswered', why };
}

/** Limits that do not call themselves so. */
function retryAfter(status: number, header: unknown): number | null {
  const isGiven = typeof header === 'string' && /^\d{1,6}$/.test(header);
  if (status !== 429 && !(status === 403 && isGiven)) return null;
  return isGiven ? Number(header) : FALLBACK_SECONDS;
}

function cut(text: string): string {
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
