import { describe, expect, test } from 'vitest';

import { matches, parseFilter } from './filter.ts';

const SERIES: Readonly<Record<string, string>> = {
  'metric.type': 'run.googleapis.com/request_count',
  'resource.type': 'cloud_run_revision',
  'resource.labels.revision_name': 'web-2',
  'metric.labels.response_code_class': '5xx',
};

function passes(text: string): boolean {
  const parsed = parseFilter(text);
  if (parsed.kind === 'bad') throw new Error(parsed.why);
  return matches(parsed.filter, (field) => SERIES[field] ?? '');
}

const YES = 'resource.type="cloud_run_revision"';
const NO = 'resource.type="gce_instance"';

describe('a filter selects what it says', () => {
  test.each<[string, boolean]>([
    [YES, true],
    [NO, false],
    [`${YES} AND ${NO}`, false],
    [`${YES} ${YES}`, true],
    [`${YES} ${NO}`, false],
    [`${NO} OR ${YES}`, true],
    [`${NO} OR ${NO}`, false],
    [`NOT ${NO}`, true],
    [`NOT NOT ${NO}`, false],
    [`NOT (${YES} AND ${NO})`, true],
    [`NOT ${YES} AND ${NO}`, false],
    [`(${NO} OR ${YES}) AND ${YES}`, true],
    [`${NO} OR (${YES} AND ${NO})`, false],
    [`  (( ${YES} ))  `, true],
    ['resource.type != "gce_instance"', true],
    ['resource.labels.revision_name = "web-2"', true],
    ['resource.label.revision_name = "web-2"', true],
    ['resource.label."revision_name" = "web-2"', true],
    ['resource.labels.revision_name = "web-"', false],
    ['resource.labels.revision_name = one_of("web-1", "web-2")', true],
    ['resource.labels.revision_name = one_of("web-1")', false],
    ['resource.labels.revision_name != one_of("web-1","web-3")', true],
    ['resource.labels.revision_name = starts_with("web")', true],
    ['resource.labels.revision_name = ends_with("web")', false],
    ['resource.labels.revision_name = has_substring("b-")', true],
    ['metric.labels.response_code_class = monitoring.regex.full_match("[45]xx")', true],
    ['metric.labels.response_code_class = monitoring.regex.full_match("5")', false],
    ['resource.labels.revision_name = "a \\"quoted\\" \\\\ name"', false],
  ])('%s', (text, expected) => {
    expect(passes(text)).toBe(expected);
  });
});

describe('what cannot be understood is refused', () => {
  test.each([
    ['', 'ends too early'],
    [`${YES} AND`, 'ends too early'],
    [`AND ${YES}`, 'unexpected "AND"'],
    [`(${YES}`, 'ends too early'],
    [`${YES})`, 'unexpected ")"'],
    ['resource.type', 'ends too early'],
    ['resource.type = ', 'ends too early'],
    ['resource.type = cloud_run_revision', 'unexpected "cloud_run_revision"'],
    ['resource.type > "a"', 'cannot be read from "> "a""'],
    ['resource.type : "a"', 'cannot be read from'],
    ['resource.type "=" "a"', 'unexpected "="'],
    ['resource.type = "open', 'cannot be read from ""open"'],
    ['resource.type = one_of()', 'unexpected ")"'],
    ['resource.type = one_of("a"', 'ends too early'],
    ['resource.type = starts_with("a","b")', 'takes one value'],
    ['resource.type = magic("a")', 'unexpected "magic"'],
    ['metric.labels.a = monitoring.regex.full_match("(")', 'not a regular expression'],
    ['service_name = "web"', 'must be prefixed with one of'],
    ['metadata.user_labels.a = "b"', 'the sandbox cannot filter by'],
    ['resource.name = "b"', 'the sandbox cannot filter by'],
    [`${YES} AND ${YES} OR ${YES}`, 'only with parentheses'],
    [`${YES} ${YES} OR ${YES}`, 'only with parentheses'],
  ])('%s', (text, why) => {
    const parsed = parseFilter(text);
    expect(parsed.kind).toBe('bad');
    expect(parsed.kind === 'bad' && parsed.why).toContain(why);
  });
});
