/** Times as Google's APIs write them. */
import type { Instant } from '../core/types.ts';
import { asText } from './json.ts';
import type { JsonValue } from './json.ts';

/** RFC 3339, as the JSON form of google.protobuf.Timestamp writes it. null: not readable. */
export function readInstant(value: JsonValue | undefined): Instant | null {
  const text = asText(value) ?? '';
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
  const instant = form.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(instant) ? null : instant;
}
