import type { Answer, Call } from '../contract.ts';
import { loggingHandler } from './handler.ts';
import type { Logging, LoggingOptions } from './handler.ts';

const T0 = Date.parse('2026-11-20T12:00:00Z');
export const REQUESTS = 'logName="projects/demo/logs/run.googleapis.com%2Frequests"';

type Requested = { revision?: string; status?: number; latencyMs?: number; tag?: string | null };

export type Archive = Logging & {
  /** Milliseconds after T0. */
  at: number;
  serve(request?: Requested): void;
  /** Of `entries:list`; a body that is text is sent as it is. */
  ask(body?: unknown, query?: Readonly<Record<string, string>>): Promise<Answer>;
  list(
    body?: Readonly<Record<string, unknown>>,
    query?: Readonly<Record<string, string>>,
  ): Promise<Listed>;
};

export type Listed = {
  readonly entries?: readonly {
    readonly insertId: string;
    readonly timestamp: string;
    readonly receiveTimestamp: string;
    readonly severity: string;
    readonly httpRequest: { readonly status: number };
    readonly resource: { readonly labels: Readonly<Record<string, string>> };
  }[];
  readonly nextPageToken?: string;
};

export function createArchive(o: Partial<LoggingOptions> = {}): Archive {
  const archive: Archive = {
    ...loggingHandler({
      project: 'demo',
      region: 'us-central1',
      now: () => T0 + archive.at,
      authenticate: (call) => call.headers['authorization'] === 'Bearer good',
      ...o,
    }),
    at: 0,
    serve({ revision = 'web-1', status = 500, latencyMs = 30, tag = null } = {}) {
      const way = { service: 'web', revision, tag, method: 'GET', path: '/cart' };
      archive.record({ ...way, status, endedAt: T0 + archive.at, latencyMs });
    },
    async ask(body = {}, query = {}) {
      const whole = typeof body === 'object' ? { resourceNames: ['projects/demo'], ...body } : body;
      const answer = await archive.handler({
        ...callOf('/v2/entries:list', query),
        body: typeof whole === 'string' ? whole : JSON.stringify(whole),
      });
      if (answer === null) throw new Error('not a path of the handler');
      return answer;
    },
    async list(body, query) {
      const answer = await archive.ask(body, query);
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      // As a client reads it: through JSON.
      const listed: Listed = JSON.parse(JSON.stringify(answer.body));
      return listed;
    },
  };
  return archive;
}

export function callOf(path: string, query: Readonly<Record<string, string>> = {}): Call {
  return {
    method: 'POST',
    host: 'logging.test',
    path,
    query: new URLSearchParams(query),
    headers: { authorization: 'Bearer good' },
    body: '{}',
    base: 'http://logging.test',
  };
}
