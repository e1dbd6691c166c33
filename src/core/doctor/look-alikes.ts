/** Which of the names that are there was probably meant. */
import { editDistance } from '../edit-distance.ts';

const MOST = 3;

/** Best first, at most three. */
export function lookAlikes(wanted: string, names: readonly string[]): readonly string[] {
  return names
    .filter((name) => name !== wanted)
    .map((name) => ({ name, distance: isPartOf(wanted, name) ? 1 : editDistance(wanted, name) }))
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
