import { describe, expect, test } from 'vitest';
import { FLAGS } from '../../src/core/inputs/flag-table.ts';
import { parseFlagWords } from '../../src/core/inputs/flag-words.ts';
import type { Edit } from '../../src/core/template-types.ts';
import { LEAST, findings, plan, request } from './given-inputs.ts';

const edits = (flags: string) => plan({ flags }).change.edits;

describe('words', () => {
  const SWITCHES = ['--foo'];
  const words = (text: string) => parseFlagWords(text, (name) => !SWITCHES.includes(name));

  test.each<[string, readonly (readonly [string, string | null])[]]>([
    ['', []],
    ['\n  \n', []],
    [
      '--a=2 --b=2Gi',
      [
        ['--a', '2'],
        ['--b', '2Gi'],
      ],
    ],
    [
      '--a 2 --b 2Gi',
      [
        ['--a', '2'],
        ['--b', '2Gi'],
      ],
    ],
    [
      '--a="2 Gi" --b \'x y\'',
      [
        ['--a', '2 Gi'],
        ['--b', 'x y'],
      ],
    ],
    [
      '\n --foo\n --a 2\t--b "zap"\r\n',
      [
        ['--foo', null],
        ['--a', '2'],
        ['--b', 'zap'],
      ],
    ],
    ['--a=--x=1,--y', [['--a', '--x=1,--y']]],
    ['--a=--x="1",--y', [['--a', '--x="1",--y']]],
    [
      '"--args=-X=123" --foo',
      [
        ['--args', '-X=123'],
        ['--foo', null],
      ],
    ],
    ['--args=-X=123', [['--args', '-X=123']]],
    ['"--a=-m -X=1"', [['--a', '-m -X=1']]],
    [`"--a='x y'"`, [['--a', "'x y'"]]],
    [`--a='"x y"'`, [['--a', 'x y']]],
    [
      `'--a="x"' --b="y"`,
      [
        ['--a', '"x"'],
        ['--b', 'y'],
      ],
    ],
    ['--a foo=bar,zip=zap', [['--a', 'foo=bar,zip=zap']]],
    ['--a "foo=bar \\" zap"', [['--a', 'foo=bar \\" zap']]],
    [
      '--a="" --b= --c',
      [
        ['--a', ''],
        ['--b', ''],
        ['--c', null],
      ],
    ],
    [
      '-q --a=1',
      [
        ['-q', null],
        ['--a', '1'],
      ],
    ],
  ])('%j', (text, expected) => {
    expect(words(text)).toEqual({
      ok: true,
      value: expected.map(([name, value]) => ({ name, value })),
    });
  });

  test.each([
    ['hidden', 'is no flag at its beginning'],
    ['--foo hidden', 'is no flag behind `--foo`'],
    ['--a=1 hidden word', 'is no flag behind `--a`'],
    ['--Hidden=1', 'is no flag at its beginning'],
    ['--a="hidden', 'a quote that is not closed'],
    ["--a=hid'den", 'a quote that is not closed'],
    ['x'.repeat(70_000), 'is too long'],
  ])('%.20j is refused without a word of it', (text, wrong) => {
    const parsed = words(text);
    expect(parsed).toMatchObject({
      faults: [{ value: null, wrong: expect.stringContaining(wrong) }],
    });
    expect(JSON.stringify(parsed)).not.toMatch(/hidden|Hidden/);
  });
});

describe('a flag about the revision is an edit', () => {
  const ROWS: readonly (readonly [string, readonly Edit[]])[] = [
    [
      '--add-cloudsql-instances=db,p:r:o',
      [{ kind: 'cloudsql', how: 'add', instances: ['demo:us-central1:db', 'p:r:o'] }],
    ],
    [
      '--remove-cloudsql-instances=db',
      [{ kind: 'cloudsql', how: 'remove', instances: ['demo:us-central1:db'] }],
    ],
    [
      '--set-cloudsql-instances=example.com:p:r:o',
      [{ kind: 'cloudsql', how: 'set', instances: ['example.com:p:r:o'] }],
    ],
    ['--clear-cloudsql-instances', [{ kind: 'cloudsql', how: 'set', instances: [] }]],
    ['--cpu=2', [{ kind: 'limit', of: 'cpu', to: '2' }]],
    ['--memory 512Mi', [{ kind: 'limit', of: 'memory', to: '512Mi' }]],
    [
      '--startup-probe=tcpSocket.port=80,periodSeconds=5',
      [
        {
          kind: 'probe',
          of: 'startup',
          to: [
            { name: 'tcpSocket.port', value: 80 },
            { name: 'periodSeconds', value: 5 },
          ],
        },
      ],
    ],
    [
      '--liveness-probe=httpGet.path=/ok',
      [{ kind: 'probe', of: 'liveness', to: [{ name: 'httpGet.path', value: '/ok' }] }],
    ],
    ['--liveness-probe=""', [{ kind: 'probe', of: 'liveness', to: null }]],
    [
      '--service-account=me@p.iam.gserviceaccount.com',
      [{ kind: 'text', of: 'service-account', to: 'me@p.iam.gserviceaccount.com' }],
    ],
    ['--vpc-connector=near', [{ kind: 'text', of: 'vpc-connector', to: 'near' }]],
    ['--vpc-egress=all-traffic', [{ kind: 'text', of: 'vpc-egress', to: 'all-traffic' }]],
    [
      '--clear-vpc-connector',
      [
        { kind: 'text', of: 'vpc-connector', to: null },
        { kind: 'text', of: 'vpc-egress', to: null },
      ],
    ],
    ['--command=/app,--fast', [{ kind: 'words', of: 'command', to: ['/app', '--fast'] }]],
    ['"--args=^;^a,b;c d"', [{ kind: 'words', of: 'args', to: ['a,b', 'c d'] }]],
    ['--args=""', [{ kind: 'words', of: 'args', to: [] }]],
    ['--execution-environment=gen2', [{ kind: 'text', of: 'execution-environment', to: 'gen2' }]],
    [
      '--network=projects/p/global/networks/n',
      [{ kind: 'network', of: 'network', to: 'projects/p/global/networks/n' }],
    ],
    ['--subnet=s', [{ kind: 'network', of: 'subnet', to: 's' }]],
    ['--network-tags=one,two', [{ kind: 'network-tags', to: ['one', 'two'] }]],
    ['--clear-network-tags', [{ kind: 'network-tags', to: [] }]],
    ['--clear-network', [{ kind: 'no-network' }]],
    ['--min-instances=2', [{ kind: 'number', of: 'min-instances', to: 2 }]],
    ['--min-instances=0', [{ kind: 'number', of: 'min-instances', to: null }]],
    ['--max-instances=default', [{ kind: 'number', of: 'max-instances', to: null }]],
    ['--concurrency=1000', [{ kind: 'number', of: 'concurrency', to: 1000 }]],
    ['--timeout=1h', [{ kind: 'number', of: 'timeout', to: 3600 }]],
    ['--ingress=internal', [{ kind: 'ingress', is: 'internal' }]],
    ['--port=default', [{ kind: 'port', to: null }]],
    ['--use-http2', [{ kind: 'http2', to: true }]],
    ['--no-use-http2', [{ kind: 'http2', to: false }]],
    ['--cpu-throttling', [{ kind: 'switch', of: 'cpu-throttling', to: true }]],
    ['--no-cpu-throttling', [{ kind: 'switch', of: 'cpu-throttling', to: false }]],
    ['--cpu-boost', [{ kind: 'switch', of: 'cpu-boost', to: true }]],
    ['--no-cpu-boost', [{ kind: 'switch', of: 'cpu-boost', to: false }]],
    ['--session-affinity', [{ kind: 'switch', of: 'session-affinity', to: true }]],
    ['--no-session-affinity', [{ kind: 'switch', of: 'session-affinity', to: false }]],
    [
      '--labels=a=b --remove-labels=c',
      [{ kind: 'labels', clears: false, removes: ['c'], values: [{ name: 'a', value: 'b' }] }],
    ],
    ['--platform=managed --quiet -q --no-traffic --format=json', []],
    ['--verbosity=debug --log-http --no-user-output-enabled', []],
  ];

  test.each(ROWS)('%s', (flags, expected) => {
    expect(edits(flags)).toEqual(expected);
  });

  test('each that is known has a row', () => {
    const tried = new Set(ROWS.map(([flags]) => flags.replace('"', '').split(/[= ]/)[0]));
    expect([...FLAGS.keys()].filter((name) => !tried.has(name))).toEqual([]);
  });

  test('in the order in which gcloud applies them, however they are written', () => {
    const one = edits('--port=80 --vpc-egress=all --clear-network --cpu=1');
    expect(edits('--cpu=1 --clear-network --port=80 --vpc-egress=all')).toEqual(one);
    expect(one.map(({ kind }) => kind)).toEqual(['limit', 'text', 'no-network', 'port']);
  });
});

describe('a flag that cannot be carried out is refused by name, and its value is not shown', () => {
  test.each([
    ['--to-latest', '`--to-latest`', 'use `stages`'],
    ['--traffic=hidden', '`--traffic`', 'use `stages`'],
    ['--tag=hidden', '`--tag`', '`tag`'],
    ['--no-traffic=false', '`--no-traffic` with a value', 'alone'],
    ['--set-env-vars=A=hidden', '`--set-env-vars`', 'env_vars_update_strategy: overwrite'],
    ['--update-secrets A=hidden:1', '`--update-secrets`', 'Use `secrets`'],
    ['--min=1', '`--min`', 'whole service'],
    ['--no-allow-unauthenticated', '`--no-allow-unauthenticated`', 'whole service'],
    ['--no-deploy-health-check', '`--no-deploy-health-check`', 'before it can answer'],
    ['--gpu=1', '`--gpu`', 'without traffic'],
    ['--container=hidden', '`--container`', 'without traffic'],
    ['--speed=hidden', '`--speed`', 'without traffic'],
    ['--platform=gke', '`--platform` with another value', 'Remove'],
    ['--cpu', '`--cpu` without its value', '`--cpu=…`'],
    ['--cpu=', '`--cpu`, which has a value', '`500m`'],
    ['--cpu=hidden', '`--cpu`, which has a value', '`500m`'],
    ['--memory=2', '`--memory`', '`2Gi`'],
    ['--cpu=1 --cpu=2', '`--cpu` twice', 'once'],
    ['--cpu-boost=true', '`--cpu-boost` with a value', 'alone'],
    ['--cpu-boost --no-cpu-boost', 'both `--cpu-boost` and `--no-cpu-boost`', 'Remove one'],
    ['--no-cpu-boost --cpu-boost', 'both `--no-cpu-boost` and `--cpu-boost`', 'Remove one'],
    ['--vpc-connector=a --clear-vpc-connector', 'both', 'Remove one'],
    ['--clear-network --subnet=a', 'both', 'Remove one'],
    ['--network-tags=a --clear-network-tags', 'both', 'Remove one'],
    ['--add-cloudsql-instances=a --clear-cloudsql-instances', 'both', 'Remove one'],
    ['--set-cloudsql-instances=a:b', '`--set-cloudsql-instances`', 'PROJECT:REGION:INSTANCE'],
    ['--concurrency=0', '`--concurrency`', 'from 1 to 1000, or `default`'],
    ['--max-instances=0', '`--max-instances`', '`default`'],
    ['--port=70000', '`--port`', '65535'],
    ['--timeout=2h', '`--timeout`', '1h'],
    ['--vpc-egress=some', '`--vpc-egress`', '`all-traffic`'],
    ['--execution-environment=gen3', '`--execution-environment`', '`gen1`'],
    ['--ingress=none', '`--ingress`', '`internal`'],
    ['--network-tags=A', '`--network-tags`', 'tags'],
    ['--liveness-probe=tcpSocket.port=1', '`--liveness-probe`', 'httpGet.path'],
    ['--startup-probe=tcpSocket.port=1,grpc.port=2', '`--startup-probe`', 'one way'],
    ['--startup-probe=periodSeconds=x', '`--startup-probe`', 'KEY=VALUE'],
    ['--startup-probe=periodSeconds=1,periodSeconds=2', '`--startup-probe`', 'KEY=VALUE'],
    ['--labels=A=b', '`--labels` with a label', 'lower-case'],
    ['--clear-labels', '`--clear-labels`', '`labels: "{}"`'],
    [
      '--impersonate-service-account=hidden',
      '`--impersonate-service-account`',
      'google-github-actions/auth',
    ],
    ['--flags-file=hidden', '`--flags-file`', 'gcloud is not run'],
    ['--readiness-probe=hidden', '`--readiness-probe`', 'without traffic'],
  ])('%s', (flags, wrong, advice) => {
    const found = findings({ ...LEAST, flags });
    expect(found).toEqual([
      {
        subject: 'flags',
        value: null,
        wrong: expect.stringContaining(wrong),
        advice: expect.stringContaining(advice),
      },
    ]);
    expect(JSON.stringify(found)).not.toContain('hidden');
  });

  test('everything that is wrong is said at once', () => {
    const found = findings({ ...LEAST, flags: '--cpu=x --tag=y --speed z --port=1' });
    expect(found.map(({ wrong }) => wrong)).toEqual([
      expect.stringContaining('--tag'),
      expect.stringContaining('--speed'),
      expect.stringContaining('--cpu'),
    ]);
  });
});

test('who may call the service stays as it is, and is told so', () => {
  const { plan: made, warnings } = request({ ...LEAST, flags: '--allow-unauthenticated' });
  expect(made!.change.edits).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining('--allow-unauthenticated changes nothing')]);
});
