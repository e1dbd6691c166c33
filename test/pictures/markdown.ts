/**
 * Markdown as GitHub renders it, by other people's libraries: CommonMark and GFM, raw HTML obeyed,
 * then everything taken out that GitHub's own list does not allow (`defaultSchema` of
 * hast-util-sanitize). Not part of it: mentions, references and mermaid, which GitHub adds later.
 */
import type { Root as HtmlTree } from 'hast';
import type { Root as MarkdownTree } from 'mdast';
import rehypeRaw from 'rehype-raw';
import rehypeSanitize from 'rehype-sanitize';
import rehypeStringify from 'rehype-stringify';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRehype from 'remark-rehype';
import { unified } from 'unified';

const parser = unified().use(remarkParse).use(remarkGfm).freeze();
const toHtml = unified().use(remarkRehype, { allowDangerousHtml: true }).use(rehypeRaw).freeze();
const page = unified()
  .use(remarkParse)
  .use(remarkGfm)
  .use(remarkRehype, { allowDangerousHtml: true })
  .use(rehypeRaw)
  .use(rehypeSanitize)
  .use(rehypeStringify)
  .freeze();

export function treeOf(markdown: string): MarkdownTree {
  return parser.parse(markdown);
}

/** Raw HTML is obeyed, and nothing is taken out yet: what a text has managed to write can be seen. */
export function elementsOf(tree: MarkdownTree): HtmlTree {
  return toHtml.runSync(tree);
}

export function htmlOf(markdown: string): string {
  return page.processSync(markdown).toString();
}
