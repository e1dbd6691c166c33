/** Guards of where requests and tokens go. */
import { guardsOf } from './guard.ts';
import type { Guard } from './guard.ts';

const HOSTS = 'test/security/hosts.test.ts';

const PROBES = [
  ...guardsOf(
    'src/edges/http-address.ts',
    [HOSTS, 'test/edges/http-address.test.ts'],
    [
      ['link-local addresses', "['169.254.0.0', 16]", "['169.254.0.0', 32]"],
      ['the platform address of Azure', "['168.63.129.16', 32]", "['168.63.129.17', 32]"],
      ['private networks', "['10.0.0.0', 8]", "['10.0.0.0', 32]"],
      ['shared address space', "['100.64.0.0', 10]", "['100.64.0.0', 32]"],
      ['6to4', "['2002::', 16]", "['2002::', 128]"],
      ['zones', "address.includes('%')", 'false'],
      ['NAT64 of private networks', '`64:ff9b::${net}`, 96 + prefix', '`64:ff9b:1::${net}`, 128'],
      ['IPv4 inside IPv6', "!global.check(address, 'ipv6') && address !== '::1'", 'false'],
      ['names of private networks', '/\\.(?:internal|local)$/.test(name)', 'false'],
      ['names without a dot', "!name.includes('.')", 'false'],
    ],
  ),
  ...guardsOf(
    'src/edges/probe-door.ts',
    [HOSTS, 'test/edges/http-address.test.ts'],
    [
      [
        'private names',
        'if (!tools.loopbackAllowed && isPrivateName(host)) return',
        'if (false) return',
      ],
      [
        'every address is looked at',
        "kinds.size === 1 && kinds.has('public')",
        "kinds.has('public')",
      ],
      [
        'loopback only beside Cloud Run',
        " && kinds.has('loopback') && tools.loopbackAllowed",
        " && kinds.has('loopback')",
      ],
      ['no other port', "|| url.port !== ''", '|| false'],
      ['no user', "base.username !== '' ||", ''],
      ['no password', " || base.password !== ''", ''],
    ],
  ),
  ...guardsOf(
    'src/edges/probe-request.ts',
    ['test/edges/probe.test.ts', 'test/edges/http-address.test.ts'],
    [
      [
        'connects to what was looked at',
        'address, family: isIP(address) === 6 ? 6 : 4',
        "address: '127.0.0.2', family: 4",
      ],
      ['1 MiB', 'Buffer.byteLength(text) > MOST_BYTES', 'false'],
    ],
  ),
  ...guardsOf(
    'src/core/inputs/smoke.ts',
    ['test/unit/smoke.test.ts', HOSTS],
    [
      ['no other host', "text.startsWith('//') || text.includes('\\\\')", 'false'],
      ['no hidden slash', '/%(?:2f|5c)/i.test(path)', 'false'],
      ['no dot segment', "segments.includes('.') || segments.includes('..')", 'false'],
      ['no hidden control character', 'HIDDEN_CONTROL.test(text)', 'false'],
      ['no field of objects as a header', "['__proto__', 'constructor', 'prototype']", '[]'],
    ],
  ),
];

const TOKENS = [
  ...guardsOf(
    'src/core/loopback.ts',
    [HOSTS],
    [
      [
        'no other plain http',
        "protocol === 'http:' && isLoopback(hostname)",
        "protocol === 'http:'",
      ],
      ['names of this machine', 'NAMES.has(hostname)', 'true'],
    ],
  ),
  ...guardsOf(
    'src/edges/endpoints.ts',
    ['test/edges/endpoints.test.ts', HOSTS],
    [
      ['nothing but an origin', 'text !== origin && text !== `${origin}/`', 'false'],
      ['a host below the universe', '!isBelow(hostname, universe)', 'false'],
      ['a dot before the domain', 'host.endsWith(`.${domain}`)', 'host.endsWith(domain)'],
      ['https', "if (protocol !== 'https:') return 'is not https'", 'if (false) return null'],
      ['the usual port', "port === '' ? null : 'names a port'", 'null'],
      ['no password in a finding', 'withoutPassword(given)', 'given'],
      ['a universe is a domain', '!DOMAIN.test(value)', 'false'],
    ],
  ),
  ...guardsOf(
    'src/edges/google-credentials.ts',
    ['test/edges/google-credentials.test.ts', HOSTS],
    [
      ['the universe of the services', 'universe !== rules.universe', 'false'],
      ['sources that are URLs', "!['url', 'headers', 'format'].includes(key)", 'false'],
      ['trusted hosts', "url.port === '' && isTrusted(url.hostname)", "url.port === ''"],
      ['https', "url.protocol === 'https:' && url.port", 'url.port'],
      ['the usual port', "url.port === '' && isTrusted", 'isTrusted'],
      ['loopback only beside Cloud Run', 'return rules.loopbackAllowed', 'return true'],
      ['authority as it is read', '!text.startsWith(url.origin) ||', ''],
      ['no second way to read it', '|| !PLAIN_REST.test(text.slice(url.origin.length))', ''],
      ['the service by name', 'host.startsWith(`${name}.`) && ', ''],
      ['plain headers', '/^[\\x20-\\x7e]*$/.test(text)', 'true'],
      ['an account in the address', 'named ? []', 'true ? []'],
      ['64 KiB', 'text.length > MOST_BYTES', 'false'],
    ],
  ),
  ...guardsOf(
    'src/edges/http.ts',
    ['test/edges/http.test.ts', 'test/edges/http-address.test.ts'],
    [
      ['no redirect', 'maxRedirects: 0', 'maxRedirects: 5'],
      ['8 MiB', 'maxContentLength: MAX_BYTES', 'maxContentLength: Infinity'],
      ['an end to each try', 'atMost: request.deadlineMs', 'atMost: 600_000'],
      ['no proxy for a pinned address', 'proxy: false,', ''],
      [
        'the pinned address',
        'lookup: async (hostname: string) => {',
        'unused: async (hostname: string) => {',
      ],
      ['no error object', 'if (!isAxiosError(error)) throw error;', 'throw error;'],
    ],
  ),
  ...guardsOf(
    'src/edges/google-auth-source.ts',
    ['test/edges/google-auth.test.ts', 'test/edges/google-identity.test.ts'],
    [
      ['no redirect', "redirect: 'error'", "redirect: 'follow'"],
      ['limits of the token service', "stsCredential['transporter'].defaults = { ...LIMITS };", ''],
      ['tokens are announced', "if (typeof token === 'string') announce(token);", ''],
    ],
  ),
  ...guardsOf(
    'src/edges/google-auth.ts',
    ['test/edges/revisions.test.ts', 'test/edges/google-auth.test.ts'],
    [
      ['no redirect', "redirect: 'error'", "redirect: 'follow'"],
      ['a token that is one', '/^Bearer (?!undefined$)[\\x21-\\x7e]+$/.test(header)', 'true'],
    ],
  ),
  ...guardsOf(
    'src/edges/github-client.ts',
    ['test/edges/github.test.ts', 'test/edges/github-faults.test.ts'],
    [
      ['no redirect', "redirect: 'error'", "redirect: 'follow'"],
      ['https', 'return isSafe && !hasUser ? null', 'return !hasUser ? null'],
      ['no user', 'return isSafe && !hasUser ? null', 'return isSafe ? null'],
    ],
  ),
];

const NOTIFICATIONS = [
  ...guardsOf(
    'src/edges/notify.ts',
    [HOSTS, 'test/edges/notify.test.ts'],
    [
      ['private names', '!isMeant && isPrivateName(host)', 'false'],
      ['every address is looked at', 'kinds.size !== 1 || ', ''],
      ['the public internet', "!kinds.has(isMeant ? 'loopback' : 'public')", 'false'],
      [
        'connects to what was looked at',
        'lookup: async () => ({ address,',
        "lookup: async () => ({ address: '127.0.0.2',",
      ],
    ],
  ),
  ...guardsOf(
    'src/core/inputs/channel-inputs.ts',
    [HOSTS, 'test/unit/channels.test.ts'],
    [
      ['https', 'isWritten && isSafe && isPlain', 'isWritten && isPlain'],
      ['no user', 'isWritten && isSafe && isPlain', 'isWritten && isSafe'],
      ['written as it is read', 'isWritten && isSafe && isPlain', 'isSafe && isPlain'],
    ],
  ),
];

export const NETWORK_GUARDS: readonly Guard[] = [...PROBES, ...TOKENS, ...NOTIFICATIONS];
