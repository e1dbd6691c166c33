/** The direction of imports and the places of effects, read from the sources and tests themselves. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');

type Source = { readonly path: string; readonly text: string; readonly imports: readonly string[] };

const src = sourcesBelow('src');
const sandbox = sourcesBelow('test/sandbox').filter(
  ({ path }) => !/\.test\.ts$|\/fixture\.ts$/.test(path),
);

function sourcesBelow(folder: string): readonly Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text: withoutComments(text), imports: importsOf(path, text) };
    });
}

/** Own files as paths from the root, packages by name. */
function importsOf(path: string, text: string): readonly string[] {
  const found = [...text.matchAll(/(?:from|import|import\()\s*'([^']+)'/g)];
  return found.map(([, target = '']) =>
    target.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(path), target)) : target,
  );
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function isBelow(folder: string) {
  return ({ path }: Source) => path.startsWith(`${folder}/`);
}

/** Every use outside the allowed places, as "file: what". */
function strays(pattern: RegExp, allowed: readonly string[]): readonly string[] {
  return src
    .filter(({ path }) => !allowed.some((place) => path === place || path.startsWith(`${place}/`)))
    .flatMap(({ path, text }) => [...text.matchAll(pattern)].map(([what]) => `${path}: ${what}`));
}

test('the walk sees the sources', () => {
  expect(src.length).toBeGreaterThan(40);
  expect(sandbox.length).toBeGreaterThan(20);
  expect(src.find(({ path }) => path === 'src/engine/loop.ts')?.imports).toContain(
    'src/core/rollout/machine.ts',
  );
});

test('core imports only core, and a hash', () => {
  const wrong = src
    .filter(isBelow('src/core'))
    .flatMap(({ path, imports }) =>
      imports
        .filter((target) => !target.startsWith('src/core/'))
        .map((target) => `${path} → ${target}`),
    );
  expect(wrong).toEqual(['src/core/checksum.ts → node:crypto']);
});

test('engine imports only core and engine', () => {
  const wrong = src
    .filter(isBelow('src/engine'))
    .flatMap(({ imports }) => imports.filter((target) => !/^src\/(core|engine)\//.test(target)));
  expect(wrong).toEqual([]);
});

test('an edge imports no other edge but HTTP, JSON, files, endpoints and tokens', () => {
  const shared = /^src\/edges\/(http|json|file\.ts|endpoints|google-)/;
  const edgeOf = (path: string) =>
    /^src\/edges\/(cloud-run\/|[a-z]+)/.exec(path)?.[1]?.replace('/', '') ?? path;
  const wrong = src.filter(isBelow('src/edges')).flatMap(({ path, imports }) =>
    imports
      .filter((target) => target.startsWith('src/'))
      .filter((target) => !/^src\/(core\/|engine\/ports\.ts)/.test(target))
      .filter((target) => !shared.test(target) && edgeOf(target) !== edgeOf(path))
      .map((target) => `${path} → ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('only edges reach out of the process: nobody else imports a module of Node, but for a hash', () => {
  const wrong = src
    .filter((source) => !isBelow('src/edges')(source))
    .flatMap(({ path, imports }) =>
      imports.filter((target) => target.startsWith('node:')).map((target) => `${path} → ${target}`),
    );
  expect(wrong.sort()).toEqual(['src/core/checksum.ts → node:crypto', 'src/main.ts → node:crypto']);
});

test('each package is imported in one place', () => {
  const places: Record<string, RegExp> = {
    axios: /^src\/edges\/http/,
    'p-retry': /^src\/edges\/(http|cloud-run\/revisions)\.ts$/,
    '@google-cloud/run': /^src\/edges\/cloud-run\/(revisions|client|revision-state)/,
    'google-auth-library': /^src\/edges\/google-auth(-source)?\.ts$/,
    '@octokit/': /^src\/edges\/github/,
    '@actions/': /^src\/edges\/runner\.ts$/,
    yaml: /^src\/edges\/service-yaml\.ts$/,
  };
  const wrong = src.flatMap(({ path, imports }) =>
    imports
      .filter((target) => !target.startsWith('src/') && !target.startsWith('node:'))
      .filter((target) => {
        const known = Object.keys(places).find((name) => target.startsWith(name));
        return known === undefined || !places[known]?.test(path);
      })
      .map((target) => `${path} → ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('the environment is read in one place', () => {
  const allowed = ['src/quiet.ts', 'src/index.ts', 'src/edges/runner.ts', 'src/edges/signals.ts'];
  expect(strays(/\bprocess\.\w+/g, allowed)).toEqual([]);
});

test('timers stand in the clock and in HTTP, the current time and randomness in one place', () => {
  const timers = /\b(?:setTimeout|setInterval|setImmediate|AbortSignal\.timeout)\b/g;
  expect(strays(timers, ['src/edges/clock.ts', 'src/edges/http.ts'])).toEqual([]);
  expect(strays(/\bDate\.now\b|new Date\(\)/g, ['src/edges/clock.ts'])).toEqual([]);
  const elapsed = ['src/edges/clock.ts', 'src/edges/http.ts'];
  expect(strays(/performance\.now/g, elapsed)).toEqual([]);
  expect(strays(/Math\.random|randomBytes\(|randomUUID/g, ['src/main.ts'])).toEqual([]);
});

test('nothing starts a process or runs text', () => {
  expect(strays(/child_process|\beval\(|new Function|\bimport\((?!')/g, [])).toEqual([]);
});

test('one call site can change a service', () => {
  const puts = strays(/\bhttp\.put\(/g, []);
  expect(puts).toEqual(['src/edges/cloud-run/send.ts: http.put(']);
  // And one can delete a canary that was undone.
  const others = strays(/\b(?:updateService|createService|deleteService|deleteRevision)\(/g, []);
  expect(others).toEqual(['src/edges/cloud-run/revisions.ts: deleteRevision(']);
});

test('requests of any method are sent by the smoke probes alone', () => {
  expect(strays(/\bhttp\.ask\(/g, [])).toEqual(['src/edges/probe-request.ts: http.ask(']);
});

test('what is pinned to an address and carries a body is sent by notifications alone', () => {
  expect(strays(/\bhttp\.tell\(/g, [])).toEqual(['src/edges/notify.ts: http.tell(']);
});

test('who says that nothing was changed says what is left of it while a write is under way', () => {
  const claims = /\bstop\((?:(?!\);)[^])*?\b(?:was changed|Cancelled before)/gi;
  // Where both are made; and a first deployment, whose end nobody waits for.
  const apart = ['src/core/rollout/answers.ts', 'src/core/rollout/first.ts'];
  expect(strays(claims, apart)).toEqual([]);
});

test('the sources know nothing of tests, and the sandbox nothing of the sources', () => {
  expect(src.flatMap(({ imports }) => imports.filter((t) => t.startsWith('test/')))).toEqual([]);
  expect(strays(/VITEST|NODE_ENV|sandbox/gi, [])).toEqual([]);
  const foreign = /^src\/|^axios|^@google-cloud|^google-auth|^@octokit|^@actions/;
  expect(sandbox.flatMap(({ imports }) => imports.filter((t) => foreign.test(t)))).toEqual([]);
});

test('files are small, and nothing is exported as a default or wholesale', () => {
  const long = [...src, ...sandbox]
    .map(({ path }) => ({
      path,
      lines: readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1,
    }))
    .filter(({ path, lines }) => lines > (/machine|report|model/.test(path) ? 300 : 250));
  expect(long).toEqual([]);
  expect(strays(/export default|export \*/g, [])).toEqual([]);
});

// The one from the package belongs, after an await, to whichever test began last.
// https://vitest.dev/api/hooks#ontestfinished
test('tests side by side, and what they import, use no hook but the one of their own context', () => {
  const tests = sourcesBelow('test');
  const sideBySide = tests.filter(({ text }) => /\.concurrent\b|concurrent: true/.test(text));
  expect(sideBySide.length).toBeGreaterThan(15);
  const hook = /import \{[^}]*\bonTest(?:Finished|Failed)\b[^}]*\} from 'vitest'/;
  const wrong = sideBySide.flatMap((one) =>
    withImports(one, tests)
      .filter(({ text }) => hook.test(text))
      .map(({ path }) => `${one.path} → ${path}`),
  );
  expect(wrong).toEqual([]);
});

function withImports(one: Source, among: readonly Source[]): readonly Source[] {
  const found = new Set([one]);
  // A set also walks through what is added on the way.
  for (const { imports } of found) {
    for (const source of among) if (imports.includes(source.path)) found.add(source);
  }
  return [...found];
}
