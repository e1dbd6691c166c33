/**
 * Writes the licences of what is in the bundle, from webpack's own list of modules: ncc's `--license`
 * leaves out every package that it could join with others. Runs on any Node from 20 on.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [stats, target] = process.argv.slice(2);
const root = join(import.meta.dirname, '..');

/** The folder of each package, below node_modules; one can be there in two versions. */
function foldersIn(modules, found = new Set()) {
  for (const module of modules ?? []) {
    const [, path = ''] = /node_modules\/(.*)$/.exec(module.nameForCondition ?? module.name) ?? [];
    const folder = /^(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
    if (folder !== undefined) found.add(folder);
    foldersIn(module.modules, found);
  }
  return found;
}

function entryOf(folder) {
  const place = join(root, 'node_modules', folder);
  const { name, version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
  const texts = readdirSync(place)
    .filter((file) => /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i.test(file))
    .toSorted()
    .map((file) => readFileSync(join(place, file), 'utf8').replaceAll('\r\n', '\n').trim());
  const text =
    texts.length === 0 ? 'The package has no file with its licence.' : texts.join('\n\n');
  return { name, version, text: `## ${name} ${version}: ${license}\n\n${text}\n` };
}

const { modules, chunks } = JSON.parse(readFileSync(stats, 'utf8'));
const folders = foldersIn([...modules, ...(chunks ?? []).flatMap((chunk) => chunk.modules ?? [])]);
const entries = new Map(
  [...folders].map(entryOf).map((one) => [`${one.name} ${one.version}`, one]),
);
const sorted = [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(target, sorted.map(([, { text }]) => text).join('\n'));
console.log(`${target}: ${sorted.length} packages`);
