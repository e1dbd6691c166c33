/** What revisions may depend on: a database, another team's service. `depends` images ask it. */
import { closeListener, openListener } from '../listener.ts';

type Reply = { readonly status?: 200 | 503; readonly delayMs?: number };

export type Dependency = {
  /** For the environment of the stable revision; the canary inherits it. */
  readonly env: Record<'DEPENDENCY', string>;
  /** How each request of a revision is answered from now on. */
  behave(replyTo: (revision: string) => Reply): void;
  stop(): Promise<void>;
};

export async function startDependency(): Promise<Dependency> {
  let replyTo: (revision: string) => Reply = () => ({});
  const listening = await openListener({}, (request, response) => {
    const { status = 200, delayMs = 0 } = replyTo(String(request.headers['x-revision']));
    setTimeout(() => {
      response.writeHead(status);
      response.end();
    }, delayMs);
  });
  // An idle connection closed while a revision is using it would look like a failure.
  listening.server.keepAliveTimeout = 0;
  return {
    env: { DEPENDENCY: `${listening.base}/` },
    behave: (next) => {
      replyTo = next;
    },
    stop: () => closeListener(listening),
  };
}
