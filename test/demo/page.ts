/** A check run as a page of its own, close to what GitHub shows. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Marked } from 'marked';
import type { CheckRun } from '../sandbox/github/state.ts';

const STYLE = fileURLToPath(import.meta.resolve('github-markdown-css/github-markdown.css'));

/** As GitHub: raw HTML is shown, not obeyed; of all tags only those that fold text. */
const markdown = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => foldingOnly(text),
    image: ({ raw }) => escaped(raw),
    link({ href, tokens, raw }) {
      if (!/^https?:\/\//i.test(href)) return escaped(raw);
      return `<a href="${escaped(href)}">${this.parser.parseInline(tokens)}</a>`;
    },
  },
});

export function pageOf({ name, status, conclusion, output }: CheckRun): string {
  const title = output.title ?? 'no title yet';
  const parts = [output.summary, output.text].filter((text) => text !== null);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escaped(`${title} · ${name}`)}</title>
<style>
${readFileSync(STYLE, 'utf8')}
body { box-sizing: border-box; min-height: 100vh; padding: 32px max(32px, calc(50% - 550px)); }
</style>
<body class="markdown-body">
<p>${escaped(name)} · ${escaped(conclusion ?? status)}</p>
<h1>${escaped(title)}</h1>
${parts.map((text) => markdown.parse(text, { async: false })).join('<hr>\n')}
</body>
</html>
`;
}

function foldingOnly(html: string): string {
  return escaped(html).replace(/&lt;(\/?(?:details|summary))&gt;/g, '<$1>');
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
