import { describe, expect, test } from 'vitest';

import { createClock } from '../../src/edges/clock.ts';
import type { PinnedHttp } from '../../src/edges/http.ts';
import { createHttp } from '../../src/edges/http.ts';
import { createAddressRules, resolveHost } from '../../src/edges/http-address.ts';
import { createProber } from '../../src/edges/probe.ts';
import type { ProbeOptions } from '../../src/edges/probe.ts';
import { aSmoke } from '../unit/build.ts';
import { scriptedServer } from './scripted-server.ts';

const never = new AbortController().signal;
const SMOKE = aSmoke({ statuses: [{ from: 200, to: 299 }], probes: 1 });
const SERVICE_URL = 'https://web-abc123-ew.a.run.app';
const REST = {
  ref: { project: 'demo', region: 'us-central1', service: 'web' },
  identities: { account: null, token: async () => expect.unreachable() },
};

type Connected = { readonly url: string; readonly address: string };

/** Answers 200 to everything and keeps where it would have connected to. */
function recordingHttp(status = 200): {
  readonly http: PinnedHttp;
  readonly connected: Connected[];
} {
  const connected: Connected[] = [];
  const http: PinnedHttp = {
    ask: async ({ url, lookup }) => {
      const { address } = await lookup(new URL(url).hostname);
      connected.push({ url, address });
      return { kind: 'answer', status, headers: {}, text: '', serverTime: null };
    },
  };
  return { http, connected };
}

/** `hosts`: what the name resolves to. */
async function probe(
  url: string,
  hosts: readonly string[],
  over: Partial<ProbeOptions> & { status?: number } = {},
) {
  const { http, connected } = recordingHttp(over.status);
  const clock = { ...createClock(), sleep: async () => {} };
  const resolve = async () => hosts;
  const prober = createProber({ ...REST, http, clock, resolve, loopbackAllowed: false, ...over });
  const target = { url, revision: 'web-2', serviceUrl: SERVICE_URL, smoke: SMOKE };
  const result = await prober.probe(target, never);
  return { result, connected };
}

const SPELLINGS = `
169.254.169.254 169.254.169.254. 0xA9FEA9FE 0xa9.0xfe.0xa9.0xfe 0xA9.254.169.0xFE 2852039166
025177524776 0251.0376.0251.0376 0251.254.169.254 169.254.43518 169.16689662 169.254.0xA9FE
００1６9.２54.169.254 ①⑥⑨.②⑤④.①⑥⑨.②⑤④ 169。254。169。254 169%2E254%2E169%2E254
[::ffff:169.254.169.254] [::ffff:a9fe:a9fe] [0:0:0:0:0:ffff:a9fe:a9fe] [::169.254.169.254]
[::a9fe:a9fe] [64:ff9b::169.254.169.254] [64:ff9b::a9fe:a9fe] [64:ff9b:1::a9fe:a9fe]
[2002:a9fe:a9fe::1] [2001:0:a9fe:a9fe::1] [fe80::a9fe:a9fe] [fd00:ec2::254] [fd20:ce::254]
127.0.0.1 127.1 2130706433 0x7f.1 017700000001 0 0.0.0.0 [::] [::1] [0:0:0:0:0:0:0:1]
[::ffff:127.0.0.1] 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.100.100.200
192.0.0.192 168.63.129.16 198.18.0.1 224.0.0.1 255.255.255.255 [ff02::1] [fc00::1] localhost
LOCALHOST. metadata metadata.google.internal METADATA.google.internal.
instance-data.ec2.internal printer.local
`;

const TAG_URL = 'https://canary---web-abc123-ew.a.run.app';

describe('no spelling leads into a private network', () => {
  test.each(SPELLINGS.trim().split(/\s+/))('%s', async (host) => {
    // A resolver that calls everything public: the spelling itself has to be seen through.
    const { result, connected } = await probe(`https://${host}`, ['8.8.8.8']);
    expect(connected).toEqual([]);
    expect(result).toMatchObject({ ok: false, status: null });
  });

  test.each([
    '169.254.169.254',
    '10.1.2.3',
    '::1',
    '127.0.0.1',
    '::ffff:8.8.8.8',
    'fe80::1%eth0',
    '2607:f8b0::1%eth0',
    'fd00::1',
    '168.63.129.16',
    'no address',
    '',
  ])('nor does a public name that resolves to %j', async (address) => {
    const { result, connected } = await probe(TAG_URL, [address]);
    expect(connected).toEqual([]);
    expect(result.why).toContain('not an address on the public internet');
  });

  test('one private address among public ones is enough', async () => {
    for (const hosts of [
      ['8.8.8.8', '10.0.0.1'],
      ['10.0.0.1', '8.8.8.8'],
    ]) {
      expect((await probe(TAG_URL, hosts)).connected).toEqual([]);
    }
  });
});

describe('the public internet', () => {
  test.each(['8.8.8.8', '172.32.0.1', '169.253.1.1', '2607:f8b0:4005::1', '64:ff9b::8.8.8.8'])(
    '%s is connected to, and to nothing else',
    async (address) => {
      const { result, connected } = await probe(TAG_URL, [address]);
      expect(result.ok).toBe(true);
      // The first answer, and the probe.
      const one = { url: `${TAG_URL}/`, address };
      expect(connected).toEqual([one, one]);
    },
  );

  test('a further try uses the next address', async () => {
    const { connected } = await probe(TAG_URL, ['8.8.8.8', '8.8.4.4'], { status: 503 });
    const tried = connected.map(({ address }) => address);
    expect(tried.slice(0, 3)).toEqual(['8.8.8.8', '8.8.4.4', '8.8.8.8']);
  });

  test.each([
    ['plain http', 'http://web.a.run.app'],
    ['another port', 'https://web.a.run.app:8443'],
    ['a user', 'https://user@web.a.run.app'],
    ['a password', 'https://:secret@web.a.run.app'],
    ['a file', 'file:///etc/passwd'],
    ['another scheme', 'ftp://web.a.run.app'],
    ['no URL', 'web.a.run.app'],
    ['no address yet', ''],
  ])('%s is not asked, also in front of a loopback Cloud Run', async (_, url) => {
    for (const loopbackAllowed of [false, true]) {
      const { result, connected } = await probe(url, ['8.8.8.8'], { loopbackAllowed });
      expect(connected).toEqual([]);
      expect(result).toMatchObject({ ok: false, status: null });
      expect(result.why).not.toContain('secret');
    }
  });

  test('plain http is not even looked up', async () => {
    const resolve = async () => expect.unreachable();
    const { result } = await probe('http://web.a.run.app', [], { resolve });
    expect(result.why).toContain('not plain https');
  });

  test('443 is the port of https', async () => {
    const { result } = await probe('https://web.a.run.app:443', ['8.8.8.8']);
    expect(result.ok).toBe(true);
  });

  test('a name that cannot be resolved is tried again, and then said', async () => {
    let lookups = 0;
    const resolve = async () => {
      lookups += 1;
      throw new Error('ENOTFOUND');
    };
    const { result, connected } = await probe(TAG_URL, [], { resolve });
    expect(result.why).toContain('canary---web-abc123-ew.a.run.app could not be resolved');
    expect(lookups).toBe(3);
    expect(connected).toEqual([]);
  });

  test('a resolver that never answers does not hold the probe', async () => {
    const resolve = () => Promise.withResolvers<readonly string[]>().promise;
    const { result } = await probe(TAG_URL, [], { resolve });
    expect(result.why).toContain('could not be resolved');
  });
});

test('once the name is resolved, nothing waits for its deadline any more', async () => {
  const waits: AbortSignal[] = [];
  const clock = {
    monotonic: () => 0,
    sleep: (_: number, signal: AbortSignal) => {
      waits.push(signal);
      return Promise.withResolvers<void>().promise;
    },
  };
  expect((await probe(TAG_URL, ['8.8.8.8'], { clock })).result.ok).toBe(true);
  expect(waits.map(({ aborted }) => aborted)).toEqual([true]);
});

describe('loopback', () => {
  const LOCAL = 'http://web.localhost:8080';

  test.each(['http://127.0.0.1:4711', 'http://[::1]:4711', 'http://localhost:4711', LOCAL])(
    '%s is asked when Cloud Run itself is there, and only then',
    async (url) => {
      const hosts = ['127.0.0.1'];
      const { result, connected } = await probe(url, hosts, { loopbackAllowed: true });
      expect(result.ok).toBe(true);
      expect(connected).toHaveLength(2);
      expect((await probe(url, hosts)).connected).toEqual([]);
    },
  );

  test.each(['10.0.0.1', '169.254.169.254', '8.8.8.8', '::ffff:127.0.0.1'])(
    'a local name that resolves to %s is not loopback',
    async (address) => {
      for (const hosts of [[address], ['127.0.0.1', address]]) {
        const { connected } = await probe(LOCAL, hosts, { loopbackAllowed: true });
        expect(connected).toEqual([]);
      }
    },
  );

  test('a name that resolves differently the second time is connected to as it was checked', async () => {
    const server = await scriptedServer(() => ({}));
    const answers = [['127.0.0.1'], ['192.0.2.1']];
    let lookups = 0;
    const prober = createProber({
      ...REST,
      http: createHttp({ hurry: never, random: () => 0 }),
      clock: createClock(),
      loopbackAllowed: true,
      resolve: async () => answers[lookups++] ?? [],
    });
    const url = `http://rebinding.example:${server.port}`;
    const target = { url, revision: 'web-2', serviceUrl: SERVICE_URL, smoke: SMOKE };
    const result = await prober.probe(target, never);
    expect(result.ok).toBe(true);
    expect(lookups).toBe(1);
    expect(server.asked[0]?.headers.host).toBe(`rebinding.example:${server.port}`);
  });

  test('the real resolver knows where localhost is', async () => {
    const kindOf = createAddressRules();
    const kinds = (await resolveHost('localhost')).map(kindOf);
    expect(new Set(kinds)).toEqual(new Set(['loopback']));
  });
});
