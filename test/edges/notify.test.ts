import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { createClock } from '../../src/edges/clock.ts';
import { createHttp } from '../../src/edges/http.ts';
import { Notifier } from '../../src/edges/notify.ts';
import type { NotifierOptions } from '../../src/edges/notify.ts';
import type { Notification } from '../../src/core/report/report-notification.ts';
import { clockWith } from './github-fixture.ts';

const NOW = Date.parse('2026-11-20T15:00:00Z');
const SECRET = 'sixteen-or-more-characters';
const PATH = '/services/T000/B000/abcdefgh';

type Heard = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** Answers what it is told to, and remembers what it heard. */
async function receiver(
  { onTestFinished }: TestContext,
  answer: { status: number; location?: string; silent?: boolean } = { status: 200 },
) {
  const heard: Heard[] = [];
  const warnings: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push({ path: request.url ?? '', headers: request.headers, body });
      if (answer.silent === true) return;
      const location = answer.location;
      response.writeHead(answer.status, location === undefined ? {} : { location }).end('no');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const url = `http://127.0.0.1:${port}${PATH}`;
  const open = (changes: Partial<NotifierOptions> = {}) => {
    const hurry = changes.hurry ?? new AbortController().signal;
    return new Notifier({
      url,
      secret: SECRET,
      http: createHttp({ hurry, random: () => 0 }),
      redact: (body) => body.replaceAll('hunter2', '***'),
      warn: (warning) => void warnings.push(warning),
      hurry,
      clock: createClock(),
      ...changes,
    });
  };
  return { heard, warnings, url, open, answer };
}

const told =
  (id: string, changes: Partial<Notification> = {}) =>
  (): Notification => ({
    id,
    isLast: false,
    body: JSON.stringify({ id }),
    ...changes,
  });

describe('a notification', () => {
  test('is one JSON POST, signed over its time and its body', async (context) => {
    const { open, heard, warnings } = await receiver(context);
    const notifier = open();
    notifier.tell(told('a'), NOW);
    await notifier.flush();
    expect(heard).toMatchObject([{ path: PATH, body: '{"id":"a"}' }]);
    const { headers } = heard[0]!;
    const stamp = String(headers['x-canary-timestamp']);
    expect(Math.abs(Number(stamp) - NOW / 1000)).toBeLessThan(5);
    const mac = createHmac('sha256', SECRET).update(`${stamp}.{"id":"a"}`).digest('hex');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-canary-id': 'a',
      'x-canary-signature': `sha256=${mac}`,
    });
    expect(warnings).toEqual([]);
  });

  test('is not signed without a secret', async (context) => {
    const { open, heard } = await receiver(context);
    const notifier = open({ secret: null });
    notifier.tell(told('a'), NOW);
    await notifier.flush();
    expect(heard[0]!.headers).not.toHaveProperty('x-canary-signature');
  });

  test('comes in order, and once for what is told twice', async (context) => {
    const { open, heard } = await receiver(context);
    const notifier = open();
    for (const id of ['a', 'a', 'b', 'c', 'c']) notifier.tell(told(id), NOW);
    await notifier.flush();
    expect(heard.map(({ headers }) => headers['x-canary-id'])).toEqual(['a', 'b', 'c']);
  });

  test('holds no secret', async (context) => {
    const { open, heard } = await receiver(context);
    const notifier = open();
    notifier.tell(told('a', { body: '{"text":"hunter2"}' }), NOW);
    await notifier.flush();
    expect(heard[0]!.body).toBe('{"text":"***"}');
  });

  test('makes nobody wait but at the end', async (context) => {
    const { open } = await receiver(context, { status: 200, silent: true });
    const notifier = open({ clock: clockWith({ 10_000: 300 }) });
    const before = performance.now();
    notifier.tell(told('a'), NOW);
    expect(performance.now() - before).toBeLessThan(100);
    await notifier.flush();
  });
});

/** Neither the address nor what is secret in it. */
function expectOneWarning(warnings: readonly string[], url: string, why: string): void {
  expect(warnings).toEqual([
    expect.stringMatching(
      /^Not every transition was posted to notify_url: .* goes on without it\.$/,
    ),
  ]);
  expect(warnings[0]).toContain(why);
  expect(warnings[0]).not.toContain(new URL(url).host);
  expect(warnings[0]).not.toContain('abcdefgh');
}

describe('S15: what is not heard is one warning without the address', () => {
  test.for([302, 400, 401, 403, 404, 410, 422, 429, 500, 503])(
    'answered %i; each transition is tried once, and no redirect followed',
    async (status, context) => {
      const stranger = await receiver(context);
      const { open, heard, warnings, url } = await receiver(context, {
        status,
        location: stranger.url,
      });
      const notifier = open();
      for (const id of ['a', 'b']) notifier.tell(told(id), NOW);
      await notifier.flush();
      expect([heard.length, stranger.heard.length]).toEqual([2, 0]);
      expectOneWarning(warnings, url, `answered ${status}`);
    },
  );

  test('no answer in time, and what comes next is tried all the same', async (context) => {
    const { open, heard, warnings, url, answer } = await receiver(context, {
      status: 200,
      silent: true,
    });
    const notifier = open({ clock: clockWith({ 10_000: 200 }) });
    notifier.tell(told('a'), NOW);
    await notifier.flush();
    expect(notifier.isBehind()).toBe(false);
    notifier.tell(told('b', { isLast: true }), NOW);
    await notifier.flush();
    expect(notifier.isBehind()).toBe(true);
    Object.assign(answer, { silent: false });
    notifier.tell(told('c', { isLast: true }), NOW);
    await notifier.flush();
    expect([heard.length, notifier.isBehind()]).toEqual([3, false]);
    expectOneWarning(warnings, url, 'no answer in time');
  });

  test('nobody there', async (context) => {
    const { open, warnings } = await receiver(context);
    const url = `http://127.0.0.1:9${PATH}`;
    const notifier = open({ url });
    notifier.tell(told('a'), NOW);
    await notifier.flush();
    expectOneWarning(warnings, url, 'refused');
  });

  test('a message that cannot be written, and the next one is sent', async (context) => {
    const { open, heard, warnings, url } = await receiver(context);
    const notifier = open();
    notifier.tell(() => {
      throw new TypeError('undefined is not a function');
    }, NOW);
    await notifier.flush();
    expectOneWarning(warnings, url, 'could not be written');
    notifier.tell(told('next', { isLast: true }), NOW);
    await notifier.flush();
    expect(heard).toHaveLength(1);
  });

  test('after a cancel it is given up within two seconds, and only the newest is sent', async (context) => {
    const { open, heard, warnings } = await receiver(context, { status: 200, silent: true });
    const cancel = new AbortController();
    const notifier = open({ hurry: cancel.signal });
    for (const id of ['a', 'b', 'c']) notifier.tell(told(id, { isLast: true }), NOW);
    await expect.poll(() => heard.length).toBe(1);
    const before = performance.now();
    cancel.abort();
    await notifier.flush();
    expect(performance.now() - before).toBeLessThan(2_900);
    expect(notifier.isBehind()).toBe(true);
    expect(warnings).toHaveLength(1);
    expect(heard.map(({ headers }) => headers['x-canary-id'])).not.toContain('b');
  });
});

describe('it goes to the public internet alone', () => {
  const unreachable: NotifierOptions['http'] = {
    tell: async () => {
      throw new Error('nothing may be sent');
    },
  };

  test.for([
    ['https://10.0.0.7/hook', []],
    ['https://127.0.0.2/hook', []],
    ['https://169.254.169.254/computeMetadata', []],
    ['https://[fd00::1]/hook', []],
    ['https://metadata.google.internal/hook', ['8.8.8.8']],
    ['https://intranet/hook', ['8.8.8.8']],
    ['https://hooks.example.com/abcdefgh', ['10.0.0.7']],
    ['https://hooks.example.com/abcdefgh', ['8.8.8.8', '10.0.0.7']],
    ['https://hooks.example.com/abcdefgh', ['127.0.0.1']],
    ['http://localhost:1/hook', ['8.8.8.8']],
  ] as const)('%s, which is at %j, is not asked', async ([url, addresses], context) => {
    const { open, warnings } = await receiver(context);
    const notifier = open({ url, http: unreachable, resolve: async () => addresses });
    notifier.tell(told('a'), NOW);
    await notifier.flush();
    expect(warnings).toEqual([expect.stringContaining('not an address on the public internet')]);
  });

  test('and to the very address that was looked at', async (context) => {
    const { open, warnings } = await receiver(context);
    const addresses: string[] = [];
    const http: NotifierOptions['http'] = {
      async tell({ lookup, url }) {
        addresses.push((await lookup(new URL(url).hostname)).address);
        return { kind: 'answer', status: 204, headers: {}, text: '', serverTime: null };
      },
    };
    const resolve = async () => ['8.8.8.8', '8.8.4.4'];
    const notifier = open({ url: 'https://hooks.example.com/x', http, resolve });
    notifier.tell(told('a'), NOW);
    await notifier.flush();
    expect([addresses, warnings]).toEqual([['8.8.8.8'], []]);
  });

  test.for([
    ['nobody knows it', async () => []],
    ['asking for it fails', () => Promise.reject(new Error('ENOTFOUND'))],
    ['nobody ever answers', () => new Promise<never>(() => undefined)],
  ] as const)('a host is not waited for when %s', async ([, resolve], context) => {
    const { open, warnings } = await receiver(context);
    const clock = clockWith({ 10_000: 100 });
    const notifier = open({
      url: 'https://hooks.example.com/x',
      http: unreachable,
      resolve,
      clock,
    });
    notifier.tell(told('a'), NOW);
    await notifier.flush();
    expect(warnings).toHaveLength(1);
  });
});
