import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import { PLAN_ANNOTATION, RECORD_ANNOTATION } from '../../src/core/rollout/record.ts';
import { servicesWithRollouts } from '../../src/edges/cloud-run/region.ts';
import { createHttp } from '../../src/edges/http.ts';
import { NEVER, closedPort, loopback } from './loopback.ts';
import type { Received, Reply } from './loopback.ts';

const PATH = '/apis/serving.knative.dev/v1/namespaces/demo/services';

type Listed = {
  readonly names: Promise<readonly string[]>;
  readonly received: readonly Received[];
  readonly renewed: () => number;
};

/** `pages` answers the nth request. */
async function list(pages: (index: number) => Reply, endpoint?: string): Promise<Listed> {
  const { base, received } = await loopback((_request, { index }) => pages(index));
  let renewed = 0;
  const names = servicesWithRollouts({
    http: createHttp({ hurry: NEVER, random: () => 0 }),
    tokens: {
      header: async () => `Bearer token-${renewed}`,
      invalidate: () => (renewed += 1),
    },
    endpoint: endpoint ?? base,
    ref: { project: 'demo', region: 'us-central1', service: '*' },
  });
  return { names, received, renewed: () => renewed };
}

function item(name: unknown, annotations: object = { [RECORD_ANNOTATION]: '{}' }): object {
  return { metadata: { name, annotations } };
}

function page(items: readonly unknown[], next?: string): Reply {
  return { body: { kind: 'ServiceList', metadata: { continue: next }, items } };
}

function refusal(code: number, status: string): Reply {
  return { status: code, body: { error: { code, message: 'Because.', status } } };
}

async function problemOf(names: Promise<unknown>): Promise<Problem> {
  const error: unknown = await names.catch((reason: unknown) => reason);
  if (error instanceof Problem) return error;
  throw new Error('not a Problem');
}

describe('the services of a region', () => {
  test('are those that carry a record, readable or not', async () => {
    const { names, received } = await list(() =>
      page([
        item('web'),
        item('quiet', {}),
        item('planned', { [PLAN_ANNOTATION]: '{}' }),
        { metadata: { name: 'bare' } },
        item('spoilt', { [RECORD_ANNOTATION]: 'x' }),
      ]),
    );
    expect(await names).toEqual(['web', 'spoilt']);
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET ${PATH}`]);
    expect(received[0]!.headers.authorization).toBe('Bearer token-0');
  });

  test('come in pages, each asked for by the mark of the last one', async () => {
    const marks = ['a/b c&d', 'next', undefined];
    const { names, received } = await list((index) => page([item(`s${index}`)], marks[index]));
    expect(await names).toEqual(['s0', 's1', 's2']);
    expect(received.map(({ url }) => url)).toEqual([
      PATH,
      `${PATH}?continue=a%2Fb%20c%26d`,
      `${PATH}?continue=next`,
    ]);
  });

  test('without an end are given up after 50 pages', async () => {
    const { names, received } = await list(() => page([], 'more'));
    expect(await problemOf(names)).toMatchObject({ code: 'bad-answer' });
    expect(received).toHaveLength(50);
  });

  test('are none where there are none', async () => {
    expect(await (await list(() => page([]))).names).toEqual([]);
    expect(await (await list(() => ({ body: {} }))).names).toEqual([]);
  });

  test.each(['../x', 'a/b', 'Web', '-web', 'web-', '', '*', 'x'.repeat(50), 7, null])(
    'are left alone when they are called %j',
    async (name) => {
      expect(await (await list(() => page([item(name), item('web')]))).names).toEqual(['web']);
    },
  );

  test('may have the longest name there is', async () => {
    const name = 'x'.repeat(49);
    expect(await (await list(() => page([item(name)]))).names).toEqual([name]);
  });

  test.each([
    ['a permission', refusal(403, 'PERMISSION_DENIED'), 'denied', /run\.services\.list/],
    ['an answer', { status: 503, body: '' }, 'unreachable', /503/],
    ['JSON', { body: '<html>' }, 'bad-answer', /./],
  ] as const)('cannot be listed without %s', async (_, reply, code, words) => {
    const problem = await problemOf((await list(() => reply)).names);
    expect(problem.code).toBe(code);
    expect(problem.summary).toMatch(words);
  });

  test('cannot be listed where nobody listens', async () => {
    const { names } = await list(() => page([]), await closedPort());
    expect((await problemOf(names)).code).toBe('unreachable');
  });

  test('are listed with a new token when the first is refused, once', async () => {
    const once = await list((index) =>
      index === 0 ? refusal(401, 'UNAUTHENTICATED') : page([item('web')]),
    );
    expect(await once.names).toEqual(['web']);
    expect(once.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-0',
      'Bearer token-1',
    ]);
    const always = await list(() => refusal(401, 'UNAUTHENTICATED'));
    expect((await problemOf(always.names)).code).toBe('bad-credentials');
    expect(always.received).toHaveLength(2);
    expect(always.renewed()).toBe(1);
  });
});
