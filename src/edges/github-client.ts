/** GitHub's client, as everything that is shown there uses it. */
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import { isConfidential } from '../core/loopback.ts';
import { Failed, failureOf } from './github-failure.ts';

const Client = Octokit.plugin(retry, throttling);

export type ClientOptions = {
  readonly token: string;
  readonly apiUrl: string;
  readonly owner: string;
  readonly repo: string;
  /** Knows the way through the runner's proxy. */
  readonly fetch: typeof globalThis.fetch;
  /** Before GitHub's words are cut: half a secret is not found any more. */
  readonly redact: (text: string) => string;
};

export type Asking = {
  readonly client: InstanceType<typeof Client>;
  readonly place: { readonly owner: string; readonly repo: string };
  /** @throws Failed, in place of any error of the client. */
  readonly ask: <T>(work: () => Promise<T>) => Promise<T>;
};

/** `id`: the client spaces the writes of one id, over all clients of this process. */
export function openClient(options: ClientOptions, id: string): Asking {
  const silent = (): void => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const { redact } = options;
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
    throttle: { id, onRateLimit: onLimit, onSecondaryRateLimit: onLimit },
  });
  const unusable = unusableBecause(options);
  return {
    client,
    place: { owner: options.owner, repo: options.repo },
    async ask(work) {
      if (unusable !== null) throw new Failed({ kind: 'denied', status: null, why: unusable });
      limitedFor = null;
      try {
        return await work();
      } catch (error) {
        throw error instanceof Failed
          ? error
          : new Failed(failureOf(error, { limitedFor, redact }));
      }
    },
  };
}

/** null: there is a token and a host it may go to. */
function unusableBecause({ token, apiUrl }: ClientOptions): string | null {
  if (token === '') return 'the input token is empty';
  const url = URL.parse(apiUrl);
  const isSafe = url !== null && isConfidential(url);
  const hasUser = url !== null && `${url.username}${url.password}` !== '';
  return isSafe && !hasUser ? null : 'GITHUB_API_URL is not an https address';
}
