/** The ramp as a person writes it: "5% for 10m, 20% for 5m..15m, 50% for 10m until promoted". */
import { refused, taken } from './parsed.ts';
import type { Fault, Parsed } from './parsed.ts';
import { AUTO_RAMP } from '../rollout/auto-stages.ts';
import type { Millis, Stage } from '../types.ts';
import { formatDuration, parseDuration } from './units.ts';

/** Enough for any ramp; the record on the service holds one number per stage. */
const MOST_STAGES = 20;
const SHORTEST_BAKE: Millis = 1000;
const LONGEST_BAKE: Millis = 7 * 24 * 60 * 60 * 1000;
const LONGEST_RAMP: Millis = 30 * 24 * 60 * 60 * 1000;

/** Left to us; core/rollout/auto-stages.ts fits it to the service. */
export const AUTO = 'auto';

const EXAMPLE = 'Write each stage as `5% for 10m`, separated by commas or new lines.';
const GATE_EXAMPLE =
  'Write it as `50% for 10m until promoted`, or `50% until promoted` without a length.';
const RANGE_EXAMPLE = 'Write the shortest time first, as in `5% for 5m..15m`.';
const NO_FULL_BAKE =
  'Leave it out: 100% follows the last stage by itself and ends the rollout there.';
const NO_ZERO =
  'Leave it out: every rollout starts at 0% by itself, and smoke_path is asked there.';
const NO_GATE_AT_ZERO =
  'Leave it out and use the command `deploy`: it stops at 0% until `ramp` or `promote`.';

type Ramp = readonly [Stage, ...Stage[]];

export function parseStages(text: string): Parsed<Ramp> {
  if (text.trim() === AUTO) return taken(AUTO_RAMP);
  const entries = entriesOf(text);
  if (entries.length > MOST_STAGES + 1) {
    return refused(
      text,
      `has ${entries.length} stages`,
      `Write at most ${MOST_STAGES} stages; each one has to gather enough requests.`,
    );
  }
  const faults: Fault[] = [];
  const stages: Stage[] = [];
  for (const [index, entry] of entries.entries()) {
    if (index === entries.length - 1 && index > 0 && /^100[ \t]*%$/.test(entry)) break;
    const stage = parseStage(entry);
    if (!stage.ok) faults.push(...stage.faults);
    else {
      const before = stages.at(-1);
      stages.push(stage.value);
      if (before !== undefined && before.percent >= stage.value.percent) {
        faults.push({
          value: entry,
          wrong: `does not rise: the stage before it is at ${before.percent}%`,
          advice: 'Write the percentages in rising order, each one once.',
        });
      }
    }
  }
  return faults.length > 0 ? { ok: false, faults } : wholeRamp(text, stages);
}

/** What can only be said of all the stages together. */
function wholeRamp(text: string, stages: readonly Stage[]): Parsed<Ramp> {
  const [first, ...rest] = stages;
  if (first === undefined) return refused(text, 'has no stage', EXAMPLE);
  if (stages.length > MOST_STAGES) {
    return refused(
      text,
      `has ${stages.length} stages`,
      `Write at most ${MOST_STAGES} stages; each one has to gather enough requests.`,
    );
  }
  const total = stages.reduce((sum, stage) => sum + stage.bake, 0);
  if (total > LONGEST_RAMP) {
    return refused(
      text,
      `takes ${formatDuration(total)} in all`,
      `Write stages that take at most ${formatDuration(LONGEST_RAMP)} together.`,
    );
  }
  return taken([first, ...rest]);
}

/** A comma before a line break counts once, and blank lines not at all: both are easy to leave. */
function entriesOf(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .flatMap((line) => (line.endsWith(',') ? line.slice(0, -1) : line).split(','))
    .map((entry) => entry.trim());
}

function parseStage(entry: string): Parsed<Stage> {
  const match = /^(\d{1,3})[ \t]*%(?:[ \t]+for[ \t]+(\S+))?(?:[ \t]+(until[ \t]+promoted))?$/.exec(
    entry,
  );
  const gate = match?.[3] !== undefined;
  if (match === null || (match[2] === undefined && !gate)) return notAStage(entry);
  const percent = Number(match[1]);
  if (percent === 0) return refused(entry, 'starts at 0%', gate ? NO_GATE_AT_ZERO : NO_ZERO);
  if (percent === 100) return refused(entry, 'watches the canary at 100%', NO_FULL_BAKE);
  if (percent > 100) {
    return refused(entry, 'is more than all of the traffic', 'Write a percentage from 1% to 99%.');
  }
  // A gate alone waits for a person; the canary still has to pass its first look.
  if (match[2] === undefined) return taken({ percent, bake: 0, least: 0, gate });
  const bake = parseBake(match[2]);
  return bake.ok
    ? taken({ percent, ...bake.value, gate })
    : { ok: false, faults: bake.faults.map((fault) => ({ ...fault, value: entry })) };
}

/** "10m", or "5m..15m" for a stage that ends as soon as harm is ruled out. */
function parseBake(text: string): Parsed<Pick<Stage, 'bake' | 'least'>> {
  const range = { least: SHORTEST_BAKE, most: LONGEST_BAKE, kind: 'wait' } as const;
  const [shortest = '', longest = shortest, ...more] = text.split('..');
  if (more.length > 0) return refused(text, 'has more than two durations', RANGE_EXAMPLE);
  const [least, bake] = [parseDuration(shortest, range), parseDuration(longest, range)];
  const faults = [least, bake].flatMap((one) => (one.ok ? [] : one.faults)).slice(0, 1);
  if (!least.ok || !bake.ok) {
    return {
      ok: false,
      faults: faults.map((fault) => ({ ...fault, wrong: `has a duration that ${fault.wrong}` })),
    };
  }
  if (text.includes('..') && least.value >= bake.value) {
    return refused(text, 'ends before it begins', RANGE_EXAMPLE);
  }
  return taken({ bake: bake.value, least: least.value });
}

function notAStage(entry: string): Parsed<never> {
  if (entry === '') return refused(entry, 'has an empty stage', 'Remove the extra comma.');
  if (/^100[ \t]*%$/.test(entry)) {
    return refused(
      entry,
      'is no stage of its own',
      'Write at least one stage below 100% before it; as the last entry it may also be left out.',
    );
  }
  if (/^[+-]/.test(entry)) return refused(entry, 'has a sign', EXAMPLE);
  if (/^\d+[.,]\d+[ \t]*%/.test(entry)) {
    return refused(
      entry,
      'is not a whole percentage',
      'Cloud Run splits traffic in whole percents: write `1% for 10m` or more.',
    );
  }
  const gate = gateFault(entry);
  if (gate !== null) return refused(entry, gate, GATE_EXAMPLE);
  if (/^\d+[ \t]*%$/.test(entry)) {
    return refused(entry, 'does not say for how long', 'Add the duration, as in `5% for 10m`.');
  }
  if (/^\d+([ \t]|$)/.test(entry)) return refused(entry, 'has no percent sign', EXAMPLE);
  return refused(entry, 'is not a stage', EXAMPLE);
}

/** null: what is wrong is not the part about the person. */
function gateFault(entry: string): string | null {
  const gates = entry.match(/\buntil\b/gi)?.length ?? 0;
  if (gates === 0) return null;
  if (gates > 1) return 'waits for a person twice';
  if (/^until\b/i.test(entry)) return 'does not say at what percentage';
  if (/\buntil[ \t]+promoted[ \t]+for\b/.test(entry)) return 'has its duration behind the gate';
  return /\buntil[ \t]+promoted$/.test(entry) ? null : 'waits for something else than a promotion';
}

/** Canonical text: what `parseStages` reads back. */
export function formatStages(stages: readonly Stage[]): string {
  return stages.map(formatStage).join(', ');
}

function formatStage({ percent, bake, least, gate }: Stage): string {
  const early = least < bake ? `${formatDuration(least)}..` : '';
  const watched = bake > 0 ? ` for ${early}${formatDuration(bake)}` : '';
  return `${percent}%${watched}${gate ? ' until promoted' : ''}`;
}
