/** The official client's errors, of which only the code and Google's own words are taken. */
import { BROKEN_OFF, Problem } from '../../core/problem.ts';
import { badCredentials } from './service-problem.ts';

/** google.rpc.Code */
const CODES = { notFound: 5, permissionDenied: 7, unauthenticated: 16 } as const;
/** Unknown, deadline exceeded, resource exhausted, internal, unavailable. */
const PASSING: readonly unknown[] = [2, 4, 8, 13, 14];
const MESSAGE_LENGTH = 500;

/** No answer in the time a call may take. */
export class LateError extends Error {
  readonly code = 4;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
}

/** Cloud Run itself says that there is no such thing; any page in between can say 404. */
export function isNotFound(error: unknown): boolean {
  return codeOf(error) === CODES.notFound && isGoogleError(error);
}

export function isUnauthenticated(error: unknown): boolean {
  return codeOf(error) === CODES.unauthenticated;
}

export function isPassing(error: unknown): boolean {
  return PASSING.includes(codeOf(error));
}

/** `what`: what was asked for, as the beginning of a sentence. */
export function clientProblem(error: unknown, what: string, permission: string): Problem {
  if (error instanceof Problem) return error;
  const code = codeOf(error);
  if (code === CODES.permissionDenied) {
    return new Problem('denied', {
      summary: `Permission ${permission} is missing${said(error)}`,
      advice: permission.endsWith('.get')
        ? 'Grant roles/run.viewer or roles/run.developer to the principal of this job.'
        : 'Grant roles/run.developer to the principal of this job.',
    });
  }
  if (isUnauthenticated(error)) return badCredentials();
  const isAnswer = typeof code === 'number' && !isPassing(error);
  return new Problem(isAnswer ? 'bad-answer' : 'unreachable', {
    summary: isAnswer
      ? `${what} was refused by Cloud Run${said(error)}`
      : `${what} could not be read from Cloud Run.`,
    advice: BROKEN_OFF,
  });
}

/** Only what Google wrote itself; the client would also quote a page of somebody in between. */
function said(error: unknown): string {
  if (!isGoogleError(error) || error.message === '') return '.';
  return `: ${error.message.slice(0, MESSAGE_LENGTH).trimEnd().replace(/\.$/, '')}.`;
}

/** The client sets `details` on errors that it read from Google's error body, and on no others. */
function isGoogleError(error: unknown): error is Error {
  return error instanceof Error && Object.hasOwn(error, 'details');
}
