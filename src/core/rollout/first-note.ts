/** Who has deployed the first revision of a service ⇄ the text of an annotation on it. */
import type { FirstDeployment } from '../service-types.ts';

export const FIRST_ANNOTATION = 'cloud-run-canary.dev/first';

export function writeFirst({ rolloutId, attempt, revision, planHash }: FirstDeployment): string {
  return JSON.stringify({ rolloutId, attempt, revision, planHash });
}

/** null: none, or not one of ours. */
export function readFirst(text: string | undefined): FirstDeployment | null {
  const raw = text === undefined ? null : parse(text);
  if (typeof raw !== 'object' || raw === null) return null;
  const { rolloutId, attempt, revision, planHash }: Loose = raw;
  if (typeof attempt !== 'number' || !Number.isSafeInteger(attempt)) return null;
  if (!isText(rolloutId) || !isText(revision) || !isText(planHash)) return null;
  const first = { rolloutId, attempt, revision, planHash };
  return writeFirst(first) === text ? first : null;
}

type Loose = { readonly [K in keyof FirstDeployment]?: unknown };

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
