/**
 * What the bundle could reach, read from its syntax tree: hosts, variables, files, modules and code
 * made of text. Comments are no part of it.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { parseAst } from 'vitest/node';

export const KINDS = ['host', 'variable', 'file', 'module', 'code'] as const;
type Kind = (typeof KINDS)[number];
/** Of modules and code the number of places is part of the word: one more is a new word. */
export type Words = Readonly<Record<Kind, readonly string[]>>;

const DIST = join(import.meta.dirname, '../../dist');
/** Modules that can start a program or run a text. */
const DANGEROUS = new Set(['child_process', 'vm', 'worker_threads', 'cluster', 'module', 'repl']);

type Node = Readonly<Record<string, unknown>>;

export function bundleTexts(): readonly string[] {
  return readdirSync(DIST)
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(join(DIST, name), 'utf8'));
}

export function wordsOf(texts: readonly string[]): Words {
  const words = new Found();
  for (const text of texts) words.read(parseAst(text, { lang: 'js' }));
  return words.sorted();
}

class Found {
  readonly #sets = {
    host: new Set<string>(),
    variable: new Set<string>(),
    file: new Set<string>(),
  };
  readonly #places = { module: new Map<string, number>(), code: new Map<string, number>() };
  /** How often a module of the bundle is asked for, by its number. */
  readonly #asked = new Map<unknown, number>();
  readonly #wrappers: { readonly id: unknown; readonly name: string }[] = [];

  read(root: unknown): void {
    const open = [root];
    while (open.length > 0) {
      const value = open.pop();
      if (Array.isArray(value)) open.push(...value);
      else if (isNode(value)) {
        this.#visit(value);
        open.push(...Object.values(value).filter((inner) => typeof inner === 'object'));
      }
    }
  }

  sorted(): Words {
    for (const { id, name } of this.#wrappers) {
      this.#count('module', `${name}, asked for`, this.#asked.get(id) ?? 0);
    }
    const { host, variable, file } = this.#sets;
    const { module, code } = this.#places;
    const counted = (places: ReadonlyMap<string, number>) =>
      [...places].map(([word, count]) => `${word} ×${count}`).toSorted();
    return {
      host: [...host].toSorted(),
      variable: [...variable].toSorted(),
      file: [...file].toSorted(),
      module: counted(module),
      code: counted(code),
    };
  }

  #visit(node: Node): void {
    if (node['type'] === 'Literal' && typeof node['value'] === 'string') this.#text(node['value']);
    if (node['type'] === 'TemplateElement') this.#text(templateText(node['value']));
    if (node['type'] === 'MemberExpression') this.#member(node);
    if (node['type'] === 'CallExpression' || node['type'] === 'NewExpression') this.#call(node);
    if (node['type'] === 'ImportExpression') this.#imported(node['source']);
    if (node['type'] === 'Property') this.#wrapper(node);
    if (node['type'] === 'Identifier' && node['name'] === 'eval') this.#count('code', 'eval');
  }

  #text(text: string): void {
    for (const host of hostsIn(text)) this.#sets.host.add(host);
    if (isVariable(text)) this.#sets.variable.add(text);
    if (isFile(text)) this.#sets.file.add(text);
  }

  /** `process.env.NAME` and `env['NAME']`. */
  #member({ object, property, computed }: Node): void {
    if (!isNode(object) || !isNode(property)) return;
    const owner = object['type'] === 'MemberExpression' ? object['property'] : object;
    if (!isNode(owner) || owner['name'] !== 'env') return;
    const name = computed === true ? property['value'] : property['name'];
    const word = typeof name === 'string' ? name : '(by a name made at run time)';
    // Tables of other kinds are called env as well.
    if (word.startsWith('(') || /^(?:[A-Z]+|[a-z]+_[a-z_]+|[A-Z0-9_]+)$/.test(word)) {
      this.#sets.variable.add(word);
    }
  }

  #call({ callee, arguments: given }: Node): void {
    const [first] = Array.isArray(given) ? (given as readonly unknown[]) : [];
    if (!isNode(callee)) return;
    const name = callee['name'] ?? nameIn(callee['object']);
    if (name === 'Function') this.#count('code', 'Function()');
    if (name === 'require') this.#imported(first);
    const isOfBundle = name === '__nccwpck_require__' || name === '__webpack_require__';
    if (!isOfBundle || !isNode(first)) return;
    this.#asked.set(first['value'], (this.#asked.get(first['value']) ?? 0) + 1);
  }

  #imported(source: unknown): void {
    const name = isNode(source) ? source['value'] : null;
    if (typeof name === 'string') this.#count('module', name);
    else this.#count('code', 'a module by a name made at run time');
  }

  /** How ncc lets the modules of Node in: `1234: (module) => { module.exports = require("fs") }`. */
  #wrapper({ key, value }: Node): void {
    const body = isNode(value) ? JSON.stringify(value['body'] ?? null) : '';
    if (!isNode(key) || body.length > 4_000) return;
    const name = /"name":"require"[^]*?"value":"(?:node:)?([\w/]+)"/.exec(body)?.[1] ?? '';
    if (DANGEROUS.has(name)) this.#wrappers.push({ id: key['value'], name });
  }

  #count(kind: 'module' | 'code', word: string, times = 1): void {
    this.#places[kind].set(word, (this.#places[kind].get(word) ?? 0) + times);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function nameIn(value: unknown): unknown {
  return isNode(value) ? value['name'] : null;
}

function templateText(value: unknown): string {
  const text = isNode(value) ? (value['cooked'] ?? value['raw']) : '';
  return typeof text === 'string' ? text : '';
}

/** Behind `://` anything; alone what ends as a name of the internet or of a private network does. */
const NAME =
  /^(?:[a-z0-9_-]+\.)+(?:com|org|net|edu|gov|mil|int|info|biz|dev|app|cloud|goog|google|run|xyz|top|site|online|shop|club|store|tech|space|fun|icu|live|link|page|zip|mov|bot|new|internal|local|localhost|onion|test|arpa|[a-z]{2})(?::\d+)?(?=\/|$)/;

function hostsIn(text: string): readonly string[] {
  const urls = [...text.matchAll(/\b[a-z][a-z0-9+.-]*:\/\/[^/\s"'`<>?,]*/gi)].map(([url]) => url);
  const numbers = [...text.matchAll(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g)];
  const name = NAME.exec(text)?.[0] ?? '';
  const found = [...urls, ...numbers.map(([address]) => address), ...(isIPv6(text) ? [text] : [])];
  return name === '' || /\.(?:js|ts|md)$/.test(name) ? found : [...found, name];
}

function isVariable(text: string): boolean {
  return /^(?:ACTIONS|AWS|AZURE|CLOUDSDK|CI|GCE|GCLOUD|GH|GITHUB|GOOGLE|INPUT|NODE|NPM|RUNNER|STATE)_[A-Z0-9_]*$/.test(
    text,
  );
}

function isFile(text: string): boolean {
  const isPlace =
    /^(?:~|[A-Z]:\\|\/(?:bin|boot|dev|etc|home|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)\/)/;
  const isKind =
    /^[\w/~-][\w./~-]*\.(?:json|ya?ml|pem|key|crt|cert|p12|pfx|sock|conf|cfg|ini|sh|bat|exe|dll|so|node|env|[a-z]*rc)$/;
  const isSecret = /(?:^|\/)\.(?:ssh|aws|azure|gnupg|docker|kube|config|git|npm)\b|\bid_rsa\b/;
  return isPlace.test(text) || isKind.test(text) || isSecret.test(text);
}
