/** A loopback server for one test that keeps whole requests and leaves the answer to the test. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export type Received = {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Reply = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
};

export type Loopback = { readonly base: string; readonly received: readonly Received[] };

/** `answer` either writes the response itself or returns a reply; `index` counts from 0. */
export async function loopback(
  answer: (
    request: Received,
    context: { readonly index: number; readonly response: ServerResponse },
  ) => Reply | null,
): Promise<Loopback> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body };
      const reply = answer(one, { index: received.push(one) - 1, response });
      if (reply === null) return;
      response.writeHead(reply.status ?? 200, reply.headers);
      const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? '');
      response.end(text);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return { base: addressOf(server), received };
}

/** An address on which nobody listens. */
export async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const base = addressOf(server);
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return base;
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

export const NEVER = new AbortController().signal;
