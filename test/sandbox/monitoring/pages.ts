import { createHash } from 'node:crypto';

import type { Series } from './model.ts';

/** A position in an answer that was fixed when its first page was read. */
export type Cursor = { readonly asOfMs: number; readonly offset: number };

export type Page = { readonly series: readonly Series[]; readonly next: number | null };

/** A page is counted in points with view FULL, in series with HEADERS (metric_service.proto). */
export function pageOf(
  all: readonly Series[],
  o: { readonly view: 'full' | 'headers'; readonly offset: number; readonly size: number },
): Page {
  const end = o.offset + o.size;
  if (o.view === 'headers') {
    return { series: all.slice(o.offset, end), next: end < all.length ? end : null };
  }
  const series: Series[] = [];
  let passed = 0;
  for (const one of all) {
    // A series cut in two goes on, under the same labels, on the next page.
    const points = one.points.slice(Math.max(0, o.offset - passed), Math.max(0, end - passed));
    if (points.length > 0) series.push({ ...one, points });
    passed += one.points.length;
  }
  return { series, next: end < passed ? end : null };
}

/** The token belongs to its question: another filter or interval must not go on with it. */
export function writeToken(cursor: Cursor, question: URLSearchParams): string {
  const content = `${cursor.asOfMs}.${cursor.offset}.${fingerprint(question)}`;
  return Buffer.from(content).toString('base64url');
}

export function readToken(token: string, question: URLSearchParams): Cursor | null {
  const content = Buffer.from(token, 'base64url').toString();
  const [asOfMs, offset, print] = content.split('.');
  const isOurs = /^\d+\.\d+\.[0-9a-f]+$/.test(content) && print === fingerprint(question);
  return isOurs ? { asOfMs: Number(asOfMs), offset: Number(offset) } : null;
}

function fingerprint(question: URLSearchParams): string {
  const asked = new URLSearchParams(question);
  for (const name of ['pageToken', 'page_token', 'pageSize', 'page_size']) asked.delete(name);
  asked.sort();
  return createHash('sha256').update(asked.toString()).digest('hex').slice(0, 16);
}
