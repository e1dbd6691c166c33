import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

export type Listener = {
  readonly host?: string;
  /** 0: any free port. */
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
};

export type Listening = {
  readonly server: Server;
  /** Base URL without a slash at its end, e.g. "http://127.0.0.1:4711". */
  readonly base: string;
};

export async function openListener(
  listener: Listener,
  receive: RequestListener,
): Promise<Listening> {
  const { host = '127.0.0.1', port = 0, tls } = listener;
  const server = tls === undefined ? createServer(receive) : createTlsServer(tls, receive);
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was bound.');
  return { server, base: `${schemeOf(listener)}://${host}:${address.port}` };
}

export function schemeOf({ tls }: Listener): 'http' | 'https' {
  return tls === undefined ? 'http' : 'https';
}

export async function closeListener({ server }: Listening): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
