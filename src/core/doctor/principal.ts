/** Who this job is to Google Cloud: whom a role is granted to. */
import { shellWord } from '../shell-word.ts';
import { Problem } from '../problem.ts';
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

/** What is not known stays a variable that a person can see. */
export function named(text: string, { member, repository }: Principal): string {
  return fill(fill(text, REPOSITORY, repository), WHOEVER, member);
}

function fill(text: string, placeholder: string, value: string | null): string {
  return text.replaceAll(placeholder, () =>
    value === null ? `"${placeholder}"` : shellWord(value),
  );
}

/** The same problem with the commands in it complete. */
export function addressed(problem: Problem, principal: Principal): Problem {
  return new Problem(problem.code, {
    summary: problem.summary,
    advice: problem.advice,
    findings: problem.findings.map(({ command, ...rest }) =>
      command === undefined ? rest : { ...rest, command: named(command, principal) },
    ),
    commands: problem.commands.map((command) => named(command, principal)),
  });
}
