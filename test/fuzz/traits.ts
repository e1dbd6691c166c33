/** What a piece of Markdown does to whoever reads it: all that is more than words. */
import type { Element, Nodes as HtmlNodes } from 'hast';
import type { Code, Nodes as MarkdownNodes } from 'mdast';
import { elementsOf, treeOf } from '../pictures/markdown.ts';

/** How often each of them is there: "element a", "link to https://github.com", "mention". */
export type Traits = ReadonlyMap<string, number>;

/** GitHub looks for these in the words between the elements, but not in links and code. */
const REFERENCES: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['mention', /(?<![\w`])@[a-z\d]/giu],
  ['issue', /(?<![\w&])(?:[\w.-]+\/[\w.-]+)?#\d/giu],
  ['issue', /(?<![a-z\d])gh-\d/giu],
  ['commit', /(?<![\w.-])[\da-f]{7,40}(?![\w-])/giu],
  ['emoji name', /:(?!\d\d:)[a-z\d_+-]+:/giu],
  ['address', /(?:https?|ftp):\/\/|(?:mailto|xmpp):\S|www\.\w/giu],
  ['formula', /\$/gu],
];
/** Nobody sees these, or they turn the words around them: there may be none, in code neither. */
const INVISIBLE = /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?!\n)\p{Cc}/gu;
const SILENT = new Set(['a', 'code', 'pre', 'tt']);
/** Words that are not plain are shown as code. */
const WORDS = new Set(['inlineCode', 'text', 'root']);
/** Words again; and the paragraphs are counted in the other tree: in a list it depends on blank lines. */
const UNCOUNTED = new Set(['code', 'p']);
/** Of these GitHub gives several to a link and to a block of code; they are looked at by themselves. */
const USUAL = new Set(['href', 'className', 'align']);

/** `given`: addresses that the report was given as addresses. To those it may link. */
export function traitsOf(markdown: string, given: readonly string[] = []): Traits {
  const known = new Set(given.map(originOf));
  const found = new Map<string, number>();
  const add = (trait: string): void => {
    const name = known.has(trait.replace(/^link to /, '')) ? 'link to a given address' : trait;
    found.set(name, (found.get(name) ?? 0) + 1);
  };
  const tree = treeOf(markdown);
  walkMarkdown(tree, add);
  walkHtml(elementsOf(tree), add);
  return found;
}

/** What the first has more of than the second: "element a: 2, not 1". */
export function beyond(traits: Traits, allowed: Traits): readonly string[] {
  return [...traits]
    .filter(([trait, count]) => count > (allowed.get(trait) ?? 0))
    .map(([trait, count]) => `${trait}: ${count}, not ${allowed.get(trait) ?? 0}`);
}

/** Of each as many as there are where there are more. */
export function most(one: Traits, other: Traits): Traits {
  const all = [...one.keys(), ...other.keys()];
  return new Map(all.map((name) => [name, Math.max(one.get(name) ?? 0, other.get(name) ?? 0)]));
}

function walkMarkdown(node: MarkdownNodes, add: (trait: string) => void): void {
  if (node.type === 'html') add(`html ${node.value}`);
  else if (node.type === 'code') for (const trait of blockTraits(node)) add(trait);
  else if (!WORDS.has(node.type)) add(node.type);
  if ('children' in node) for (const child of node.children) walkMarkdown(child, add);
}

/** Of a chart every line counts: only its numbers and what stands between quotes may differ. */
function blockTraits({ lang, value }: Code): readonly string[] {
  const lines = lang === 'mermaid' ? value.split('\n').map(statement) : [];
  return [`block ${lang ?? ''}`, ...lines.map((line) => `chart: ${line}`)];
}

function statement(line: string): string {
  return line.replace(/"[^"]*"/g, '""').replace(/-?\d+(?:\.\d+)?(?:, *-?\d+(?:\.\d+)?)*/g, '0');
}

function walkHtml(node: HtmlNodes, add: (trait: string) => void, isSilent = false): void {
  if (node.type === 'text') {
    for (const trait of textTraits(node.value, isSilent)) add(trait);
    return;
  }
  if (node.type === 'element') for (const trait of elementTraits(node)) add(trait);
  if (!('children' in node)) return;
  const isQuiet = isSilent || (node.type === 'element' && SILENT.has(node.tagName));
  for (const child of node.children) walkHtml(child, add, isQuiet);
}

function elementTraits({ tagName, properties }: Element): readonly string[] {
  const { href, src } = properties;
  return [
    ...(UNCOUNTED.has(tagName) ? [] : [`element ${tagName}`]),
    ...[href, src].flatMap((url) => (typeof url === 'string' ? [`link to ${originOf(url)}`] : [])),
    ...Object.keys(properties)
      .filter((name) => !USUAL.has(name))
      .map((name) => `attribute ${name}`),
  ];
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'nowhere';
}

function textTraits(text: string, isSilent: boolean): readonly string[] {
  const invisible = (text.match(INVISIBLE) ?? []).map(() => 'invisible');
  if (isSilent) return invisible;
  return [
    ...invisible,
    ...REFERENCES.flatMap(([kind, pattern]) => (text.match(pattern) ?? []).map(() => kind)),
  ];
}
