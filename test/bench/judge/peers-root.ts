/**
 * A zero by Brent's method, with the accuracy that Kayenta's solver has (spinnaker/kayenta a69573be,
 * kayenta-mannwhitney): where a function only has jumps, it is this accuracy that an answer shows.
 */

type Point = { readonly x: number; readonly y: number };

const ACCURACY = 1e-4;
const MOST_ROUNDS = 1000;

/** Between two points on either side of the axis. */
export function brentRoot(height: (x: number) => number, lower: Point, upper: Point): number {
  let [previous, best, opposite] = [lower, upper, lower];
  for (let round = 0; round <= MOST_ROUNDS; round += 1) {
    const lastStep = best.x - previous.x;
    if (Math.abs(opposite.y) < Math.abs(best.y))
      [previous, best, opposite] = [best, opposite, best];
    const near = 2 * Number.EPSILON * Math.abs(best.x) + ACCURACY / 2;
    const half = (opposite.x - best.x) / 2;
    if (Math.abs(half) <= near || best.y === 0) return best.x;
    const isPromising = Math.abs(lastStep) >= near && Math.abs(previous.y) > Math.abs(best.y);
    const bold = isPromising ? interpolated({ previous, best, opposite }) : null;
    const isModest =
      bold !== null &&
      Math.abs(bold) < Math.abs(1.5 * half) - near / 2 &&
      Math.abs(bold) < Math.abs(lastStep / 2) &&
      bold * half >= 0;
    const step = isModest ? bold : half;
    const x = best.x + (Math.abs(step) >= near ? step : step > 0 ? near : -near);
    previous = best;
    best = { x, y: height(x) };
    if (best.y * opposite.y > 0) opposite = previous;
  }
  return best.x;
}

/** The step from `best` to where a line, or a sideways parabola, through the points meets the axis. */
function interpolated(points: {
  readonly previous: Point;
  readonly best: Point;
  readonly opposite: Point;
}): number {
  const { previous, best, opposite } = points;
  const toOpposite = opposite.x - best.x;
  const s = best.y / previous.y;
  if (previous.x === opposite.x) return -(toOpposite * s) / (1 - s);
  const q = previous.y / opposite.y;
  const r = best.y / opposite.y;
  const p = s * (toOpposite * q * (q - r) - (best.x - previous.x) * (r - 1));
  return -p / ((q - 1) * (r - 1) * (s - 1));
}
