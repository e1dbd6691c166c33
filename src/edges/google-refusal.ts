/** Google's error body, read. Whoever else may have written the answer has no say in it. */
import type { GoogleRefusal } from '../core/doctor/google-words.ts';
import { Problem } from '../core/problem.ts';
import { asList, asText, at, parseJson } from './json.ts';
import type { JsonValue } from './json.ts';

/** null: the text is not Google's error. */
export function googleRefusal(text: string): GoogleRefusal | null {
  return refusalIn(parsed(text));
}

function refusalIn(body: JsonValue | undefined): GoogleRefusal | null {
  const status = asText(at(body, 'error', 'status'));
  if (status === null) return null;
  const info = (asList(at(body, 'error', 'details')) ?? []).find((detail) =>
    (asText(at(detail, '@type')) ?? '').endsWith('google.rpc.ErrorInfo'),
  );
  return {
    status,
    message: asText(at(body, 'error', 'message')) ?? '',
    reason: asText(at(info, 'reason')) ?? '',
    service: asText(at(info, 'metadata', 'service')) ?? '',
  };
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
