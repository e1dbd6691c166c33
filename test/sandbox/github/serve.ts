/** One handler on a port of its own, for tests that speak to it with a real client. */
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Answer, Call, Handler } from '../contract.ts';

export type Served = { readonly base: string; readonly close: () => Promise<void> };

export async function serve(handler: Handler): Promise<Served> {
  const server = createServer((request, response) => {
    void readCall(request)
      .then(handler)
      .then((answer) => {
        const { status, headers = {}, body }: Answer = answer ?? { status: 404 };
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        if (body === undefined) response.end();
        else response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { base: `http://127.0.0.1:${address.port}`, close };
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const host = request.headers.host ?? '';
  const [path = '', ...query] = (request.url ?? '').split('?');
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: request.method ?? '',
    host,
    path,
    query: new URLSearchParams(query.join('?')),
    headers: Object.fromEntries(headers),
    body: await text(request),
    base: `http://${host}`,
  };
}
