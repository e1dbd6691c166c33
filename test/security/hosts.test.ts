/** No address that somebody else may give leads a request into a private network (security.md, 1.2, 1.3, 2.8, 5). */
import { describe, expect, test } from 'vitest';
import { readChannels } from '../../src/core/inputs/channel-inputs.ts';
import { createInputReader } from '../../src/core/inputs/input-reader.ts';
import { parseProject, parseRegion, parseService } from '../../src/core/inputs/names.ts';
import { parsePath } from '../../src/core/inputs/smoke.ts';
import { link } from '../../src/core/report/markdown.ts';
import { createClock } from '../../src/edges/clock.ts';
import { endpointsFrom } from '../../src/edges/endpoints.ts';
import { compareCommits } from '../../src/edges/github-commits.ts';
import { readCredentials } from '../../src/edges/google-credentials.ts';
import { createAddressRules } from '../../src/edges/http-address.ts';
import { findDoor } from '../../src/edges/probe-door.ts';
import { Notifier } from '../../src/edges/notify.ts';
import { externalFile, identitySource, impersonationUrl } from '../edges/credential-files.ts';
import { DISGUISES, INTERNAL_HOSTS, PLAIN_LOOPBACK } from './hosts.ts';

const VARIABLES = ['RUN', 'MONITORING', 'LOGGING', 'IAM'].map(
  (name) => `CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`,
);
/** An address of documentation that nobody has; a name that a public resolver would answer. */
const EVIL = 'evil.example';

function disguised(good: string, evil: string): readonly string[] {
  return DISGUISES.map((form) => form.replaceAll('HOST', good).replaceAll('EVIL', evil));
}

test('the table is long, and none of it is written twice', () => {
  expect(INTERNAL_HOSTS.length).toBeGreaterThan(90);
  expect(new Set(INTERNAL_HOSTS).size).toBe(INTERNAL_HOSTS.length);
});

describe.each(INTERNAL_HOSTS)('%s', (host) => {
  test("is no tag's address", async () => {
    for (const url of [`https://${host}`, `https://${host}/`, `https://${host}:443`]) {
      expect(await doorTo(url, ['8.8.8.8'])).toMatchObject({ ok: false });
    }
  });

  test("is nowhere that gcloud's variables may lead, if not openly the runner itself", () => {
    for (const variable of VARIABLES) {
      for (const url of [`https://${host}/`, `http://${host}/`, `http://${host}:8080`]) {
        const read = endpointsFrom({ [variable]: url }, 'europe-west1');
        expect([url, read.ok]).toEqual([url, PLAIN_LOOPBACK.includes(host)]);
      }
    }
  });

  test('is no universe, or one that the credential file would have to be of', () => {
    for (const variable of ['GOOGLE_CLOUD_UNIVERSE_DOMAIN', 'CLOUDSDK_CORE_UNIVERSE_DOMAIN']) {
      const read = endpointsFrom({ [variable]: host }, 'europe-west1');
      if (!read.ok) continue;
      const rules = { universe: host, loopbackAllowed: false };
      expect(readCredentials(JSON.stringify(externalFile(null)), rules).ok).toBe(false);
      expect(host).toMatch(/[a-z]{2,}$/);
    }
  });

  test('is nowhere that a credential file may lead', () => {
    for (const scheme of ['http', 'https']) {
      for (const file of filesAt(`${scheme}://${host}`)) {
        const rules = { universe: 'googleapis.com', loopbackAllowed: false };
        expect(readCredentials(JSON.stringify(file), rules)).toMatchObject({ ok: false });
      }
    }
  });

  test('is no name of a service, project or region that leads anywhere else', () => {
    for (const parse of [parseRegion, parseProject, parseService]) {
      const parsed = parse(host);
      const value = parsed.ok ? parsed.value : '';
      const name = typeof value === 'string' ? value : value.service;
      const url = new URL(`https://x${name}-run.googleapis.com/v1/${name}`);
      expect(url.hostname).toMatch(/^[a-z0-9-]+\.googleapis\.com$/);
      expect(url.pathname.split('/').length).toBe(3);
    }
  });

  test('is nowhere that smoke_path can lead', () => {
    const origin = 'https://canary---web-abc123-ew.a.run.app';
    for (const path of [
      host,
      `//${host}`,
      `/\\${host}`,
      `https://${host}/`,
      `@${host}/`,
      `/${host}`,
    ]) {
      const parsed = parsePath(path);
      if (!parsed.ok) continue;
      expect(path).toBe(`/${host}`);
      expect(new URL(origin + parsed.value).origin).toBe(origin);
    }
  });

  test('is nowhere that notify_url can lead, if it does not mean the runner itself', async () => {
    for (const url of [`https://${host}/hook`, `http://${host}/hook`, `https://${host}`]) {
      const name = URL.parse(url)?.hostname ?? '';
      if (await notified(url, ['8.8.8.8'])) expect(PLAIN_LOOPBACK).toContain(name);
    }
  });

  test('is not where GitHub is over plain http, if not the runner itself', async () => {
    const name = URL.parse(`http://${host}`)?.hostname ?? '';
    const isSelf = PLAIN_LOOPBACK.includes(name);
    expect(await githubAsked(`http://${host}`)).toBe(isSelf);
    expect(await githubAsked(`https://me@${host}`)).toBe(false);
    expect(link('x', `http://${host}/`).startsWith('[')).toBe(PLAIN_LOOPBACK.includes(host));
  });
});

describe('disguises', () => {
  test.each(disguised('run.googleapis.com', EVIL))('%j is nowhere to send a token', async (url) => {
    for (const variable of VARIABLES) {
      expect(endpointsFrom({ [variable]: url }, 'europe-west1').ok).toBe(false);
    }
  });

  test.each(disguised('sts.googleapis.com', EVIL))('%j is no token service', (url) => {
    const rules = { universe: 'googleapis.com', loopbackAllowed: false };
    const file = { ...externalFile(null), token_url: `${url}/v1/token` };
    expect(readCredentials(JSON.stringify(file), rules).ok).toBe(false);
  });

  test.each(disguised('hooks.example', '169.254.169.254'))('%j is no notify_url', async (url) => {
    // Where it is taken, its host is a name, and the connection goes to what that resolves to.
    if (!(await notified(url, ['8.8.8.8']))) return;
    expect(new URL(url).hostname).toMatch(/^hooks\.example/);
    expect(await notified(url, ['169.254.169.254'])).toBe(false);
  });

  test.each(disguised('canary---web-abc123-ew.a.run.app', '169.254.169.254'))(
    '%j is no way into the network of the runner',
    async (url) => {
      const found = await doorTo(url, ['8.8.8.8']);
      if (!found.ok) return;
      // The host is then a public one, and the connection goes to the address that was looked at.
      const { hostname, protocol, port } = new URL(found.door.origin);
      expect([protocol, port, found.door.address]).toEqual(['https:', '', '8.8.8.8']);
      expect(hostname).toMatch(/[a-z]/);
    },
  );

  test.each(INTERNAL_HOSTS.filter((host) => /^[\d.]+$|^\[/.test(host)))(
    'a public name that resolves to %s leads nowhere',
    async (host) => {
      const address = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
      for (const addresses of [[address], ['8.8.8.8', address], [address, '8.8.8.8']]) {
        expect(await notified('https://hooks.example/x', addresses)).toBe(false);
        expect(await doorTo('https://web-abc123-ew.a.run.app', addresses)).toMatchObject({
          ok: false,
        });
      }
    },
  );
});

async function doorTo(tagUrl: string, addresses: readonly string[]) {
  const { signal } = new AbortController();
  const search = { tagUrl, number: 0, deadlineMs: 1_000, signal };
  const resolve = async () => addresses;
  const kindOf = createAddressRules();
  return findDoor({ loopbackAllowed: false, clock: createClock(), resolve, kindOf }, search);
}

/** Whether anything would be sent there, by the inputs' grammar and the edge together. */
async function notified(url: string, addresses: readonly string[]): Promise<boolean> {
  const reader = createInputReader(new Map([['notify_url', url]]));
  const { notify } = readChannels(reader);
  if (notify === null) return false;
  const { signal: hurry } = new AbortController();
  let isSent = false;
  const notifier = new Notifier({
    url: notify.url,
    secret: null,
    http: {
      tell: async () => {
        isSent = true;
        return { kind: 'no-answer', why: 'nobody is there' };
      },
    },
    redact: (text) => text,
    warn: () => {},
    hurry,
    clock: createClock(),
    resolve: async () => addresses,
  });
  notifier.tell(() => ({ id: '1', isLast: true, body: '{}' }), 0);
  await notifier.flush();
  return isSent;
}

/** With each of the three addresses of a file at `base` and the others as they should be. */
function filesAt(base: string): readonly object[] {
  const good = { ...externalFile(null), service_account_impersonation_url: impersonationUrl(null) };
  return [
    { ...good, token_url: `${base}/v1/token` },
    { ...good, service_account_impersonation_url: impersonationUrl(base) },
    { ...good, credential_source: identitySource(base) },
  ];
}

async function githubAsked(apiUrl: string): Promise<boolean> {
  let isAsked = false;
  const fetch = async (): Promise<Response> => {
    isAsked = true;
    return Response.json({}, { status: 404 });
  };
  await compareCommits(
    {
      token: 't',
      apiUrl,
      serverUrl: 'https://github.com',
      owner: 'o',
      repo: 'r',
      clock: createClock(),
      hurry: new AbortController().signal,
      fetch,
      notice: () => {},
      redact: (text) => text,
    },
    'a'.repeat(40),
    'b'.repeat(40),
  );
  return isAsked;
}
