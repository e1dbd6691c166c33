/**
 * The program inside every "container" of the sandbox: one process per revision, started by
 * runtime.ts as `node revision.ts IMAGE` with the environment Cloud Run documents (K_SERVICE,
 * K_REVISION, K_CONFIGURATION, PORT) and nothing else of the parent's.
 * https://cloud.google.com/run/docs/container-contract#env-vars
 */
import { Agent, createServer, get } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { flushCompileCache } from 'node:module';

import { seededRandom, seedFrom } from './random.ts';
import { behaviourOf, turnOf } from './revisions.ts';
import type { Behaviour } from './revisions.ts';

// Not one of the container. These processes are killed, which would leave nothing in the cache.
delete process.env['NODE_COMPILE_CACHE'];
flushCompileCache();

// Nobody may be left behind when the sandbox dies, however it dies: the channel closes with it.
process.on('disconnect', () => process.exit(0));

const revision = process.env['K_REVISION'] ?? '';
const behaviour = behaviourOf(process.argv[2] ?? '');
if (behaviour === null) throw new Error('started with an image that does not exist');

switch (behaviour.start) {
  case 'crashes':
    process.exit(1);
    break;
  case 'never-listens':
    break;
  case 'listens':
    listen(behaviour);
    break;
  case 'no-pull':
  case 'no-import':
  case 'arm':
  case 'no-secret':
  case 'no-version':
  case 'no-probe':
    throw new Error('started with an image that Cloud Run does not start');
}

function listen(behaviour: Behaviour): void {
  const startedAt = performance.now();
  const random = seededRandom(seedFrom(revision));
  let served = 0;
  let isStopping = false;
  const server = createServer((request, response) => {
    const turn = turnOf(behaviour, { served, ageMs: performance.now() - startedAt }, random);
    served += 1;
    request.resume();
    switch (turn.kind) {
      case 'die':
        process.exit(1);
        break;
      case 'hang':
        break;
      case 'answer':
        setTimeout(() => {
          void statusOf(behaviour, turn.status).then((status) => {
            response.shouldKeepAlive = !isStopping;
            answer(request, response, status);
          });
        }, turn.delayMs);
        break;
    }
  });
  // An idle connection closed here while the proxy is using it would look like a broken app.
  server.keepAliveTimeout = 0;
  server.listen(Number(process.env['PORT']), '127.0.0.1', () => {
    const address = server.address();
    if (address !== null && typeof address === 'object') process.send?.({ port: address.port });
  });
  if (behaviour.goneAfterMs !== null) setTimeout(() => process.exit(1), behaviour.goneAfterMs);
  process.on('SIGTERM', () => {
    isStopping = true;
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}

const agent = new Agent({ keepAlive: true });

/** Who needs somebody else's answer fails when that is a failure, or none. */
function statusOf({ asks }: Behaviour, own: number): Promise<number> {
  if (asks === 'nobody') return Promise.resolve(own);
  const headers = { 'x-revision': revision };
  return new Promise((resolve) => {
    const asking = get(process.env['DEPENDENCY'] ?? '', { agent, headers }, (answered) => {
      answered.resume();
      answered.on('end', () => resolve((answered.statusCode ?? 0) < 500 ? own : 500));
      answered.on('error', () => resolve(500));
    });
    asking.on('error', () => resolve(500));
  });
}

function answer(request: IncomingMessage, response: ServerResponse, status: number): void {
  const body = JSON.stringify({
    service: process.env['K_SERVICE'],
    revision,
    path: request.url,
    // Names only: a value may be a secret.
    environment: Object.keys(process.env).sort(),
  });
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-revision': revision,
  });
  response.end(body);
}
