import { logNormal } from './random.ts';
import type { Random } from './random.ts';

/**
 * What a revision does is chosen by the tag of its image: words joined by "_", each with an
 * optional value, e.g. `sandbox/app:v2_errors-0.5_slow-300`. The repository is free.
 *
 *   latest, healthy, v1, v2 …   nothing special; no tag at all means latest
 *   median-MS                   median latency (35): log-normal, most between 20 and 60 ms
 *   slow-MS                     every answer takes MS (300) longer
 *   errors-P                    P % (5) of the answers are 500; errors-0.3 makes a base rate
 *   late-errors-T               30 % errors once the instance is T (20s) old
 *   tires-N                     30 % errors from request N (50) of an instance on
 *   flapping-T                  T (4s) good, T with 30 % errors, and so on
 *   unauthorized-P              P % (50) of the answers are 401
 *   tail-P                      P % (5) of the answers take five times as long
 *   leak-MS                     every request makes all later ones MS (1) slower, up to 5 s
 *   cold-N                      the first N (20) requests of an instance take 1.5 s longer
 *   hang-P                      P % (100) of the requests are never answered
 *   dies-under-load-N           the process exits in the middle of request N (50)
 *   gone-T                      the process exits when it is T (5s) old, and no other one starts
 *   memory-P                    uses P (2) points more of its memory limit every second
 *   depends                     asks $DEPENDENCY before it answers, and fails when that does
 *   crash                       exits before it listens
 *   no-listen                   lives, but never listens
 *   no-pull, no-import, arm     Cloud Run may not read the image, cannot take it in, or run it
 *   no-secret, no-version       its account may not read a secret; a version of it is not there
 *   no-probe                    does not pass its startup probe
 *   silent                      answers, but its requests never become metrics
 *
 * Times are milliseconds, or have a unit: 500ms, 20s. A tag with any other word does not exist.
 */
export type Behaviour = {
  readonly medianMs: number;
  readonly addedMs: number;
  readonly errorPercent: number;
  readonly badAfterMs: number | null;
  readonly badFrom: number | null;
  readonly flapMs: number | null;
  readonly refusedPercent: number;
  readonly tailPercent: number;
  readonly leakMs: number;
  readonly coldRequests: number;
  readonly hangPercent: number;
  readonly diesAt: number | null;
  readonly goneAfterMs: number | null;
  /** Points of the memory limit every second. */
  readonly memoryGrowth: number;
  readonly asks: 'nobody' | 'dependency';
  readonly start: 'listens' | 'crashes' | 'never-listens' | Refused;
  readonly metrics: 'recorded' | 'lost';
};

/** Cloud Run says no before any process is started. */
type Refused = 'no-pull' | 'no-import' | 'arm' | 'no-secret' | 'no-version' | 'no-probe';

/** What an instance knows when a request arrives. */
export type InstanceState = { readonly served: number; readonly ageMs: number };

export type Turn =
  | { readonly kind: 'answer'; readonly status: 200 | 401 | 500; readonly delayMs: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'die' };

const HEALTHY: Behaviour = {
  medianMs: 35,
  addedMs: 0,
  errorPercent: 0,
  badAfterMs: null,
  badFrom: null,
  flapMs: null,
  refusedPercent: 0,
  tailPercent: 0,
  leakMs: 0,
  coldRequests: 0,
  hangPercent: 0,
  diesAt: null,
  goneAfterMs: null,
  memoryGrowth: 0,
  asks: 'nobody',
  start: 'listens',
  metrics: 'recorded',
};

const BAD_PERCENT = 30;
const COLD_MS = 1_500;
const LEAK_LIMIT_MS = 5_000;
const TAIL_TIMES = 5;

type Word = {
  readonly value: 'none' | 'number' | 'percent' | 'time';
  readonly otherwise: number;
  readonly means: (value: number) => Partial<Behaviour>;
};

function plain(means: Partial<Behaviour>): Word {
  return { value: 'none', otherwise: 0, means: () => means };
}

const WORDS: ReadonlyMap<string, Word> = new Map<string, Word>([
  ['latest', plain({})],
  ['healthy', plain({})],
  ['median', { value: 'time', otherwise: 35, means: (medianMs) => ({ medianMs }) }],
  ['slow', { value: 'time', otherwise: 300, means: (addedMs) => ({ addedMs }) }],
  ['errors', { value: 'percent', otherwise: 5, means: (errorPercent) => ({ errorPercent }) }],
  ['late-errors', { value: 'time', otherwise: 20_000, means: (badAfterMs) => ({ badAfterMs }) }],
  ['tires', { value: 'number', otherwise: 50, means: (badFrom) => ({ badFrom }) }],
  ['flapping', { value: 'time', otherwise: 4_000, means: (flapMs) => ({ flapMs }) }],
  ['unauthorized', { value: 'percent', otherwise: 50, means: (p) => ({ refusedPercent: p }) }],
  ['tail', { value: 'percent', otherwise: 5, means: (tailPercent) => ({ tailPercent }) }],
  ['leak', { value: 'time', otherwise: 1, means: (leakMs) => ({ leakMs }) }],
  ['cold', { value: 'number', otherwise: 20, means: (coldRequests) => ({ coldRequests }) }],
  ['hang', { value: 'percent', otherwise: 100, means: (hangPercent) => ({ hangPercent }) }],
  ['dies-under-load', { value: 'number', otherwise: 50, means: (diesAt) => ({ diesAt }) }],
  ['gone', { value: 'time', otherwise: 5_000, means: (goneAfterMs) => ({ goneAfterMs }) }],
  ['memory', { value: 'percent', otherwise: 2, means: (memoryGrowth) => ({ memoryGrowth }) }],
  ['depends', plain({ asks: 'dependency' })],
  ['crash', plain({ start: 'crashes' })],
  ['no-listen', plain({ start: 'never-listens' })],
  ['no-pull', plain({ start: 'no-pull' })],
  ['no-import', plain({ start: 'no-import' })],
  ['arm', plain({ start: 'arm' })],
  ['no-secret', plain({ start: 'no-secret' })],
  ['no-version', plain({ start: 'no-version' })],
  ['no-probe', plain({ start: 'no-probe' })],
  ['silent', plain({ metrics: 'lost' })],
]);

/** null: there is no such image. A digest says nothing here; the runtime remembers its digests. */
export function behaviourOf(image: string): Behaviour | null {
  const tag = /^[a-z0-9][^\s:@]*(?::[0-9]+\/[^\s:@]+)?(?::(?<tag>[\w.-]+))?$/.exec(image);
  if (tag === null) return null;
  let behaviour = HEALTHY;
  for (const word of (tag.groups?.['tag'] ?? 'latest').split('_')) {
    const meaning = meaningOf(word);
    if (meaning === null) return null;
    behaviour = { ...behaviour, ...meaning };
  }
  return behaviour;
}

function meaningOf(text: string): Partial<Behaviour> | null {
  if (/^v\d+$/.test(text)) return {};
  const parts = /^(?<name>[a-z]+(?:-[a-z]+)*)(?:-(?<value>\d+(?:\.\d+)?)(?<unit>ms|s)?)?$/.exec(
    text,
  );
  const word = WORDS.get(parts?.groups?.['name'] ?? '');
  if (word === undefined) return null;
  const value = parts?.groups?.['value'];
  const unit = parts?.groups?.['unit'];
  if (value === undefined) return word.means(word.otherwise);
  if (word.value === 'none' || (unit !== undefined && word.value !== 'time')) return null;
  const amount = Number(value) * (unit === 's' ? 1_000 : 1);
  if (word.value === 'percent' && amount > 100) return null;
  return word.means(amount);
}

/** What happens to the next request. */
export function turnOf(b: Behaviour, state: InstanceState, random: Random): Turn {
  const base = logNormal(random, { median: b.medianMs, sigma: 0.33 });
  const lot = random() * 100;
  if (b.diesAt !== null && state.served + 1 >= b.diesAt) return { kind: 'die' };
  if (random() * 100 < b.hangPercent) return { kind: 'hang' };
  const leaked = Math.min(state.served * b.leakMs, LEAK_LIMIT_MS);
  const cold = state.served < b.coldRequests ? COLD_MS : 0;
  const times = random() * 100 < b.tailPercent ? TAIL_TIMES : 1;
  const refused = random() * 100 < b.refusedPercent ? 401 : 200;
  return {
    kind: 'answer',
    status: lot < errorPercentAt(b, state) ? 500 : refused,
    delayMs: times * base + b.addedMs + leaked + cold,
  };
}

/** By how much of its memory limit an instance has grown. */
export function grownBy({ memoryGrowth }: Behaviour, ageMs: number): number {
  return (memoryGrowth * ageMs) / 100_000;
}

function errorPercentAt(b: Behaviour, { ageMs, served }: InstanceState): number {
  const isLate = b.badAfterMs !== null && ageMs >= b.badAfterMs;
  const isFlapped = b.flapMs !== null && Math.floor(ageMs / b.flapMs) % 2 === 1;
  const isTired = b.badFrom !== null && served + 1 >= b.badFrom;
  return isLate || isFlapped || isTired ? Math.max(BAD_PERCENT, b.errorPercent) : b.errorPercent;
}
