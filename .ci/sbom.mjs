/** Keeps of a CycloneDX document what dist/licenses.txt says is in the bundle. Any Node from 20 on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const licences = readFileSync(join(import.meta.dirname, '../dist/licenses.txt'), 'utf8');
const bundled = new Set([...licences.matchAll(/^## (\S+ \S+): /gm)].map(([, name]) => name));
const all = JSON.parse(readFileSync(0, 'utf8'));

const components = all.components.filter(({ name, version }) => bundled.has(`${name} ${version}`));
const found = new Set(components.map(({ name, version }) => `${name} ${version}`));
const missing = [...bundled].filter((name) => !found.has(name));
if (missing.length > 0) throw new Error(`The lock has no ${missing.join(', ')}.`);

const root = all.metadata.component['bom-ref'];
const kept = new Set([root, ...components.map((component) => component['bom-ref'])]);
const dependencies = all.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }));
console.log(JSON.stringify({ ...all, components, dependencies }, null, 2));
