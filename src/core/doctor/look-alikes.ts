/** Which of the names that are there was probably meant. */

const MOST = 3;

/** Best first, at most three. */
export function lookAlikes(wanted: string, names: readonly string[]): readonly string[] {
  return names
    .filter((name) => name !== wanted)
    .map((name) => ({ name, distance: isPartOf(wanted, name) ? 1 : changes(wanted, name) }))
    .filter(({ distance }) => distance <= Math.max(wanted.length > 2 ? 2 : 1, wanted.length / 3))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MOST)
    .map(({ name }) => name);
}

/** `web` and `web-prod`: whole words of one are those of the other. */
function isPartOf(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return `-${long}-`.includes(`-${short}-`);
}

/** Letters to add, remove or replace (Levenshtein). */
function changes(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, letter] of one.split('').entries()) {
    const next = [i + 1];
    for (const [j, against] of other.split('').entries()) {
      const replaced = (row[j] ?? 0) + (letter === against ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
