/** Pages of Google's console: whatever the names are, one address, with everything filled in. */
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import { logsPage, metricsPage, revisionsPage } from '../../src/core/doctor/console-pages.ts';
import { link } from '../../src/core/report/markdown.ts';
import { HOSTILE } from './hostile-names.ts';

const ref = { project: 'demo', region: 'us-central1', service: 'web' };
const span = {
  from: Date.parse('2026-11-21T02:22:00Z'),
  to: Date.parse('2026-11-21T02:37:00Z'),
};
const CONSOLE = 'https://console.cloud.google.com';

/** The query of a page, or its part of this name, as the console reads it. */
function read(url: string, part: RegExp): string {
  return decodeURIComponent(part.exec(url)?.[1] ?? '');
}

describe('the page of the logs', () => {
  test('has the time and both revisions filled in', () => {
    const url = logsPage(ref, ['web-2', 'web-1'], span);
    expect(read(url, /query;query=([^;?]*)/).split('\n')).toEqual([
      'resource.type="cloud_run_revision"',
      'resource.labels.service_name="web"',
      'resource.labels.location="us-central1"',
      'resource.labels.revision_name=("web-2" OR "web-1")',
    ]);
    expect(url).toMatch(
      /;timeRange=2026-11-21T02%3A22%3A00\.000Z%2F2026-11-21T02%3A37%3A00\.000Z\?project=demo$/,
    );
  });

  test('of one revision names it alone, and needs no time', () => {
    const url = logsPage(ref, ['web-2']);
    expect(decodeURIComponent(url)).toContain('revision_name="web-2"?project=demo');
    expect(url).not.toContain('timeRange');
  });
});

describe('the page of the metrics', () => {
  test.each([
    ['requests', 'run.googleapis.com/request_count', 2],
    ['latency', 'run.googleapis.com/request_latencies', 1],
  ] as const)('of %s has the time and both revisions filled in', (metric, type, groups) => {
    const url = metricsPage(ref, { metric, revisions: ['web-2', 'web-1'], span });
    const state: unknown = JSON.parse(read(url, /pageState=(.*)$/));
    expect(state).toMatchObject({
      xyChart: {
        dataSets: [
          {
            timeSeriesFilter: {
              filter: expect.stringContaining(`metric.type="${type}"`) as unknown,
              aggregations: [{ groupByFields: { length: groups } }],
            },
          },
        ],
      },
      timeSelection: {
        timeRange: 'custom',
        start: '2026-11-21T02:22:00.000Z',
        end: '2026-11-21T02:37:00.000Z',
      },
    });
    expect(JSON.stringify(state)).toContain('=one_of(\\"web-2\\",\\"web-1\\")');
  });

  test('shows ten minutes at least', () => {
    const short = { from: span.from, to: span.from + 60_000 };
    const url = metricsPage(ref, { metric: 'latency', revisions: ['web-2'], span: short });
    expect(decodeURIComponent(url)).toContain(
      '"start":"2026-11-21T02:17:30.000Z","end":"2026-11-21T02:27:30.000Z"',
    );
  });

  test('of a time that is none is an address all the same', () => {
    const never = { from: NaN, to: NaN };
    const url = metricsPage(ref, { metric: 'latency', revisions: [], span: never });
    expect(link('Metrics', url)).toMatch(/^\[Metrics\]\(<https:/);
  });
});

test.each(['web-c1-1', ...HOSTILE, `"'(){}*!\`<>\\`, '\ud800'])(
  'a page of %j is one link to the console, and nothing else',
  (name) => {
    const hostile = { project: name, region: name, service: name };
    const pages = [
      revisionsPage(hostile),
      logsPage(hostile, [name, name], span),
      metricsPage(hostile, { metric: 'requests', revisions: [name], span }),
    ];
    for (const url of pages) {
      expect(url.startsWith(`${CONSOLE}/`)).toBe(true);
      expect(new URL(url).host).toBe('console.cloud.google.com');
      const [paragraph, ...others] = marked.lexer(link('Page', url));
      expect(others).toEqual([]);
      expect(paragraph).toMatchObject({ tokens: [{ type: 'link', href: url }] });
    }
  },
);
