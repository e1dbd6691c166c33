/** IAM v1 (projects.serviceAccounts.testIamPermissions): what may be done with a service account. */
import { Problem } from '../core/problem.ts';
import type { Millis } from '../core/types.ts';
import type { Http } from './http.ts';
import { asList, at, parseJson, stringifyJson } from './json.ts';

export type IamOptions = {
  readonly http: Http;
  readonly tokens: { header(): Promise<string> };
  /** Base URL, without a slash at the end. */
  readonly endpoint: string;
};

const ACT_AS = 'iam.serviceAccounts.actAs';
/** Nothing is decided from it. */
const DEADLINE: Millis = 5_000;
/** As Google makes them; the account of a template is foreign text. */
const ACCOUNT = /^[a-z0-9.-]+@[a-z0-9.-]+\.gserviceaccount\.com$/;

/**
 * null: it could not be found out, as where the API is not enabled. The method asks for no permission,
 * and is meant for showing what is allowed, not for deciding it.
 */
export async function mayActAs(o: IamOptions, account: string): Promise<boolean | null> {
  if (!ACCOUNT.test(account)) return null;
  try {
    const answer = await o.http.post({
      url: `${o.endpoint}/v1/projects/-/serviceAccounts/${account}:testIamPermissions`,
      headers: { authorization: await o.tokens.header(), 'content-type': 'application/json' },
      deadlineMs: DEADLINE,
      body: stringifyJson({ permissions: [ACT_AS] }),
    });
    if (answer.kind !== 'answer' || answer.status !== 200) return null;
    const held = asList(at(parseJson(answer.text), 'permissions') ?? []);
    return held === null ? null : held.includes(ACT_AS);
  } catch (error) {
    // No token, or no JSON: others say so.
    if (error instanceof Problem) return null;
    throw error;
  }
}
