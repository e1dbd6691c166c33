import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';

import { startSandbox, type Sandbox } from '../sandbox.ts';
import { VPC_ADDRESS } from './door.ts';
import { startLoad } from './load.ts';

const CALLER = 'caller@demo.iam.gserviceaccount.com';

/** A service `web` with the tag `canary`, and what it answers. */
async function site() {
  const sandbox = await startSandbox();
  onTestFinished(sandbox.stop);
  const { status } = await sandbox.services.create({
    name: 'web',
    image: 'sandbox/app:v1_median-1',
    tags: ['canary'],
  });
  const tagUrl = await sandbox.traffic.urlFor('web', 'canary');
  return { sandbox, url: status.url, tagUrl };
}

function statusOf(
  url: string,
  o: { readonly token?: string; readonly localAddress?: string } = {},
): Promise<number> {
  const { token, ...rest } = o;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const asking = request(url, { headers, ...rest }, (answer) => {
      void text(answer).then(() => resolve(answer.statusCode ?? 0));
    });
    asking.on('error', reject);
    asking.end();
  });
}

function passOf(sandbox: Sandbox, audience: string, account = CALLER): string {
  return sandbox.tokens.controls.identity(account, audience);
}

test('an open service lets in everybody, with whatever they show', async () => {
  const { url, tagUrl } = await site();
  expect(await statusOf(url)).toBe(200);
  expect(await statusOf(tagUrl, { token: 'nonsense' })).toBe(200);
});

test('a private one lets in invokers with a token for its own address, on its tags, too', async () => {
  const { sandbox, url, tagUrl } = await site();
  sandbox.protect('web', [CALLER]);
  for (const where of [url, tagUrl]) {
    expect(await statusOf(where)).toBe(403);
    expect(await statusOf(where, { token: 'nonsense' })).toBe(401);
    expect(await statusOf(where, { token: passOf(sandbox, tagUrl) })).toBe(401);
    expect(await statusOf(where, { token: passOf(sandbox, url, 'other@x') })).toBe(403);
    expect(await statusOf(where, { token: passOf(sandbox, url) })).toBe(200);
  }
});

test('a custom audience is accepted besides the address', async () => {
  const { sandbox, url, tagUrl } = await site();
  sandbox.protect('web', [CALLER]);
  const audiences = JSON.stringify(['https://shop.example']);
  sandbox.services.annotate('web', { 'run.googleapis.com/custom-audiences': audiences });
  expect(await statusOf(tagUrl, { token: passOf(sandbox, 'https://shop.example') })).toBe(200);
  expect(await statusOf(tagUrl, { token: passOf(sandbox, url) })).toBe(200);
});

test('without the check of invokers everybody comes in', async () => {
  const { sandbox, tagUrl } = await site();
  sandbox.protect('web', []);
  sandbox.services.annotate('web', { 'run.googleapis.com/invoker-iam-disabled': 'true' });
  expect(await statusOf(tagUrl)).toBe(200);
});

test.each(['internal', 'internal-and-cloud-load-balancing'])(
  'ingress %s is not found from the internet, and found from the VPC',
  async (ingress) => {
    const { sandbox, url, tagUrl } = await site();
    sandbox.services.annotate('web', { 'run.googleapis.com/ingress': ingress });
    for (const where of [url, tagUrl]) {
      expect(await statusOf(where)).toBe(404);
      expect(await statusOf(where, { localAddress: VPC_ADDRESS })).toBe(200);
    }
  },
);

test('who is not let in is no request of a revision', async () => {
  const { sandbox, url } = await site();
  sandbox.protect('web', [CALLER]);
  const logged: number[] = [];
  sandbox.traffic.onLogged(({ status }) => logged.push(status));
  expect(await statusOf(url)).toBe(403);
  expect(await statusOf(url, { token: passOf(sandbox, url) })).toBe(200);
  expect(logged).toEqual([200]);
});

test('users may have tokens, and be in the VPC', async () => {
  const { sandbox, url } = await site();
  sandbox.protect('web', [CALLER]);
  sandbox.services.annotate('web', { 'run.googleapis.com/ingress': 'internal' });
  const headers = { authorization: `Bearer ${passOf(sandbox, url)}` };
  const load = startLoad({
    url,
    requestsPerSecond: 50,
    poisson: false,
    seed: 1,
    headers,
    localAddress: VPC_ADDRESS,
  });
  await expect.poll(() => load.stats().answered, { timeout: 10_000 }).toBeGreaterThan(5);
  const { statuses } = await load.stop();
  expect(Object.keys(statuses)).toEqual(['200']);
});
