/** npm run demo:readme: writes what the README shows of the demo from the run of it on standard input. */
import { readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { excerptOf, withShown } from '../demo/excerpt.ts';

const README = new URL('../../README.md', import.meta.url);

const output = await text(process.stdin);
const whole = (['good', 'bad'] as const).reduce(
  (readme, name) => withShown(readme, name, excerptOf(output, name)),
  readFileSync(README, 'utf8'),
);
writeFileSync(README, whole);
