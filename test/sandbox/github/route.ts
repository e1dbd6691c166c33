import type { Answer } from '../contract.ts';
import { Refusal } from './refusal.ts';
import type { Operation } from './schema.ts';

/** Names as in a workflow's `permissions`. */
export type Permission =
  'checks' | 'issues' | 'pull-requests' | 'deployments' | 'actions' | 'contents';

export type Request = {
  /** "owner/name" as in the path. */
  readonly repo: string;
  /** Decoded parameters of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** JSON, checked by the schema before a route sees it; "{}" where there is none. */
  readonly body: string;
  /** Base URL of the API as the client reached it. */
  readonly api: string;
};

export type Route = Operation & {
  /** One of these is enough. */
  readonly permissions: readonly Permission[];
  readonly level: 'read' | 'write';
  readonly documentation: string;
  readonly answer: (request: Request) => Answer;
};

export function isSameRepo(request: Request, kept: { readonly repo: string }): boolean {
  return kept.repo === request.repo.toLowerCase();
}

/** A path parameter that must be a number; anything else is no such thing. */
export function idOf(request: Request, name: string): number {
  const text = request.params[name] ?? '';
  if (!/^\d{1,15}$/.test(text)) throw new Refusal(404, 'Not Found');
  return Number(text);
}

/** The fake knows no commits; what cannot be one is refused as GitHub refuses an unknown one. */
export function commitOf(text: string): string {
  if (!/^[0-9a-f]{40}$/i.test(text)) throw new Refusal(422, `No commit found for SHA: ${text}`);
  return text.toLowerCase();
}

type Page<T> = { readonly items: readonly T[]; readonly headers: Readonly<Record<string, string>> };

/** https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api */
export function page<T>(request: Request, path: string, all: readonly T[]): Page<T> {
  const size = Math.min(100, whole(request.query.get('per_page'), 30));
  const number = whole(request.query.get('page'), 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (to: number, rel: string): string => {
    const query = new URLSearchParams(request.query);
    query.set('page', String(to));
    return `<${request.api}${path}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev'), link(1, 'first')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
  ];
  const items = all.slice((number - 1) * size, number * size);
  return { items, headers: links.length === 0 ? {} : { link: links.join(', ') } };
}

function whole(text: string | null, fallback: number): number {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : fallback;
}
