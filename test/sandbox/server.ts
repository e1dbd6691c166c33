import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer, Call, Handler, Now } from './contract.ts';
import { createFaults, type Fault, type Faults } from './faults.ts';
import { createJournal, type Journal } from './journal.ts';
import {
  closeListener,
  type Listener,
  type Listening,
  openListener,
  schemeOf,
} from './listener.ts';

type SandboxServer = {
  /** Resolves to the base URL, e.g. "http://127.0.0.1:4711". May be called several times. */
  readonly listen: (listener?: Listener) => Promise<string>;
  readonly close: () => Promise<void>;
};

type ServerOptions = {
  /** Asked in order; the first answer counts. */
  readonly handlers: readonly Handler[];
  readonly now: Now;
  readonly journal: Journal;
  readonly faults: Faults;
};

type Reply = { readonly answer: Answer; readonly text: string };

const maxBodyBytes = 8 * 1024 * 1024;
const ownPaths = '/_sandbox/';

export type OpenServer = {
  readonly server: SandboxServer;
  readonly journal: Journal;
  readonly faults: Faults;
};

/** Handlers behind a journal and faults. */
export function openServer(now: Now, handlers: readonly Handler[]): OpenServer {
  const journal = createJournal(now);
  const faults = createFaults();
  const all = [journal.handler, faults.handler, ...handlers];
  return { server: createSandboxServer({ handlers: all, now, journal, faults }), journal, faults };
}

/** One dispatcher behind any number of listeners. */
function createSandboxServer(options: ServerOptions): SandboxServer {
  const open: Listening[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };
  const listen = async (listener: Listener = {}) => {
    const scheme = schemeOf(listener);
    const listening = await openListener(listener, (request, response) => {
      void serve({ ...options, later }, scheme, { request, response });
    });
    open.push(listening);
    return listening.base;
  };
  const close = async () => {
    for (const timer of timers) clearTimeout(timer);
    await Promise.all(open.splice(0).map(closeListener));
  };
  return { listen, close };
}

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse };

type Context = ServerOptions & { readonly later: (ms: number, run: () => void) => void };

async function serve(options: Context, scheme: string, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const body = await readBody(request).catch(() => null);
  if (body === null) {
    response.destroy();
    return;
  }
  const call = callOf(request, body, scheme);
  const send = (reply: Reply) => {
    response.writeHead(reply.answer.status, {
      'content-type':
        typeof reply.answer.body === 'string' ? 'text/html' : 'application/json; charset=UTF-8',
      ...reply.answer.headers,
      date: new Date(options.now()).toUTCString(),
    });
    response.end(reply.text);
  };
  if (call.path.startsWith(ownPaths)) {
    send(await deliver(options, call));
    return;
  }
  const fault = options.faults.take(call);
  const seq = options.journal.open(call, fault?.kind ?? null);
  const reply = await suffer(fault, options.later, async () => {
    const delivered = await deliver(options, call);
    options.journal.note(seq, { effect: delivered.answer.status });
    return delivered;
  });
  if (reply === null) {
    response.destroy();
    return;
  }
  send(reply);
  options.journal.note(seq, { status: reply.answer.status });
}

/** What the client gets to see; null: the connection breaks. */
async function suffer(
  fault: Fault | null,
  later: Context['later'],
  effect: () => Promise<Reply>,
): Promise<Reply | null> {
  if (fault === null) return effect();
  if (fault.kind === 'drop') return null;
  if (fault.kind === 'late') {
    later(fault.ms, () => void effect());
    return null;
  }
  if (fault.kind === 'status') {
    if (fault.applied === true) await effect();
    return { answer: fault, text: textOf(fault.body) };
  }
  if (fault.kind === 'delay' && fault.when === 'before') await pause(fault.ms, later);
  if (fault.kind === 'dup') await effect();
  const reply = await effect();
  if (fault.kind === 'lost') return null;
  if (fault.kind === 'delay' && fault.when === 'after') await pause(fault.ms, later);
  if (fault.kind === 'empty') return { ...reply, text: '' };
  const half = Math.floor(reply.text.length / 2);
  return fault.kind === 'truncated' ? { ...reply, text: reply.text.slice(0, half) } : reply;
}

async function deliver(options: ServerOptions, call: Call): Promise<Reply> {
  const answer = (await firstAnswer(options.handlers, call)) ?? {
    status: 404,
    body: { error: { code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND' } },
  };
  return { answer, text: textOf(answer.body) };
}

async function firstAnswer(handlers: readonly Handler[], call: Call): Promise<Answer | null> {
  try {
    for (const handler of handlers) {
      const answer = await handler(call);
      if (answer !== null) return answer;
    }
    return null;
  } catch (error) {
    // A mistake in the sandbox: say so, rather than look like a fault of the service.
    return { status: 500, body: { sandbox: error instanceof Error ? error.stack : String(error) } };
  }
}

function textOf(body: unknown): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new Error('The body is larger than 8 MiB.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A proxy's client sends the whole URL in the request line (RFC 9112, 3.2.2). */
function callOf(request: IncomingMessage, body: string, scheme: string): Call {
  const target = request.url ?? '/';
  const host = request.headers.host ?? '127.0.0.1';
  const absolute = /^(https?):\/\/([^/?#]+)(.*)$/.exec(target);
  const [origin, rest] =
    absolute === null
      ? [`${scheme}://${host}`, target]
      : [`${absolute[1]}://${absolute[2]}`, absolute[3] === '' ? '/' : (absolute[3] ?? '/')];
  const [path = '/', ...query] = rest.split('?');
  return {
    method: request.method ?? 'GET',
    host: absolute?.[2] ?? host,
    path,
    query: new URLSearchParams(query.join('?')),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    body,
    base: origin,
  };
}

function pause(ms: number, later: Context['later']): Promise<void> {
  return new Promise((resolve) => later(ms, resolve));
}
