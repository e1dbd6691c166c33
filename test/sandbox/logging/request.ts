import type { Answer, Call } from '../contract.ts';
import { invalidArgument } from '../monitoring/errors.ts';
import { parseFields } from './fields.ts';
import type { Fields } from './fields.ts';
import { parseFilter } from './filter.ts';
import type { Comparison } from './filter.ts';

/** A ListLogEntriesRequest the sandbox can answer. google/logging/v2/logging.proto */
export type ListRequest = {
  readonly resourceNames: readonly string[];
  readonly comparisons: readonly Comparison[];
  readonly newestFirst: boolean;
  readonly pageSize: number;
  readonly pageToken: string;
  /** null: all. */
  readonly fields: Fields | null;
};

export type ReadRequest =
  | { readonly kind: 'request'; readonly request: ListRequest }
  | { readonly kind: 'refused'; readonly answer: Answer };

const USUAL_PAGE = 50;
const LARGEST_PAGE = 1_000;
const OWN = new Set(['resourceNames', 'filter', 'orderBy', 'pageSize', 'pageToken']);
const ORDERS = new Set(['', 'timestamp asc', 'timestamp desc']);

export function readRequest(call: Call): ReadRequest {
  const body = objectIn(call.body);
  if (body === null) return refused('Invalid JSON payload received.');
  const strange = [...body.keys()].find((name) => !OWN.has(name));
  if (strange !== undefined) {
    return refused(`Invalid JSON payload received. Unknown name "${strange}": Cannot find field.`);
  }
  const {
    resourceNames = [],
    filter = '',
    orderBy = '',
    pageToken = '',
  } = Object.fromEntries(body);
  if (!isTexts(resourceNames) || resourceNames.length === 0) {
    return refused('resource_names must name at least one resource');
  }
  if (typeof filter !== 'string' || typeof orderBy !== 'string' || typeof pageToken !== 'string') {
    return refused('Invalid value: a text was expected');
  }
  if (!ORDERS.has(orderBy)) return refused(`Invalid order_by: ${orderBy}`);
  const pageSize = pageSizeIn(body.get('pageSize'));
  if (pageSize === null) return refused('page_size must be a number from 0 to 1000');
  const parsed = parseFilter(filter);
  if (parsed.kind === 'bad') return refused(`Unparseable filter: ${parsed.why}`);
  const selector = call.query.get('fields');
  const fields = selector === null ? null : parseFields(selector);
  if (selector !== null && fields === null) return refused(`Invalid field selection ${selector}`);
  const { comparisons } = parsed;
  const newestFirst = orderBy === 'timestamp desc';
  return {
    kind: 'request',
    request: { resourceNames, comparisons, newestFirst, pageSize, pageToken, fields },
  };
}

function objectIn(text: string): ReadonlyMap<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? new Map(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** null: not acceptable. */
function pageSizeIn(value: unknown): number | null {
  if (value === undefined || value === 0) return USUAL_PAGE;
  const isSize = typeof value === 'number' && Number.isInteger(value);
  return isSize && value > 0 && value <= LARGEST_PAGE ? value : null;
}

function refused(message: string): ReadRequest {
  return { kind: 'refused', answer: invalidArgument(message) };
}
