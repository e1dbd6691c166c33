/** A report with other texts in it: hostile ones, or harmless ones of the same length. */
import type { Report } from '../../src/core/report/report-model.ts';

/** Words of our own, never anybody else's. What is not in this list is spoiled. */
const OURS = new Set([
  'outcome',
  'phase',
  'reason',
  'fence',
  'state',
  'verdict',
  'metric',
  'kind',
  'what',
  'how',
  'relation',
  'stops',
  'jobs',
]);
const ADDRESSES = new Set(['runUrl', 'starterUrl', 'url', 'canaryUrl']);

export type Texts = {
  /** Every different text of the report, and "" where it is shown if it is not empty. */
  readonly words: readonly string[];
  readonly addresses: readonly string[];
};

export function textsOf(report: Report): Texts {
  const words = new Set<string>();
  const addresses = new Set<string>();
  mapped(report, (text, isAddress) => {
    (isAddress ? addresses : words).add(text);
    return text;
  });
  words.add(personOf(report).by);
  return { words: [...words], addresses: [...addresses] };
}

/** The same text becomes the same text everywhere: a name is still that name. */
export function spoiled(report: Report, texts: ReadonlyMap<string, string>): Report {
  const change = (text: string): string => texts.get(text) ?? text;
  const result = mapped(report, change) as Report;
  const { order, by } = personOf(report);
  return order === '' ? result : { ...result, reason: `${order}${change(by)}` as Report['reason'] };
}

/** Of a reason only the name of a person is foreign. */
function personOf({ reason }: Report): { readonly order: string; readonly by: string } {
  const [, order = '', by = ''] = /^(ordered:[a-z]+:)(.*)$/s.exec(reason ?? '') ?? [];
  return { order, by };
}

function mapped(
  value: unknown,
  change: (text: string, isAddress: boolean) => string,
  key = '',
): unknown {
  if (typeof value === 'string') return OURS.has(key) ? value : change(value, ADDRESSES.has(key));
  if (Array.isArray(value)) return value.map((item) => mapped(item, change, key));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] => [
    // The names in this one are revisions.
    key === 'served' ? change(name, false) : name,
    mapped(inner, change, name),
  ]);
  // Not by assignment, which would swallow "__proto__".
  return Object.fromEntries(entries);
}
