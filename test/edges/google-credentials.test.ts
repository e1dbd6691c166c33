import { describe, expect, test } from 'vitest';

import { findingText } from '../../src/core/problem.ts';
import { readCredentials } from '../../src/edges/google-credentials.ts';
import {
  EMAIL,
  PRIVATE_KEY,
  REQUEST_TOKEN,
  externalFile,
  identitySource,
  impersonationUrl,
  keyFile,
} from './credential-files.ts';

const USUAL = { universe: 'googleapis.com', loopbackAllowed: false };

function subjects(file: unknown, rules = USUAL): readonly string[] {
  const read = readCredentials(JSON.stringify(file), rules);
  return read.ok ? [] : read.findings.map(({ subject }) => subject);
}

function withSource(change: Record<string, unknown>): Record<string, unknown> {
  return { ...externalFile(null), credential_source: { ...identitySource(null), ...change } };
}

describe('the files that are accepted', () => {
  test('workload identity federation, directly', () => {
    expect(readCredentials(JSON.stringify(externalFile(null)), USUAL)).toMatchObject({
      ok: true,
      credentials: { kind: 'external', impersonationUrl: null, identityField: 'value' },
      project: null,
      email: null,
      secrets: [REQUEST_TOKEN],
    });
  });

  test('workload identity federation through a service account', () => {
    const file = {
      ...externalFile(null),
      service_account_impersonation_url: impersonationUrl(null),
    };
    expect(readCredentials(JSON.stringify(file), USUAL)).toMatchObject({ ok: true, email: EMAIL });
  });

  test('a service account key', () => {
    expect(readCredentials(JSON.stringify(keyFile()), USUAL)).toMatchObject({
      ok: true,
      credentials: { kind: 'key', email: EMAIL, keyId: 'abc123' },
      project: 'demo',
      email: EMAIL,
      secrets: [PRIVATE_KEY],
    });
  });

  test('regional token services, and the services of another universe', () => {
    const regional = {
      ...externalFile(null),
      token_url: 'https://sts.us-east1.rep.googleapis.com/v1/token',
    };
    expect(subjects(regional)).toEqual([]);
    const other = {
      ...externalFile(null),
      token_url: 'https://sts.apis.goog/v1/token',
      universe_domain: 'apis.goog',
    };
    expect(subjects(other, { universe: 'apis.goog', loopbackAllowed: false })).toEqual([]);
  });

  test('services on this machine, if Cloud Run is there too', () => {
    const file = {
      ...externalFile('http://127.0.0.1:1234'),
      service_account_impersonation_url: impersonationUrl('http://127.0.0.1:1234'),
    };
    expect(subjects(file, { ...USUAL, loopbackAllowed: true })).toEqual([]);
    expect(subjects(file)).toEqual([
      'credential file: token_url',
      'credential file: credential_source.url',
      'credential file: service_account_impersonation_url',
    ]);
  });
});

describe('security 2.8: what the library would follow anywhere', () => {
  const hosts = [
    'https://evil.example/v1/token',
    'http://sts.googleapis.com/v1/token',
    'https://sts.googleapis.com:8443/v1/token',
    'https://sts.googleapis.com.evil.example/v1/token',
    'https://xsts.googleapis.com/v1/token',
    'https://evil.example/sts.googleapis.com',
    'https://u:p@sts.googleapis.com/v1/token',
    'https://sts.googleapis.com@evil.example/v1/token',
    'https://sts.googleapis.com/v1/token#x',
    String.raw`https://sts.googleapis.com\@evil.example/v1/token`,
    // The first letter is another one that is read as s.
    'https://ｓts.googleapis.com/v1/token',
    'https://sts.googleapis.com/v1\t/token',
    ' https://sts.googleapis.com/v1/token',
    'https://169.254.169.254/v1/token',
    'sts.googleapis.com',
    'file:///etc/passwd',
    '',
    7,
    null,
  ];
  test.each(hosts)('the token service %j is refused', (token_url) => {
    expect(subjects({ ...externalFile(null), token_url })).toEqual(['credential file: token_url']);
  });

  test.each([
    'https://evil.example/idtoken',
    'http://x.actions.githubusercontent.com/idtoken',
    'https://actions.githubusercontent.com.evil.example/',
    'https://githubusercontent.com/',
  ])('the identity source %j is refused', (url) => {
    expect(subjects(withSource({ url }))).toEqual(['credential file: credential_source.url']);
  });

  test.each([
    'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b.c:signBlob',
    'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b.c:generateAccessToken/..',
    'https://evil.example/v1/projects/-/serviceAccounts/a@b.c:generateAccessToken',
    'https://iamcredentials.googleapis.com/',
    '',
    null,
  ])('the impersonation %j is refused', (service_account_impersonation_url) => {
    const found = subjects({ ...externalFile(null), service_account_impersonation_url });
    expect(new Set(found)).toEqual(new Set(['credential file: service_account_impersonation_url']));
  });

  test.each([
    ['a program', { executable: { command: '/bin/sh' } }],
    ['a file', { file: '/etc/passwd' }],
    ['AWS', { environment_id: 'aws1' }],
    ['a certificate', { certificate: { use_default_certificate_config: true } }],
  ])('%s as the source is refused, beside a URL too', (_name, change) => {
    expect(subjects(withSource(change))).toEqual(['credential file: credential_source']);
    const alone = { ...externalFile(null), credential_source: change };
    expect(subjects(alone)).toContain('credential file: credential_source');
  });

  test('the identity must come as JSON', () => {
    const found = subjects(withSource({ format: { type: 'text', subject_token_field_name: 'v' } }));
    expect(found).toEqual(['credential file: credential_source.format']);
    expect(subjects(withSource({ format: undefined }))).toHaveLength(2);
  });

  test.each([
    ['a list', []],
    ['a line break', { A: 'b\nc' }],
    ['a number', { A: 1 }],
    ['a bad name', { 'A:': 'b' }],
  ])('headers with %s are refused', (_name, headers) => {
    expect(subjects(withSource({ headers }))).toEqual([
      'credential file: credential_source.headers',
    ]);
  });

  test('what is missing is named', () => {
    const { audience: _a, subject_token_type: _s, ...rest } = externalFile(null);
    expect(subjects(rest)).toEqual([
      'credential file: audience',
      'credential file: subject_token_type',
    ]);
  });
});

describe('other files', () => {
  test.each([
    'authorized_user',
    'impersonated_service_account',
    'external_account_authorized_user',
    'gdch_service_account',
    undefined,
  ])('the type %j is refused', (type) => {
    expect(subjects({ ...keyFile(), type })).toEqual(['credential file: its type']);
  });

  test('a key of another universe is refused', () => {
    const found = subjects({ ...keyFile(), universe_domain: 'evil.example' });
    expect(found).toEqual(['credential file: universe_domain']);
    const { universe_domain: _, ...unsaid } = keyFile();
    expect(subjects(unsaid, { universe: 'evil.example', loopbackAllowed: false })).toHaveLength(1);
  });

  test.each([undefined, 'not a key', 7, PRIVATE_KEY.slice(0, 200)])(
    'the key %# is refused',
    (private_key) => {
      expect(subjects({ ...keyFile(), private_key })).toEqual(['credential file: private_key']);
    },
  );

  test('row 100: no text is ever repeated', () => {
    const marker = 'S3CRET';
    const texts = [
      marker,
      Buffer.from(JSON.stringify({ ...keyFile(), marker })).toString('base64') + marker,
      `{"private_key":"${marker}`,
      JSON.stringify({ ...keyFile(), private_key: marker }),
      JSON.stringify({ ...keyFile(), type: marker }),
      JSON.stringify({ ...externalFile(null), token_url: `https://${marker}.example` }),
      JSON.stringify({ ...keyFile(), padding: marker.repeat(20_000) }),
    ];
    for (const text of texts) {
      const read = readCredentials(text, USUAL);
      if (read.ok) throw new Error('it was accepted');
      expect(read.findings.length).toBeGreaterThan(0);
      expect(read.findings.map(findingText).join()).not.toContain(marker);
    }
  });
});
