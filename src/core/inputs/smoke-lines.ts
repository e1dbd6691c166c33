/** `smoke_path`: one request a line, as `/healthz`, `HEAD /`, `POST /echo 200-299`. */
import { refused, taken } from './parsed.ts';
import type { Fault, Parsed } from './parsed.ts';
import { parsePath, parseStatuses, unwritable } from './smoke.ts';
import { REPEATABLE } from '../smoke-line.ts';
import type { ProbeMethod, SmokeLine } from '../smoke-line.ts';
import { listOf } from './units.ts';

const METHODS: readonly ProbeMethod[] = [...REPEATABLE, 'POST', 'PUT', 'PATCH', 'DELETE'];
/** With these the plan of a rollout stays well within its annotation. */
const MOST_LINES = 10;
const MOST_TEXT = 2048;
const MOST_RANGES = 3;

type Lines = readonly [SmokeLine, ...SmokeLine[]];

/** null: no smoke test. */
export function parseSmokeLines(text: string): Parsed<Lines | null> {
  if (text === 'off') return taken(null);
  const rows = text
    .split('\n')
    .map((row) => row.trim())
    .filter((row) => row !== '');
  if (rows.length > MOST_LINES || text.length > MOST_TEXT) {
    const advice = `Write at most ${MOST_LINES} lines and ${MOST_TEXT} characters in all.`;
    return refused(null, 'is too long a list', advice);
  }
  const parsed = rows.map(parseLine);
  const lines = parsed.flatMap((line) => (line.ok ? [line.value] : []));
  const faults = [...parsed.flatMap((line) => (line.ok ? [] : line.faults)), ...repeats(lines)];
  const [first, ...more] = lines;
  if (faults.length > 0) return { ok: false, faults };
  if (first === undefined) return refused(text, 'names no path', 'Write a path, or `off`.');
  return taken([first, ...more]);
}

function parseLine(row: string): Parsed<SmokeLine> {
  const words = row.split(/[ \t]+/);
  const method = METHODS.find((known) => known === words[0]);
  if (method === undefined && words.length > 1 && /^[A-Za-z]+$/.test(words[0] ?? '')) {
    return refused(row, 'begins with an unknown method', `Write ${listOf(METHODS)}, or the path.`);
  }
  const [path = '', ...rest] = method === undefined ? words : words.slice(1);
  if (path === '') return refused(row, 'has a method and no path', 'Write `HEAD /healthz`.');
  if (rest.length > 0 && !/^[0-9]/.test(rest.join(''))) return unwritable(row);
  const taking = parsePath(path);
  const statuses = rest.length === 0 ? taken(null) : parseStatuses(rest.join(' '), MOST_RANGES);
  if (!taking.ok || !statuses.ok) {
    return { ok: false, faults: [taking, statuses].flatMap((one) => (one.ok ? [] : one.faults)) };
  }
  return taken({ method: method ?? 'GET', path: taking.value, statuses: statuses.value });
}

function repeats(lines: readonly SmokeLine[]): readonly Fault[] {
  const names = lines.map(({ method, path }) => `${method} ${path}`);
  const twice = names.filter((name, index) => names.indexOf(name) < index);
  return twice.map((value) => ({ value, wrong: 'is written twice', advice: 'Write it once.' }));
}
