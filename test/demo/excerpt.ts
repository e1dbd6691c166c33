/** The parts of a demo's output that the README shows, and whether they are still what is said. */
import type { Act } from './act.ts';

type Name = Act['name'];

/** In the order in which they are said; of several lines that fit the first one counts. */
const SAID: Readonly<Record<Name, readonly RegExp[]>> = {
  good: [
    / s {2}Creating \S+ at 0 %\.$/,
    / s {2}\d+ of \d+ smoke probes /,
    / s {2}Passed: raising \S+ to 10 %\.$/,
    /^ {2}users \| .* canary \S+ 10 %, .* errors$/,
    / s {2}Look \S+ UTC: pass\./,
    / s {2}Passed: raising \S+ to 50 %\.$/,
    /^ {2}users \| .* canary \S+ 50 %, [2-9]\d\.\d req\/s, .* errors$/,
    / s {2}Promoting \S+ to 100 %\.$/,
    / s {2}\S+ has all traffic\.$/,
    /^promoted /,
  ],
  bad: [
    / s {2}\d+ of \d+ smoke probes /,
    / s {2}Passed: raising \S+ to 10 %\.$/,
    /^ {2}users \| .* canary \S+ 10 %, .*, 0\.0 % errors$/,
    /^ {2}users \| .* canary \S+ 10 %, .*, (?!0\.0)\S+ % errors$/,
    / s {2}Look \S+ UTC: unknown\. Evidence /,
    / s {2}Look \S+ UTC: fail\./,
    / s {2}Restoring \S+ to 100 % /,
    / s {2}\S+ has all traffic again\.$/,
    /^What users saw /,
    /^requests /,
    /^served by the canary /,
    /^failed /,
    /^first on the canary to 0 % /,
    /^restored /,
  ],
};

/** Whoever stands in the way of reading on: a gap is shown behind these. */
const BEFORE_A_GAP = [/^ {2}users \| /, / has all traffic(?: again)?\.$/, /^first on /];

/** `output` is that of `npm run demo` on no terminal, with both acts. @throws for a line that is not there. */
export function excerptOf(output: string, name: Name): readonly string[] {
  const lines = partsOf(output, name);
  const chosen = SAID[name]
    .map((form) => {
      const at = lines.findIndex((line) => form.test(line));
      if (at < 0) throw new Error(`The ${name} canary has no line like ${form.source}`);
      return at;
    })
    .sort((one, other) => one - other);
  return chosen.flatMap((at, index) => {
    const line = lines[at] ?? '';
    const isGap = (chosen[index + 1] ?? at + 1) > at + 1;
    return isGap && BEFORE_A_GAP.some((form) => form.test(line)) ? [line, '…'] : [line];
  });
}

/** Its act, and what stands below both. */
function partsOf(output: string, name: Name): readonly string[] {
  const [, good = '', bad = ''] = output.split(/^── .* ──$/m);
  const [act = '', ending = ''] = bad.split(/^(?=What users saw)/m);
  return `${name === 'good' ? good : act}\n${ending}`.split('\n');
}

/** What the README shows of it, as it stands there. */
export function shownIn(readme: string, name: Name): readonly string[] {
  const [, block = ''] =
    new RegExp(`<!-- demo:${name} -->\n\`\`\`text\n([^]*?)\n\`\`\`\n<!-- /demo`).exec(readme) ?? [];
  return block.split('\n');
}

export function withShown(readme: string, name: Name, lines: readonly string[]): string {
  return readme.replace(shownIn(readme, name).join('\n'), () => lines.join('\n'));
}

/** Lines that the action says there, but no line of this log is like. */
export function strangeTo(log: string, shown: readonly string[]): readonly string[] {
  const shapes = new Set(log.split('\n').map(shapeOf));
  return shown
    .flatMap((line) => /^ *\d+\.\d s {2}(.*)$/.exec(line)?.[1] ?? [])
    .filter((said) => !shapes.has(shapeOf(said)));
}

/** Without what differs from run to run: names of revisions, numbers, and which of the data decided. */
export function shapeOf(line: string): string {
  return line
    .trim()
    .replaceAll(/\bweb-[a-z0-9]+(?:-[a-z0-9]+)?/g, 'REVISION')
    .replaceAll(/\d+(?:[.,:–]\d+)*/g, 'N')
    .replaceAll('more than N', 'N')
    .replaceAll(/last N s|N s of this stage/g, 'SPAN');
}
