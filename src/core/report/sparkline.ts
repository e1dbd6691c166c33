/** A row of numbers as a row of bars: GitHub shows no inline charts in a check run. */

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/** Absence is no low bar. */
const ABSENT = '·';
const WIDEST = 60;

export type Sparkline = {
  readonly signs: string;
  readonly highest: number;
  /** How many values one sign stands for; it shows the highest of them. */
  readonly perSign: number;
};

/** null: no value at all, or one that is no finite number above or at zero. */
export function sparkline(values: readonly (number | null)[]): Sparkline | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0 || !known.every((value) => Number.isFinite(value) && value >= 0)) {
    return null;
  }
  const perSign = Math.ceil(values.length / WIDEST);
  const highest = highestOf(known);
  const signs = Array.from({ length: Math.ceil(values.length / perSign) }, (_, index) => {
    const group = values.slice(index * perSign, (index + 1) * perSign);
    const measured = group.filter((value) => value !== null);
    return measured.length === 0 ? ABSENT : barOf(highestOf(measured), highest);
  });
  return { signs: signs.join(''), highest, perSign };
}

function highestOf(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

function barOf(value: number, highest: number): string {
  const level = highest === 0 ? 0 : Math.ceil((value / highest) * (BARS.length - 1));
  return BARS[level] ?? ABSENT;
}
