import { describe, expect, test } from 'vitest';

import { endpointsFrom } from '../../src/edges/endpoints.ts';

const REGION = 'us-central1';
const RUN = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN';

describe('where the services are', () => {
  test('by default at Google, Cloud Run in the region', () => {
    expect(endpointsFrom({}, REGION)).toEqual({
      ok: true,
      endpoints: {
        run: 'https://us-central1-run.googleapis.com',
        monitoring: 'https://monitoring.googleapis.com',
        logging: 'https://logging.googleapis.com',
        iam: 'https://iam.googleapis.com',
        universe: 'googleapis.com',
        loopback: false,
      },
      notices: [],
    });
  });

  test("gcloud's variables move each of them, and each is named", () => {
    const read = endpointsFrom(
      {
        [RUN]: 'http://127.0.0.1:8080/',
        CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: 'http://localhost:8081',
        CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: 'https://logging-x.p.googleapis.com/',
      },
      REGION,
    );
    expect(read).toMatchObject({
      ok: true,
      endpoints: {
        run: 'http://127.0.0.1:8080',
        monitoring: 'http://localhost:8081',
        logging: 'https://logging-x.p.googleapis.com',
        loopback: true,
      },
      notices: [
        expect.stringContaining(`${RUN} is set: requests go to http://127.0.0.1:8080 `),
        expect.stringContaining('CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING'),
        expect.stringContaining('CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING'),
      ],
    });
  });

  test('an empty variable is none', () => {
    expect(endpointsFrom({ [RUN]: '' }, REGION)).toMatchObject({ ok: true, notices: [] });
  });

  test('only Cloud Run on this machine makes it an emulator', () => {
    const monitoring = { CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: 'http://127.0.0.1:1/' };
    expect(endpointsFrom(monitoring, REGION)).toMatchObject({ endpoints: { loopback: false } });
    expect(endpointsFrom({ [RUN]: 'http://[::1]:1/' }, REGION)).toMatchObject({
      endpoints: { loopback: true, run: 'http://[::1]:1' },
    });
  });
});

describe('security 1.3: an override cannot send the token to a stranger', () => {
  test.each([
    'https://evil.example/',
    'http://run.googleapis.com/',
    'https://googleapis.com/',
    'https://googleapis.com.evil.example/',
    'https://evilgoogleapis.com/',
    'https://run.googleapis.com@evil.example/',
    'https://user@run.googleapis.com/',
    'https://user:pass@127.0.0.1:1/',
    'https://run.googleapis.com:8443/',
    'https://run.googleapis.com/evil/',
    'https://run.googleapis.com/..',
    'https://run.googleapis.com/?x=1',
    'https://run.googleapis.com/#x',
    String.raw`https://evil.example\.googleapis.com/`,
    'https://run.googleapis.com%2f@evil.example/',
    'https://run.googleapis.com.',
    'https:run.googleapis.com',
    '//run.googleapis.com/',
    'run.googleapis.com',
    ' https://run.googleapis.com/',
    'https://run.googleapis.com/\n',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'javascript:1',
    'http://169.254.169.254/',
    'http://metadata.google.internal/',
    'http://10.0.0.1/',
    'http://0.0.0.0:80/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://127.1/',
    'http://localhost.evil.example/',
    'http://127.0.0.1.evil.example/',
    'http://[::ffff:127.0.0.1]/',
    'https://RUN.googleapis.com/',
  ])('%j is refused', (value) => {
    expect(endpointsFrom({ [RUN]: value }, REGION)).toEqual({
      ok: false,
      findings: [expect.objectContaining({ subject: RUN })],
    });
  });

  test('what may be a password is not repeated', () => {
    const read = endpointsFrom({ [RUN]: 'https://me:secret@evil.example/' }, REGION);
    expect(read).toMatchObject({ findings: [{ value: 'https://…@evil.example/' }] });
    expect(JSON.stringify(read)).not.toContain('secret');
  });

  test.each([
    ['https:/me:secret//x@evil.example/', '…@evil.example/'],
    ['me:secret//x@evil.example', '…@evil.example'],
    ['https://me:secret//x@evil.example/', 'https://…@evil.example/'],
    ['https://a@me:secret@evil.example/', 'https://…@evil.example/'],
  ])('nor in %j', (given, value) => {
    expect(endpointsFrom({ [RUN]: given }, REGION)).toMatchObject({ findings: [{ value }] });
  });

  test('every bad override is found at once', () => {
    const read = endpointsFrom(
      { [RUN]: 'http://a.example', CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: 'http://b.example' },
      REGION,
    );
    expect(read).toMatchObject({ ok: false, findings: [{}, {}] });
  });
});

describe('another universe', () => {
  const UNIVERSE = 'GOOGLE_CLOUD_UNIVERSE_DOMAIN';

  test.each([UNIVERSE, 'CLOUDSDK_CORE_UNIVERSE_DOMAIN'])('%s moves everything', (variable) => {
    const read = endpointsFrom({ [variable]: 'apis-berlin-build0.goog' }, 'u-germany-northeast1');
    expect(read).toMatchObject({
      ok: true,
      endpoints: {
        run: 'https://u-germany-northeast1-run.apis-berlin-build0.goog',
        monitoring: 'https://monitoring.apis-berlin-build0.goog',
        universe: 'apis-berlin-build0.goog',
      },
      notices: [expect.stringContaining(variable)],
    });
  });

  test('an override must be in it', () => {
    const env = { [UNIVERSE]: 'apis.goog', [RUN]: 'https://run.googleapis.com/' };
    expect(endpointsFrom(env, REGION)).toMatchObject({ ok: false });
    expect(endpointsFrom({ ...env, [RUN]: 'https://run.apis.goog/' }, REGION)).toMatchObject({
      ok: true,
    });
  });

  test('the usual one is worth no notice', () => {
    const read = endpointsFrom({ [UNIVERSE]: 'googleapis.com' }, REGION);
    expect(read).toMatchObject({ ok: true, notices: [] });
  });

  test.each([
    'evil',
    'a.b/c',
    'a..goog',
    'UPPER.goog',
    '-a.goog',
    'a.goog:1',
    'x@a.goog',
    '1.2.3.4',
  ])('%j is no domain', (value) => {
    expect(endpointsFrom({ [UNIVERSE]: value }, REGION)).toMatchObject({
      ok: false,
      findings: [{ subject: UNIVERSE, value }],
    });
  });

  test('two that differ are refused', () => {
    const env = { [UNIVERSE]: 'a.goog', CLOUDSDK_CORE_UNIVERSE_DOMAIN: 'b.goog' };
    expect(endpointsFrom(env, REGION)).toMatchObject({
      ok: false,
      findings: [{ subject: 'CLOUDSDK_CORE_UNIVERSE_DOMAIN', value: 'b.goog' }],
    });
  });
});
