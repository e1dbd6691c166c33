/** https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations */

/** The values of one job of a matrix; empty where there is none. */
export type Leg = Readonly<Record<string, unknown>>;

export function legsOf(matrix: unknown): readonly Leg[] {
  if (matrix === null || matrix === undefined) return [{}];
  if (typeof matrix !== 'object') throw new Error('The matrix is no mapping');
  const { include = [], exclude, ...axes } = Object.fromEntries(Object.entries(matrix));
  if (exclude !== undefined) throw new Error('The harness does not know exclude');
  const product = Object.entries(axes).reduce<readonly Leg[]>(
    (legs, [axis, values]) =>
      legs.flatMap((leg) => listOf(values).map((value) => ({ ...leg, [axis]: value }))),
    [{}],
  );
  const isBare = Object.keys(axes).length === 0;
  const legs = isBare ? [] : product;
  return listOf(include).reduce<readonly Leg[]>((all, more) => withMore(all, more, axes), legs);
}

/** Added to every leg that it contradicts in no axis; to none of them: a leg of its own. */
function withMore(legs: readonly Leg[], more: unknown, axes: Leg): readonly Leg[] {
  const extra: Leg = typeof more === 'object' && more !== null ? { ...more } : {};
  const fits = (leg: Leg): boolean =>
    Object.keys(axes).every((axis) => !(axis in extra) || leg[axis] === extra[axis]);
  const isNew = legs.length === 0 || !legs.some((leg) => fits(leg) && Object.keys(axes).length > 0);
  return isNew ? [...legs, extra] : legs.map((leg) => (fits(leg) ? { ...leg, ...extra } : leg));
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('A list is missing in the matrix');
  return value;
}
