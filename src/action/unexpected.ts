/** Errors that nobody foresaw, made fit to be shown. */
import { Problem } from '../core/problem.ts';

/** Only a Problem is: any other error may hold a request with its token. */
export function fitToShow(error: unknown): Problem {
  if (error instanceof Problem) return error;
  // The name and the place say enough for a bug report, and can hold no secret.
  const name = error instanceof Error ? error.name : typeof error;
  const place =
    error instanceof Error ? (/\n\s+at .*/.exec(error.stack ?? '')?.[0].trim() ?? '') : '';
  return new Problem('internal', {
    summary: `Something unexpected happened (${`${name} ${place}`.trim()}).`,
    advice: 'The rollout record on the service is intact. Please report this, with the line above.',
  });
}
