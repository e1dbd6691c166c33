/** A row of numbers as rows of bars: GitHub shows no inline charts in a check run. */

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/** Absence is no low bar. */
const ABSENT = '·';
const WIDEST = 60;

export type Sparkline = {
  readonly signs: string;
  /** Of these values; a bar as high as the scale is a full one. */
  readonly highest: number;
  /** How many values one sign stands for; it shows the highest of them. */
  readonly perSign: number;
};

/** null: no value at all, or one that is no finite number above or at zero. */
export function sparkline(
  values: readonly (number | null)[],
  /** What a full bar stands for, where several rows share it; left out: the highest value. */
  scale?: number,
): Sparkline | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0 || !known.every((value) => Number.isFinite(value) && value >= 0)) {
    return null;
  }
  const perSign = Math.ceil(values.length / WIDEST);
  const highest = highestOf(known);
  const signs = Array.from({ length: Math.ceil(values.length / perSign) }, (_, index) => {
    const group = values.slice(index * perSign, (index + 1) * perSign);
    const measured = group.filter((value) => value !== null);
    return measured.length === 0 ? ABSENT : barOf(highestOf(measured), scale ?? highest);
  });
  return { signs: signs.join(''), highest, perSign };
}

function highestOf(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

function barOf(value: number, scale: number): string {
  const level = scale === 0 ? 0 : Math.ceil((value / scale) * (BARS.length - 1));
  return BARS[Math.min(level, BARS.length - 1)] ?? ABSENT;
}
