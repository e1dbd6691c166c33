import { expect, test } from 'vitest';
import { ApiError } from './errors.ts';
import { decodeService } from './validate.ts';
import { decodeVersion, encodeVersion } from './version.ts';
import { bodyOf, templateSpec } from './world.ts';

type Body = ReturnType<typeof bodyOf> & Record<string, unknown>;

function body(change: (body: Body) => void): unknown {
  const made: Body = { ...bodyOf('web') };
  change(made);
  return made;
}

const one =
  (target: object) =>
  ({ spec }: Body) =>
    void (spec['traffic'] = [target]);
const name =
  (text: string) =>
  ({ spec }: Body) =>
    Object.assign(spec, templateSpec(text, 'app'));
const annotation =
  (key: string, text = '') =>
  ({ metadata }: Body) =>
    void (metadata['annotations'] = { [key]: text });

test.each<[string, (body: Body) => void, RegExp]>([
  ['an unknown top-level field', (b) => void (b['extra'] = 1), /Unknown name "extra" at 'service'/],
  [
    'an unknown metadata field',
    ({ metadata }) => void (metadata['ressourceVersion'] = 'x'),
    /Unknown name "ressourceVersion"/,
  ],
  [
    'an unknown spec field',
    ({ spec }) => void (spec['trafic'] = []),
    /Unknown name "trafic" at 'service\.spec'/,
  ],
  [
    'an unknown traffic field',
    one({ percent: 100, revision: 'web-1' }),
    /Unknown name "revision" at 'service\.spec\.traffic\[0\]'/,
  ],
  [
    'an unknown template field',
    ({ spec }) => void (spec['template'] = { ...templateSpec('web-1', 'a').template, x: 1 }),
    /Unknown name "x"/,
  ],
  [
    'another kind',
    (b) => void (b['kind'] = 'Revision'),
    /got 'serving\.knative\.dev\/v1' and 'Revision'/,
  ],
  [
    'percents above 100',
    ({ spec }) =>
      void (spec['traffic'] = [
        { revisionName: 'web-1', percent: 60 },
        { revisionName: 'web-2', percent: 50 },
      ]),
    /sum to 110, want 100/,
  ],
  ['percents below 100', one({ revisionName: 'web-1', percent: 99 }), /sum to 99, want 100/],
  [
    'a part of a percent',
    one({ revisionName: 'web-1', percent: 99.5 }),
    /'99\.5' is not a whole number/,
  ],
  [
    'a percent as text',
    one({ revisionName: 'web-1', percent: '100' }),
    /'"100"' is not a whole number/,
  ],
  [
    'a name and LATEST in one target',
    one({ revisionName: 'web-1', latestRevision: true, percent: 100 }),
    /mutually exclusive/,
  ],
  [
    'neither a name nor LATEST',
    one({ latestRevision: false, percent: 100 }),
    /one of revisionName and latestRevision/,
  ],
  [
    'a URL in the spec',
    one({ latestRevision: true, percent: 100, url: 'https://x' }),
    /must be empty/,
  ],
  [
    'a tag used twice',
    ({ spec }) =>
      void (spec['traffic'] = [
        { latestRevision: true, percent: 100, tag: 'a' },
        { revisionName: 'web-1', tag: 'a' },
      ]),
    /Tag 'a' is used more than once/,
  ],
  [
    'a tag in capitals',
    one({ latestRevision: true, percent: 100, tag: 'Canary' }),
    /tag: 'Canary'/,
  ],
  [
    'a tag that begins with a digit',
    one({ latestRevision: true, percent: 100, tag: '1a' }),
    /tag: '1a'/,
  ],
  [
    'tag and service above 46',
    one({ latestRevision: true, percent: 100, tag: 'a'.repeat(44) }),
    /more than 46 characters/,
  ],
  ['a revision of another service', name('api-1'), /must start with 'web-'/],
  ['a revision name above 63', name(`web-${'a'.repeat(60)}`), /at most 63 characters/],
  [
    'a service name above 49',
    ({ metadata }) => void (metadata['name'] = 'a'.repeat(50)),
    /shorter than 50/,
  ],
  [
    'no container',
    ({ spec }) => void (spec['template'] = { spec: { containers: [] } }),
    /at least one element/,
  ],
  [
    'no image',
    ({ spec }) => void (spec['template'] = { spec: { containers: [{}] } }),
    /image: required/,
  ],
  ['a bad annotation key', annotation('a b'), /'a b' is not a valid annotation key/],
  ['annotations above 256 KiB', annotation('a', 'x'.repeat(262_144)), /at most 262144 bytes/],
])('%s is refused', (_case, change, text) => {
  const refused = () => decodeService(body(change));
  expect(refused).toThrow(text);
  expect(refused).toThrow(ApiError);
});

test.each<[string, (body: Body) => void]>([
  [
    'tag and service of exactly 46',
    one({ latestRevision: true, percent: 100, tag: 'a'.repeat(43) }),
  ],
  ['annotations of exactly 256 KiB', annotation('a', 'x'.repeat(262_143))],
  ['an annotation with a prefix', annotation('cloud-run-canary.dev/rollout', '{}')],
])('%s is taken', (_case, change) => {
  expect(decodeService(body(change)).name).toBe('web');
});

test('absent traffic is everything to LATEST', () => {
  expect(decodeService(bodyOf('web')).spec.traffic).toEqual([
    { latestRevision: true, percent: 100 },
  ]);
});

test('a target without a name is LATEST, and zero percent is left out', () => {
  const traffic = [{ percent: 100 }, { revisionName: 'web-1', percent: 0, tag: 'a' }];
  expect(decodeService(body(({ spec }) => void (spec['traffic'] = traffic))).spec.traffic).toEqual([
    { latestRevision: true, percent: 100 },
    { revisionName: 'web-1', tag: 'a' },
  ]);
});

test('a version is the base64 of eight bytes, as seen in public', () => {
  expect(decodeVersion('AAZZJpwmJn4')).toBe(1786872223639166n);
  expect(encodeVersion(1786872223639166n)).toBe('AAZZJpwmJn4');
  for (const text of ['', '1', 'bogus', 'AAZZJpwmJn4AA', '#AZZJpwmJn4']) {
    expect(() => decodeVersion(text)).toThrow(/Invalid resource version/);
  }
});
