/** Results of a long run, one line a cell, so that it can go on where it stopped. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Result } from './figures.ts';
import type { Task } from './grid.ts';
import { summaryOf } from './tally.ts';
import type { Tally } from './tally.ts';

/** What the results depend on. Another code or seed begins another file. */
export type Header = {
  readonly mode: string;
  readonly seed: number;
  readonly commit: string;
  readonly node: string;
};

type Line = { readonly task: Task; readonly results: readonly Result[] };

export type ResultsFile = {
  /** Of the tasks that were already played. */
  readonly known: readonly Result[];
  isPlayed(task: Task): boolean;
  append(task: Task, tallies: readonly Tally[]): readonly Result[];
};

export function openResults(path: string, header: Header): ResultsFile {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const isSame = lines[0] === JSON.stringify(header);
  if (!isSame) {
    if (lines.length > 0) throw new Error(`${path} is of another run; move it away.`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(header)}\n`);
  }
  // The last line is empty, or was cut off when the process was stopped.
  const read = lines.slice(1, -1).map((line) => JSON.parse(line) as Line);
  if (lines.length > 1) writeFileSync(path, `${lines.slice(0, -1).join('\n')}\n`);
  const played = new Set(read.map(({ task }) => JSON.stringify(task)));
  return {
    known: read.flatMap(({ results }) => results),
    isPlayed: (task) => played.has(JSON.stringify(task)),
    append(task, tallies) {
      const results = resultsOf(task, tallies);
      appendFileSync(path, `${JSON.stringify({ task, results })}\n`);
      return results;
    },
  };
}

export function resultsOf({ cell, rules }: Task, tallies: readonly Tally[]): readonly Result[] {
  return rules.map((rule, i) => ({ cell, rule, summary: summaryOf(tallies[i]!) }));
}
