/** A change that was written well, but cannot be made to the template that is there. */
import { Problem } from '../../core/problem.ts';
import type { Finding } from '../../core/problem.ts';

export function cannot(...findings: readonly Finding[]): Problem {
  return new Problem('bad-input', {
    summary: 'The change cannot be made to the template of the service. Nothing was changed.',
    findings,
    advice: '',
  });
}
