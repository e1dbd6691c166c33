/**
 * What went wrong, for a person: one plain sentence, the facts, what to do about it.
 * Values in it are raw. Whoever shows a Problem escapes them for the place they go to.
 */
import type { Instant } from './types.ts';

/** One thing that is wrong; a Problem can hold many, so that a user mends all of them at once. */
export type Finding = {
  /** What it is about: an input, a permission, the service. */
  readonly subject: string;
  /** The offending value as it was given; null when the point is that there is none. */
  readonly value: string | null;
  /** What is wrong with it, as the end of a sentence: "is not a percentage". */
  readonly wrong: string;
  /** What to write or do instead. */
  readonly advice: string;
  /** The command that does it, complete and harmless. */
  readonly command?: string;
};

const CODES = [
  'bad-input',
  'preflight',
  'bad-credentials',
  'denied',
  'service-missing',
  'bad-answer',
  'unreachable',
  'revision-name-taken',
  'write-refused',
  'conflicts',
  /** The rollout came to an end that was not asked for. */
  'ended',
  'internal',
] as const;

export type ProblemCode = (typeof CODES)[number];

export function isProblemCode(value: unknown): value is ProblemCode {
  return CODES.some((code) => code === value);
}

/** Not an answer to rely on; the same question may be answered later. */
export function isPassing(error: unknown): error is Problem {
  return error instanceof Problem && (error.code === 'unreachable' || error.code === 'bad-answer');
}

/** Whatever is not a Problem is a fault of our own. */
export function codeOf(error: unknown): ProblemCode {
  return error instanceof Problem ? error.code : 'internal';
}

/** What becomes of the rollout when a request fails for good: half done it is left to nobody. */
export const BROKEN_OFF =
  'The rollout record on the service is intact. If this job was driving the rollout, its post step now ends it as on_cancel says; then re-run the job.';

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly summary: string;
  readonly findings: readonly Finding[];
  readonly advice: string;
  /** What does as the advice says, complete and harmless. */
  readonly commands: readonly string[];

  /**
   * There is no `cause`: the errors of HTTP clients hold the token, and everything that is caught
   * ends up printed sooner or later.
   */
  constructor(
    code: ProblemCode,
    text: {
      readonly summary: string;
      readonly advice: string;
      readonly findings?: readonly Finding[];
      readonly commands?: readonly string[];
    },
  ) {
    super(text.summary);
    this.code = code;
    this.summary = text.summary;
    this.advice = text.advice;
    this.findings = text.findings ?? [];
    this.commands = text.commands ?? [];
  }
}

/** There is no such service. */
export class ServiceMissing extends Problem {
  /** Server time at which it was looked for; null: the answer named none. */
  readonly at: Instant | null;

  constructor(
    at: Instant | null,
    text: { summary: string; advice: string; commands: readonly string[] },
  ) {
    super('service-missing', text);
    this.at = at;
  }
}

/** A Problem among others: all that it has found, or itself. */
export function findingsOf(problem: Problem): readonly Finding[] {
  if (problem.findings.length > 0) return problem.findings;
  const { code: subject, summary: wrong, advice, commands } = problem;
  const [command] = commands;
  const own = { subject, value: null, wrong, advice };
  return [command === undefined ? own : { ...own, command }];
}

/** The whole Problem as plain text, one finding a line. Values are quoted, never interpreted. */
export function problemText(problem: Problem): string {
  const lines = problem.findings.map((finding) => `  - ${findingText(finding)}`);
  const advice = problem.advice === '' ? [] : [problem.advice];
  const commands = problem.commands.map((command) => `  ${command}`);
  return [problem.summary, ...lines, ...advice, ...commands].join('\n');
}

export function findingText(finding: Finding): string {
  const value = finding.value === null ? '' : ` ${JSON.stringify(finding.value)}`;
  const text = `${finding.subject}${value} ${finding.wrong.replace(/\.$/, '')}. ${finding.advice}`;
  return finding.command === undefined ? text : `${text.replace(/\.$/, ':')} ${finding.command}`;
}
