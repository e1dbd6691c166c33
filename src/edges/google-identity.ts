/** Identity tokens of the service account that a job acts as, for services that let in only callers. */
import type { Problem } from '../core/problem.ts';
import { isDenied, noTokenIn, tokenProblem } from './google-auth-problem.ts';
import { FETCH_TIME, identitySourcesOf } from './google-auth-source.ts';
import type { IdentitySource } from './google-auth-source.ts';
import type { GoogleAuthOptions } from './google-auth.ts';
import { accountOf } from './google-credentials.ts';

export interface Identities {
  /** Service account that they speak for; null: the job acts as none, so there are none. */
  readonly account: string | null;
  /** Announced before anyone gets it. @throws Problem `bad-credentials`, `unreachable`. */
  token(audience: string): Promise<string>;
}

export function createIdentities(
  o: GoogleAuthOptions,
  announce: (token: string) => void,
): Identities {
  return {
    account: accountOf(o.credentials),
    async token(audience) {
      const ways = identitySourcesOf(o.credentials, o.universe, announce);
      let problem: Problem = tokenProblem(null, 'mint');
      for (const way of ways) {
        const fetched = await fetchFrom(way, audience, o);
        if ('token' in fetched) {
          announce(fetched.token);
          return fetched.token;
        }
        problem = fetched.problem;
        if (!fetched.isDenied) break;
      }
      throw problem;
    },
  };
}

type Fetched =
  { readonly token: string } | { readonly problem: Problem; readonly isDenied: boolean };

async function fetchFrom(
  way: IdentitySource,
  audience: string,
  { deadline, credentials }: GoogleAuthOptions,
): Promise<Fetched> {
  const audienceOfPool = credentials.kind === 'external' ? credentials.audience : '';
  const facts = { audience: audienceOfPool, account: accountOf(credentials) };
  try {
    const fetched = await deadline(way.fetch(audience), FETCH_TIME);
    if (!fetched.done) return { problem: noTokenIn(FETCH_TIME, way.step()), isDenied: false };
    const token = fetched.value;
    const isToken = typeof token === 'string' && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
    if (isToken) return { token };
    return { problem: tokenProblem(null, 'mint', facts), isDenied: false };
  } catch (error) {
    return { problem: tokenProblem(error, way.step(), facts), isDenied: isDenied(error) };
  }
}
