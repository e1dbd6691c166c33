/**
 * The chart of the README from the benchmark's last line:
 * npm run bench:judge -- --full | npm run --silent bench:chart > docs/images/judging.svg
 */
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';

type Figures = {
  readonly falseRollback: Readonly<Record<string, number | null>>;
  readonly mustCatchMissed: number | null;
  readonly blastOverOracleA: number | null;
};

/** The rules that are shown, ours first, and what they are called. */
const SHOWN: readonly (readonly [key: string, label: string])[] = [
  ['ours', 'cloud-run-canary'],
  ['oursWithLogs', 'cloud-run-canary, request logs'],
  ['oursAdaptiveWithLogs', 'cloud-run-canary, adaptive, logs'],
  ['kayenta', 'Kayenta, 5-minute intervals'],
  ['groupSequential', 'group-sequential test'],
  ['sequentialInterval', 'sequential confidence interval'],
  ['lindonMalek', 'anytime-valid test'],
  ['argo', 'Argo Rollouts, failureLimit 3'],
  ['releaseManager', 'cloud-run-release-manager'],
  ['alertPolicyFitted', 'alert policy, fitted'],
  ['flaggerFitted', 'Flagger, fitted'],
];

const WIDTH = 860;
const ROW = 30;
const TOP = 62;
const LABELS = 250;
const GAP = 24;
const BAR = (WIDTH - LABELS - 3 * GAP) / 3;

const COLUMNS = [
  {
    title: 'healthy canaries undone',
    of: (one: Figures) => one.falseRollback['realistic'] ?? null,
  },
  { title: 'clearly bad ones missed', of: (one: Figures) => one.mustCatchMissed },
] as const;
const HARM = 'users hurt, × best possible (log)';

export function chart(line: string): string {
  const { rules, seed } = readLine(line);
  const rows = SHOWN.flatMap(([key, label]) => {
    const figures = rules[key];
    return figures === undefined ? [] : [{ label, figures, isOurs: key.startsWith('ours') }];
  });
  const height = TOP + rows.length * ROW + 34;
  const shares = COLUMNS.map((column, i) => {
    const x = LABELS + i * (BAR + GAP);
    const bars = rows.map(({ figures, isOurs }, row) => {
      const value = column.of(figures);
      const shown = value === null ? 'not measured' : `${Number((100 * value).toPrecision(2))} %`;
      return bar({ x, row, isOurs, part: value ?? 0, shown });
    });
    return [heading(x, column.title), ...bars].join('');
  });
  const x = LABELS + 2 * (BAR + GAP);
  const most = Math.max(...rows.map(({ figures }) => figures.blastOverOracleA ?? 1), 2);
  const harm = rows.map(({ figures, isOurs }, row) => {
    const value = figures.blastOverOracleA;
    const part = value === null ? 0 : Math.max(0, Math.log(value / 0.5) / Math.log(most / 0.5));
    const shown = value === null ? 'not measured' : `${Number(value.toPrecision(2))} ×`;
    return bar({ x, row, isOurs, part, shown });
  });
  const labels = rows.map(
    ({ label, isOurs }, row) =>
      `<text x="${LABELS - 12}" y="${middle(row)}" text-anchor="end"${isOurs ? ' font-weight="700"' : ''}>${label}</text>`,
  );
  const foot = `<text x="12" y="${height - 12}" class="small">Simulated rollouts, seed ${seed}. Rules that undo nearly everything hurt few users: read the columns together.</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="False rollbacks, missed faults and users hurt, by rule"><style>text{font:14px system-ui,sans-serif;fill:#1f2328}.small{font-size:12px;fill:#59636e}</style><rect width="${WIDTH}" height="${height}" fill="#ffffff"/><text x="12" y="24" font-weight="700">Same simulated rollouts, same data, every rule</text>${labels.join('')}${shares.join('')}${heading(x, HARM)}${harm.join('')}${foot}</svg>\n`;
}

function heading(x: number, title: string): string {
  return `<text x="${x}" y="${TOP - 12}" class="small">${title}</text>`;
}

function bar(one: {
  readonly x: number;
  readonly row: number;
  readonly isOurs: boolean;
  /** Of the column, 0…1. */
  readonly part: number;
  readonly shown: string;
}): string {
  const longest = BAR - 64;
  const width = Math.max(2, Math.round(longest * Math.min(1, one.part)));
  const colour = one.isOurs ? '#0969da' : '#8c959f';
  const y = TOP + one.row * ROW + 6;
  return `<rect x="${one.x}" y="${y}" width="${width}" height="${ROW - 12}" rx="3" fill="${colour}"/><text x="${one.x + width + 6}" y="${middle(one.row)}">${one.shown}</text>`;
}

function middle(row: number): number {
  return TOP + row * ROW + ROW / 2 + 5;
}

/** @throws Error for anything but the benchmark's last line. */
function readLine(line: string): {
  readonly seed: number;
  readonly rules: Readonly<Record<string, Figures>>;
} {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || !('rules' in value) || !('seed' in value)) {
    throw new Error('This is not the last line of npm run bench:judge.');
  }
  return value as ReturnType<typeof readLine>;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lines = (await text(process.stdin)).trim().split('\n');
  process.stdout.write(chart(lines.at(-1) ?? ''));
}
