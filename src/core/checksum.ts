/** The one place in core that imports anything: a hash is pure, and writing our own would be silly. */
import { createHash } from 'node:crypto';

/** First eight hex digits of SHA-256. It notices edits by hand; it is no protection from malice. */
export function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
