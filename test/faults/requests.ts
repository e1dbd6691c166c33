/** What the revisions answered, minute by minute, from the split that was really served. */
import type { Cell, Minute } from '../../src/core/judging-types.ts';
import type { Cloud, Span } from './cloud.ts';
import { MINUTE, REQUESTS_PER_MINUTE, SERVICE, TIMING } from './settings.ts';
import type { Truth } from './settings.ts';

const HEALTHY = 0.001;
/** Down for most of its users: what one row convicts of by itself, so that every second is the engine’s own. */
export const SICK = 0.6;
/** How long the canary that recovers is bad. */
const SICK_FOR = 150_000;

export class Requests {
  readonly #cloud: Pick<Cloud, 'spans'>;
  readonly #truth: Truth;
  readonly #cells = new Map<string, Cell | null>();

  constructor(cloud: Pick<Cloud, 'spans'>, truth: Truth) {
    this.#cloud = cloud;
    this.#truth = truth;
  }

  /** The points inside a window that have been delivered at `now`. */
  minutes(
    sides: { readonly canary: string; readonly baseline: string },
    window: { readonly from: number; readonly to: number },
    now: number,
  ): readonly Minute[] {
    const minutes: Minute[] = [];
    const end = Math.min(window.to, now - TIMING.ingestDelay);
    let start = Math.ceil(window.from / MINUTE) * MINUTE;
    for (; start + MINUTE <= end; start += MINUTE) {
      const canary = this.#cell(sides.canary, start);
      const baseline = this.#cell(sides.baseline, start);
      if (canary !== null || baseline !== null) minutes.push({ start, canary, baseline });
    }
    return minutes;
  }

  /** Share of failing requests; null: none of them is ever counted. */
  errorRate(revision: string, percent: number, at: number): number | null {
    if (!isCanary(revision)) return HEALTHY;
    switch (this.#truth) {
      case 'good':
        return HEALTHY;
      case 'bad-from-10':
        return percent >= 10 ? SICK : HEALTHY;
      case 'bad-from-50':
        return percent >= 50 ? SICK : HEALTHY;
      case 'silent-from-10':
        return null;
      case 'bad-then-good':
        return at < this.#firstServed(revision) + SICK_FOR ? SICK : HEALTHY;
    }
  }

  #firstServed(revision: string): number {
    return this.#cloud.spans.find(({ split }) => (split[revision] ?? 0) > 0)?.at ?? Infinity;
  }

  #cell(revision: string, start: number): Cell | null {
    const key = `${revision} ${start}`;
    const known = this.#cells.get(key);
    if (known !== undefined) return known;
    const cell = this.#count(revision, start);
    this.#cells.set(key, cell);
    return cell;
  }

  #count(revision: string, start: number): Cell | null {
    let requests = 0;
    let errors = 0;
    for (const { span, begin, end } of partsOf(this.#cloud.spans, start, start + MINUTE)) {
      const percent = span.split[revision] ?? 0;
      const rate = percent === 0 ? null : this.errorRate(revision, percent, begin);
      if (rate === null) continue;
      const part = ((end - begin) / MINUTE) * (percent / 100) * REQUESTS_PER_MINUTE;
      requests += part;
      errors += part * rate;
    }
    if (requests < 1) return null;
    return {
      requests: Math.round(requests),
      errors: Math.round(errors),
      clientErrors: 0,
      latency: null,
      memory: null,
    };
  }
}

/** Revisions that a rollout made to be judged; whatever else serves is healthy, a clone too. */
export function isCanary(revision: string): boolean {
  return revision.startsWith(`${SERVICE}-c`) && !revision.endsWith('-b');
}

type Part = { readonly span: Span; readonly begin: number; readonly end: number };

/** The spans that touch [from, to), cut to it. */
function partsOf(spans: readonly Span[], from: number, to: number): readonly Part[] {
  const parts: Part[] = [];
  for (let index = spans.length - 1; index >= 0; index -= 1) {
    const span = spans[index]!;
    const begin = Math.max(span.at, from);
    const end = Math.min(spans[index + 1]?.at ?? Infinity, to);
    if (begin < end) parts.unshift({ span, begin, end });
    if (span.at <= from) break;
  }
  return parts;
}
