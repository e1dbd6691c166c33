/** Feeds a parser with spoilt texts, and says what it should not have done. */
import { Problem } from '../../src/core/problem.ts';
import { below, createRandom, pick, spoil, spoilJson, spoilPairs } from './fuzz-mutate.ts';

export type Parser = {
  readonly name: string;
  /** Texts that it takes. */
  readonly seeds: readonly string[];
  /** How they are spoilt: as text alone, as JSON too, or as a list of names and texts. */
  readonly form: 'text' | 'json' | 'pairs';
  /** Time that each character of a text may take. */
  readonly msPerCharacter?: number;
  /** Gives what people get to see of it; an error that is a Problem is seen too. */
  readonly parse: (text: string) => unknown;
};

type Fault = {
  readonly kind: 'crash' | 'leak' | 'pollution' | 'slow';
  readonly why: string;
  readonly text: string;
};

export type Outcome = {
  readonly inputs: number;
  /** Texts that were answered by a Problem. */
  readonly problems: number;
  readonly slowestMs: number;
  readonly faults: readonly Fault[];
};

/** Planted where a secret stands; no part of it that anybody would recognise may be seen. */
export const SECRET = 'pl4nt3d-s3cret-of-n0body';
const RECOGNISED = 'pl4nt3d';
/** For any text, on a machine that does other things as well. */
const LEAST_MS = 250;
/** What grows with the square of a text is too slow for 64 KiB. */
const MS_PER_CHARACTER = 0.03;
const ENOUGH_FAULTS = 5;

export function fuzz(parser: Parser, inputs: number, seed: number): Outcome {
  const random = createRandom(seed);
  const faults: Fault[] = [];
  let problems = 0;
  let slowestMs = 0;
  let done = 0;
  while (done < inputs && faults.length < ENOUGH_FAULTS) {
    done += 1;
    const text = nextText(parser, random);
    const longest = LEAST_MS + text.length * (parser.msPerCharacter ?? MS_PER_CHARACTER);
    const begun = performance.now();
    const { shown, isProblem, crash } = outcomeOf(parser, text);
    const took = performance.now() - begun;
    problems += isProblem ? 1 : 0;
    const fault = (kind: Fault['kind'], why: string) => faults.push({ kind, why, text });
    if (crash !== null) fault('crash', crash);
    if (shown.includes(RECOGNISED)) fault('leak', shown.slice(0, 500));
    if (isPolluted()) fault('pollution', 'every object has a new field');
    // Once may be the machine; three times is the parser.
    if (took > longest) {
      const again = Math.min(took, timeOf(parser, text), timeOf(parser, text));
      slowestMs = Math.max(slowestMs, again);
      if (again > longest) fault('slow', `${again} ms`);
    } else slowestMs = Math.max(slowestMs, took);
  }
  return { inputs: done, problems, slowestMs, faults };
}

function nextText({ seeds, form }: Parser, random: () => number): string {
  const seed = pick(random, seeds);
  if (form === 'pairs') return spoilPairs(seed, random);
  return form === 'json' && below(random, 3) > 0
    ? spoilJson(seed, random)
    : spoil(seed, random, seeds);
}

function outcomeOf(
  { parse }: Parser,
  text: string,
): { readonly shown: string; readonly isProblem: boolean; readonly crash: string | null } {
  try {
    return { shown: JSON.stringify(parse(text)) ?? '', isProblem: false, crash: null };
  } catch (error) {
    if (error instanceof Problem) {
      const { summary, findings, advice, commands } = error;
      const shown = JSON.stringify([summary, findings, advice, commands]);
      return { shown, isProblem: true, crash: null };
    }
    const crash = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { shown: '', isProblem: false, crash };
  }
}

function timeOf(parser: Parser, text: string): number {
  const begun = performance.now();
  outcomeOf(parser, text);
  return performance.now() - begun;
}

const FIELDS = Object.getOwnPropertyNames(Object.prototype).length;

function isPolluted(): boolean {
  return (
    Object.getOwnPropertyNames(Object.prototype).length !== FIELDS ||
    Reflect.get({}, 'polluted') !== undefined ||
    Reflect.get([], 'polluted') !== undefined
  );
}
