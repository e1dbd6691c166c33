/** The state of the traffic in words and bars: who is served, and what the users get. */
import { styleText } from 'node:util';
import type { Rate, Rates } from './rates.ts';

export type Moment = {
  readonly stable: string;
  /** Percent rows served now, by revision. */
  readonly served: Readonly<Record<string, number>>;
  readonly rates: Rates;
};

export type Row = { readonly text: string; readonly isBad: boolean };

export type Picture = {
  /** One line a revision, for a terminal. */
  readonly rows: readonly Row[];
  /** All of it in one line, for a log. */
  readonly line: string;
  /** Changes when the split does. */
  readonly split: string;
};

type Paint = (format: 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', text: string) => string;

type Shown = {
  readonly role: string;
  readonly name: string;
  readonly percent: number;
  readonly rate: Rate;
};

const BAR = 20;
const IDLE: Rate = { perSecond: 0, errors: null, meanLatencyMs: null };

/** Colour where the terminal has it and nobody refused it (https://no-color.org). */
export const paint: Paint = (format, text) => styleText(format, text, { stream: process.stdout });

export function pictureOf({ stable, served, rates }: Moment): Picture {
  const others = [...new Set([...Object.keys(served), ...rates.revisions.keys()])];
  const names = [stable, ...others.filter((name) => name !== stable)];
  const width = Math.max(...names.map(({ length }) => length));
  const shown = names.map((name) => ({
    role: name === stable ? 'stable' : 'canary',
    name,
    percent: served[name] ?? 0,
    rate: rates.revisions.get(name) ?? IDLE,
  }));
  const rows = shown.map((one) => rowOf(one, width));
  const parts = shown.map(
    ({ role, name, percent, rate }) =>
      `${role} ${name} ${percent} %, ${rate.perSecond.toFixed(1)} req/s, ${errorText(rate)}`,
  );
  const lost =
    rates.lostPerSecond > 0 ? [`no revision answered ${rates.lostPerSecond.toFixed(1)} req/s`] : [];
  return {
    rows: [...rows, ...lost.map((text) => ({ text: ` ${text}`, isBad: true }))],
    line: [...parts, ...lost].join(' | '),
    split: shown.map(({ name, percent }) => `${name}=${percent}`).join(),
  };
}

function rowOf({ role, name, percent, rate }: Shown, width: number): Row {
  const cells = [
    ` ${role}  ${name.padEnd(width)}`,
    `${String(percent).padStart(3)} % ${bar(percent)}`,
    `${rate.perSecond.toFixed(1).padStart(5)} req/s`,
    errorText(rate).padStart(13),
    latencyText(rate).padStart(7),
  ];
  return { text: cells.join('  '), isBad: rate.errors !== null && rate.errors > 0 };
}

/** What the runner shows of one message, made plain; null: nothing to show. */
export function logLine(text: string): string | null {
  const [, command = '', rest = text] = /^##\[(\w+)\](.*)$/s.exec(text) ?? [];
  switch (command) {
    case 'endgroup':
      return null;
    case 'group':
      return paint('bold', `▸ ${rest}`);
    case 'error':
      return paint('red', `error: ${rest}`);
    case 'warning':
      return paint('yellow', `warning: ${rest}`);
    case 'notice':
    case 'debug':
      return paint('dim', `${command}: ${rest}`);
    default:
      return verdictLine(text);
  }
}

function verdictLine(text: string): string {
  const verdict = /^Look \S+ UTC: (pass|fail)\b/.exec(text)?.[1];
  if (verdict === undefined) return text;
  return paint(verdict === 'pass' ? 'green' : 'red', text);
}

function bar(percent: number): string {
  const filled = Math.round((percent / 100) * BAR);
  return '█'.repeat(filled) + '·'.repeat(BAR - filled);
}

/** No answer is not an error rate of zero. */
function errorText({ errors }: Rate): string {
  return errors === null ? 'no answers' : `${(errors * 100).toFixed(1)} % errors`;
}

function latencyText({ meanLatencyMs }: Rate): string {
  return meanLatencyMs === null ? '– ms' : `${meanLatencyMs.toFixed(0)} ms`;
}
