/**
 * What the schema cannot say about a check run's output. Sizes count bytes, and the two texts are
 * treated differently (reported; not in the API's description).
 */
import { invalid } from './refusal.ts';
import type { Annotation, Output } from './state.ts';

export type OutputBody = {
  readonly title?: string;
  readonly summary: string;
  readonly text?: string;
  readonly annotations?: readonly Annotation[];
};

const MAX_BYTES = 65_535;
const MAX_ANNOTATION_BYTES = 64 * 1024;
const MAX_TITLE = 255;

/** Whatever `body` leaves out becomes null: an update replaces the whole output. */
export function acceptOutput(body: OutputBody): Output {
  if (Buffer.byteLength(body.summary) > MAX_BYTES) {
    throw invalid({
      resource: 'CheckRun',
      code: 'custom',
      field: 'summary',
      message: `summary exceeds a maximum bytesize of ${MAX_BYTES}`,
    });
  }
  for (const annotation of body.annotations ?? []) acceptAnnotation(annotation);
  return {
    title: body.title ?? null,
    summary: body.summary,
    text: body.text === undefined ? null : cutBytes(body.text),
  };
}

function acceptAnnotation(annotation: Annotation): void {
  const { message, raw_details: details = '', title = '' } = annotation;
  const field = [
    ...(Buffer.byteLength(message) > MAX_ANNOTATION_BYTES ? ['message'] : []),
    ...(Buffer.byteLength(details) > MAX_ANNOTATION_BYTES ? ['raw_details'] : []),
    ...(title.length > MAX_TITLE ? ['title'] : []),
  ][0];
  if (field === undefined) return;
  throw invalid({ resource: 'CheckAnnotation', code: 'invalid', field, message: 'is too long' });
}

/** Too much text is dropped without a word, never inside a character. */
function cutBytes(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_BYTES) return text;
  let end = MAX_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
