/**
 * The shipped edge, spared the texts that were read before, in this or another schedule: that would be
 * most of the work. Every text has an edge of its own which has read nothing else, and whoever comes to
 * that text again writes through it. What such an edge cannot know is whether an answer is older than
 * the one before, so it is not for schedules in which one can be.
 */
import { createCloudRun } from '../../src/edges/cloud-run/service.ts';
import type { Http, HttpAnswer } from '../../src/edges/http.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import type { CloudRun } from '../../src/engine/ports.ts';
import { Known } from './known.ts';
import { REF, SECOND } from './settings.ts';

/** What an edge needs of the process that it works for. */
export type Connection = {
  readonly http: Http;
  readonly newWriteId: () => string;
  readonly monotonic: () => number;
};

/** `of` null: anybody's who comes to the text; otherwise the edge has seen more than a text. */
type Page = {
  readonly edge: CloudRun;
  readonly snapshot: ServiceSnapshot;
  readonly of: Connection | null;
};
type Last = {
  readonly given: ServiceSnapshot;
  readonly answer: HttpAnswer;
  readonly page: Page;
};
type Whole = Extract<HttpAnswer, { kind: 'answer' }> & { readonly serverTime: number };

const ENDPOINT = 'https://europe-west1-run.googleapis.com';
const REQUEST = { url: ENDPOINT, headers: {}, deadlineMs: 10 * SECOND, retry: true };
const PAGES = new Known<Page>();

/** Whom an edge of a text works for: known while a call begins, and from then on by its token. */
let speaker: Connection | null = null;
const senders = new Map<string, Connection>();
let tokens = 0;

/** An edge for one process alone, which remembers everything it has seen. */
export function openEdge({ http, newWriteId, monotonic }: Connection): CloudRun {
  return createCloudRun({
    http,
    tokens: { header: async () => newToken(), invalidate: () => undefined },
    endpoint: ENDPOINT,
    ref: REF,
    newWriteId,
    clock: { monotonic },
    onNotice: () => undefined,
  });
}

export function openReading(connection: Connection): CloudRun {
  let last: Last | null = null;
  const lastAs = (from: ServiceSnapshot) => {
    if (last?.given !== from) throw new Error('the engine writes from what it has read last');
    return last;
  };
  return {
    async read() {
      const answer = await connection.http.get(REQUEST);
      const page = await pageOf(answer, connection);
      const readAt = isWhole(answer) ? answer.serverTime : page.snapshot.readAt;
      const given = { ...page.snapshot, readAt };
      last = { given, answer, page };
      return given;
    },
    write(from, next, plan) {
      const { edge, snapshot } = lastAs(from).page;
      return speakingFor(connection, () => edge.write(snapshot, next, plan));
    },
    // It reads as well.
    async copy(from, stable) {
      const { page, answer } = lastAs(from);
      const { edge, snapshot } = page.of === connection ? page : await ownPage(answer, connection);
      return edge.copy(snapshot, stable);
    },
    differs(from, change) {
      const { edge, snapshot } = lastAs(from).page;
      return edge.differs(snapshot, change);
    },
    // It asks several times, each with a token of its own.
    async proveFence(from) {
      const { page, answer } = lastAs(from);
      const { edge, snapshot } = page.of === connection ? page : await ownPage(answer, connection);
      return edge.proveFence(snapshot);
    },
  };
}

function isWhole(answer: HttpAnswer): answer is Whole {
  return answer.kind === 'answer' && answer.status === 200 && answer.serverTime !== null;
}

async function pageOf(answer: HttpAnswer, connection: Connection): Promise<Page> {
  if (!isWhole(answer)) return ownPage(answer, connection);
  const known = PAGES.get(answer.text);
  if (known !== undefined) return known;
  // It must not keep the world alive in which it was read first.
  const get = async () => answer;
  const edge = openEdge({ ...SWITCHBOARD, http: { ...SWITCHBOARD.http, get } });
  const page = { edge, snapshot: await edge.read(), of: null };
  PAGES.set(answer.text, page);
  return page;
}

async function ownPage(answer: HttpAnswer, connection: Connection): Promise<Page> {
  const edge = openEdge(answeredFirst(connection, answer));
  return { edge, snapshot: await edge.read(), of: connection };
}

const SWITCHBOARD: Connection = {
  http: { get: unused, put: sendAsItsHolder, post: unused },
  newWriteId: () => speaker!.newWriteId(),
  // Whole answers say what time it is.
  monotonic: () => 0,
};

function newToken(): string {
  const token = `Bearer ${(tokens += 1)}`;
  if (speaker !== null) senders.set(token, speaker);
  return token;
}

async function sendAsItsHolder(request: Parameters<Http['put']>[0]): Promise<HttpAnswer> {
  const token = request.headers['authorization'] ?? '';
  const sender = senders.get(token);
  senders.delete(token);
  if (sender === undefined)
    throw new Error('a write asks for one token, before it waits for anything');
  return sender.http.put(request);
}

async function unused(): Promise<never> {
  throw new Error('an edge that has read its text is only written through');
}

function speakingFor<T>(connection: Connection, call: () => T): T {
  speaker = connection;
  try {
    return call();
  } finally {
    speaker = null;
  }
}

/** What the edge does with a refused token is its own business: it may ask again. */
function answeredFirst(connection: Connection, answer: HttpAnswer): Connection {
  let first: HttpAnswer | null = answer;
  const get: Http['get'] = async (request) => {
    const given = first;
    first = null;
    return given ?? connection.http.get(request);
  };
  return { ...connection, http: { ...connection.http, get } };
}
