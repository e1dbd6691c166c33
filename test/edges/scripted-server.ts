/** A loopback server for one test: it answers as told and keeps what was asked. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished } from 'vitest';

export type Asked = {
  readonly method: string;
  /** As sent, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** As sent. */
  readonly body: string;
};

/** `body`: a string is sent as it is, anything else as JSON. */
export type Scripted = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** `answer` gets the request and how many came before it; null closes the connection, `hang` keeps it. */
export async function scriptedServer(
  answer: (asked: Asked, index: number) => Scripted | null | 'hang',
): Promise<{ readonly base: string; readonly port: number; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void readAsked(request).then((one) => {
      const scripted = answer(one, asked.push(one) - 1);
      if (scripted === 'hang') return;
      if (scripted === null) {
        request.socket.destroy();
        return;
      }
      const { status = 200, headers = {}, body = '' } = scripted;
      response.writeHead(status, headers);
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
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
  const address = server.address();
  if (address === null || typeof address === 'string') return expect.unreachable();
  const { port } = address;
  return { base: `http://127.0.0.1:${port}`, port, asked };
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const { method = '', headers } = request;
  const body = await text(request);
  return { method, path, query: new URLSearchParams(query), headers, body };
}
