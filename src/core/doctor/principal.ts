/** Who this job is to Google Cloud: whom a role is granted to. */
import { shellWord } from '../shell-word.ts';
import { REPOSITORY, WHOEVER } from './commands.ts';

export type Principal = {
  /** As `--member` takes it; null: not known. */
  readonly member: string | null;
  /** The repository before it acts as a service account; null where there is no such step. */
  readonly repository: string | null;
};

/** `audience`: of the workload identity provider, null with a key. `email`: who acts in the end. */
export function principalOf(facts: {
  readonly email: string | null;
  readonly audience: string | null;
  readonly repository: string;
}): Principal {
  const pool =
    /^(\/\/iam\.googleapis\.com\/.+\/workloadIdentityPools\/[^/]+)\/providers\/[^/]+$/.exec(
      facts.audience ?? '',
    )?.[1];
  const repository =
    pool === undefined ? null : `principalSet:${pool}/attribute.repository/${facts.repository}`;
  const member = facts.email === null ? repository : `serviceAccount:${facts.email}`;
  return { member, repository };
}

/** As long as nobody is known. */
export const NOBODY: Principal = { member: null, repository: null };

/**
 * The text with the commands in it complete. What is not known stays a variable that a person can see;
 * what was rendered for nobody may be given again.
 */
export function named(text: string, { member, repository }: Principal): string {
  return fill(fill(text, REPOSITORY, repository), WHOEVER, member);
}

/** Only where a command of ours has it: the words around may be anybody's. */
function fill(text: string, placeholder: string, value: string | null): string {
  const variable = `"${placeholder}"`;
  const word = value === null ? variable : shellWord(value);
  return text
    .replaceAll(`--member=${variable}`, () => `--member=${placeholder}`)
    .replaceAll(`--member=${placeholder}`, () => `--member=${word}`);
}
