/** Flags of `gcloud run deploy` that are about the revision, in the order gcloud applies them. */
import {
  parseFlagList,
  parseForm,
  parseNames,
  parseProbe,
  parseRequestTimeout,
  parseWhole,
  parseWholeOrDefault,
} from './flag-values.ts';
import { taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import type { Edit, SwitchName, TextName } from '../template-types.ts';

export type FlagContext = { readonly project: string; readonly region: string };

type Row =
  | {
      readonly takes: 'value';
      readonly parse: (text: string, context: FlagContext) => Parsed<readonly Edit[]>;
    }
  | { readonly takes: 'nothing'; readonly edits: readonly Edit[] };

function value<T>(parse: (text: string) => Parsed<T>, make: (parsed: T) => Edit): Row {
  return {
    takes: 'value',
    parse: (text) => {
      const parsed = parse(text);
      return parsed.ok ? taken([make(parsed.value)]) : parsed;
    },
  };
}

function nothing(...edits: readonly Edit[]): Row {
  return { takes: 'nothing', edits };
}

function text(of: TextName, form: RegExp, advice: string): Row {
  return value(
    (given) => parseForm(given, form, advice),
    (to) => ({ kind: 'text', of, to }),
  );
}

function onOff(flag: string, of: SwitchName): readonly (readonly [string, Row])[] {
  return [
    [`--${flag}`, nothing({ kind: 'switch', of, to: true })],
    [`--no-${flag}`, nothing({ kind: 'switch', of, to: false })],
  ];
}

const INSTANCE = /^[a-z][a-z0-9-]{0,97}$/;
const FULL_INSTANCE =
  /^(?:[a-z0-9.-]{1,100}:)?[a-z][a-z0-9-]{0,99}:[a-z0-9-]{1,40}:[a-z][a-z0-9-]{0,97}$/;
const CLOUDSQL =
  'Write instances as PROJECT:REGION:INSTANCE, or by name alone, separated by commas.';

/** A plain name is one of the service's project and region. */
function instances(how: 'add' | 'remove' | 'set'): Row {
  const form = new RegExp(`${INSTANCE.source}|${FULL_INSTANCE.source}`);
  return {
    takes: 'value',
    parse(given, { project, region }) {
      const parsed = parseNames(given, form, CLOUDSQL);
      if (!parsed.ok) return parsed;
      const whole = (name: string) => (name.includes(':') ? name : `${project}:${region}:${name}`);
      return taken([{ kind: 'cloudsql', how, instances: parsed.value.map(whole) }]);
    },
  };
}

const QUANTITY = 'Write a quantity such as';
const RESOURCE = /^[a-zA-Z0-9_.:/-]{1,400}$/;
const NETWORK = 'Write its name, or its full resource name.';

export const FLAGS: ReadonlyMap<string, Row> = new Map([
  ['--add-cloudsql-instances', instances('add')],
  ['--remove-cloudsql-instances', instances('remove')],
  ['--set-cloudsql-instances', instances('set')],
  ['--clear-cloudsql-instances', nothing({ kind: 'cloudsql', how: 'set', instances: [] })],
  [
    '--cpu',
    value(
      (given) =>
        parseForm(given, /^\d{1,3}(?:\.\d{1,3})?$|^\d{1,6}m$/, `${QUANTITY} \`2\` or \`500m\`.`),
      (to) => ({ kind: 'limit', of: 'cpu', to }),
    ),
  ],
  [
    '--memory',
    value(
      (given) =>
        parseForm(
          given,
          /^\d{1,6}(?:\.\d{1,3})?[KMGTkmgt]i?$/,
          `${QUANTITY} \`512Mi\` or \`2Gi\`.`,
        ),
      (to) => ({ kind: 'limit', of: 'memory', to }),
    ),
  ],
  [
    '--startup-probe',
    value(
      (given) => parseProbe(given, 'startup'),
      (to) => ({ kind: 'probe', of: 'startup', to }),
    ),
  ],
  [
    '--liveness-probe',
    value(
      (given) => parseProbe(given, 'liveness'),
      (to) => ({ kind: 'probe', of: 'liveness', to }),
    ),
  ],
  [
    '--service-account',
    text(
      'service-account',
      /^[a-zA-Z0-9][\w.@:-]{0,253}$/,
      'Write the e-mail address of the service account.',
    ),
  ],
  ['--vpc-connector', text('vpc-connector', RESOURCE, NETWORK)],
  [
    '--vpc-egress',
    text(
      'vpc-egress',
      /^(?:all|all-traffic|private-ranges-only)$/,
      'Write `all-traffic` or `private-ranges-only`.',
    ),
  ],
  [
    '--clear-vpc-connector',
    nothing(
      { kind: 'text', of: 'vpc-connector', to: null },
      { kind: 'text', of: 'vpc-egress', to: null },
    ),
  ],
  ['--command', value(parseFlagList, (to) => ({ kind: 'words', of: 'command', to }))],
  ['--args', value(parseFlagList, (to) => ({ kind: 'words', of: 'args', to }))],
  [
    '--execution-environment',
    text('execution-environment', /^gen[12]$/, 'Write `gen1` or `gen2`.'),
  ],
  [
    '--network',
    value(
      (given) => parseForm(given, RESOURCE, NETWORK),
      (to) => ({ kind: 'network', of: 'network', to }),
    ),
  ],
  [
    '--subnet',
    value(
      (given) => parseForm(given, RESOURCE, NETWORK),
      (to) => ({ kind: 'network', of: 'subnet', to }),
    ),
  ],
  [
    '--network-tags',
    value(
      (given) => parseNames(given, /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'Write network tags.'),
      (to) => ({ kind: 'network-tags', to }),
    ),
  ],
  ['--clear-network-tags', nothing({ kind: 'network-tags', to: [] })],
  ['--clear-network', nothing({ kind: 'no-network' })],
  [
    '--min-instances',
    value(
      (given) => parseWholeOrDefault(given, { least: 0, most: 10_000 }),
      (to) => ({ kind: 'number', of: 'min-instances', to: to === 0 ? null : to }),
    ),
  ],
  [
    '--max-instances',
    value(
      (given) => parseWholeOrDefault(given, { least: 1, most: 10_000 }),
      (to) => ({ kind: 'number', of: 'max-instances', to }),
    ),
  ],
  [
    '--concurrency',
    value(
      (given) => parseWholeOrDefault(given, { least: 1, most: 1000 }),
      (to) => ({ kind: 'number', of: 'concurrency', to }),
    ),
  ],
  ['--timeout', value(parseRequestTimeout, (to) => ({ kind: 'number', of: 'timeout', to }))],
  [
    '--ingress',
    value(
      (given) =>
        parseForm(
          given,
          /^(?:all|internal|internal-and-cloud-load-balancing)$/,
          'Write `all`, `internal` or `internal-and-cloud-load-balancing`.',
        ),
      (is) => ({ kind: 'ingress', is }),
    ),
  ],
  [
    '--port',
    value(
      (given) =>
        given === 'default' ? taken(null) : parseWhole(given, { least: 1, most: 65_535 }),
      (to) => ({ kind: 'port', to }),
    ),
  ],
  ['--use-http2', nothing({ kind: 'http2', to: true })],
  ['--no-use-http2', nothing({ kind: 'http2', to: false })],
  ...onOff('cpu-throttling', 'cpu-throttling'),
  ...onOff('cpu-boost', 'cpu-boost'),
  ...onOff('session-affinity', 'session-affinity'),
]);

/** In each row, flags of different cells cannot be given together. */
const RIVALS: readonly (readonly (readonly string[])[])[] = [
  [
    ['--add-cloudsql-instances', '--remove-cloudsql-instances'],
    ['--set-cloudsql-instances'],
    ['--clear-cloudsql-instances'],
  ],
  [['--vpc-connector', '--vpc-egress'], ['--clear-vpc-connector']],
  [['--network', '--subnet', '--network-tags', '--clear-network-tags'], ['--clear-network']],
  [['--network-tags'], ['--clear-network-tags']],
];

/** null: nothing of `given` excludes it. */
export function rivalOf(name: string, given: readonly string[]): string | null {
  const opposite = name.startsWith('--no-') ? `--${name.slice(5)}` : `--no-${name.slice(2)}`;
  const rivals = RIVALS.filter((row) => row.some((cell) => cell.includes(name))).flatMap((row) =>
    row.filter((cell) => !cell.includes(name)).flat(),
  );
  return given.find((other) => other === opposite || rivals.includes(other)) ?? null;
}
