/** A report on a page of its own, in a frame like the one that GitHub has around it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RenderedCheck } from '../../src/core/report/report.ts';
import { htmlOf } from './markdown.ts';

export type Theme = 'light' | 'dark';

/** `place`: where GitHub shows it. */
export type Sheet =
  | { readonly place: 'check run'; readonly name: string; readonly check: RenderedCheck }
  | { readonly place: 'job summary'; readonly name: string; readonly markdown: string }
  | { readonly place: 'comment'; readonly name: string; readonly markdown: string };

/** Roles of GitHub's colours (primer.style), as far as the frame needs them. */
const COLOURS: Readonly<Record<Theme, string>> = {
  light:
    '--page: #ffffff; --soft: #f6f8fa; --text: #1f2328; --muted: #59636e; --line: #d1d9e0; --good: #1a7f37; --bad: #d1242f; --open: #9a6700;',
  dark: '--page: #0d1117; --soft: #151b23; --text: #f0f6fc; --muted: #9198a1; --line: #3d444d; --good: #3fb950; --bad: #f85149; --open: #d29922;',
};

/** GitHub's own, and one for signs. */
const FONTS =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, "Noto Emoji Variable", sans-serif';

const FRAME = `
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.5 ${FONTS}; }
main { max-width: 1012px; margin: 0 auto; padding: 24px 16px; }
header { border-bottom: 1px solid var(--line); margin-bottom: 16px; padding-bottom: 12px; }
header h1, header h2 { margin: 0; overflow-wrap: anywhere; }
header h1, p.part { color: var(--muted); font-size: 12px; font-weight: 400; }
header h2 { font-size: 20px; line-height: 1.4; }
.good { color: var(--good); } .bad { color: var(--bad); } .open { color: var(--open); }
p.part { margin: 24px 0 8px; font-weight: 600; }
.box { border: 1px solid var(--line); border-radius: 6px; }
.box > p { margin: 0; padding: 8px 16px; background: var(--soft); border-bottom: 1px solid var(--line); border-radius: 6px 6px 0 0; }
.box > .markdown-body { padding: 16px; }
.markdown-body { font-family: ${FONTS}; font-size: 14px; }
.chart svg { max-width: 100%; height: auto; }
`;

/** A machine that makes pictures may have none; the page names it where letters are wanted. */
const EMOJI = emojiFaces();

/** Nothing is loaded from anywhere: style and scripts are put in by whoever opens the page. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src data:";

export function pageOf(sheet: Sheet, theme: Theme): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(sheet.name)}</title>
<style>${EMOJI}${styleOf(theme)}:root { ${COLOURS[theme]} }${FRAME}</style>
<main>${bodyOf(sheet)}</main>
</html>
`;
}

/** With every file in the style itself. */
function emojiFaces(): string {
  const sheet = fileURLToPath(import.meta.resolve('@fontsource-variable/noto-emoji/wght.css'));
  return readFileSync(sheet, 'utf8').replace(/url\(([^)]+)\)/g, (_, file: string) => {
    const data = readFileSync(join(dirname(sheet), file)).toString('base64');
    return `url(data:font/woff2;base64,${data})`;
  });
}

function styleOf(theme: Theme): string {
  const file = `github-markdown-css/github-markdown-${theme}.css`;
  return readFileSync(fileURLToPath(import.meta.resolve(file)), 'utf8');
}

function bodyOf(sheet: Sheet): string {
  switch (sheet.place) {
    case 'check run':
      return checkRun(sheet.name, sheet.check);
    case 'job summary':
      return `<header><h1>Summary of ${escaped(sheet.name)}</h1></header>${article(sheet.markdown)}`;
    case 'comment':
      return `<div class="box"><p><strong>github-actions</strong> commented</p>${article(sheet.markdown)}</div>`;
  }
}

/** GitHub shows the title as it is, then the summary, then the text below "Details". */
function checkRun(name: string, check: RenderedCheck): string {
  const tone =
    check.conclusion === 'success' ? 'good' : check.conclusion === 'failure' ? 'bad' : 'open';
  const state = check.conclusion ?? 'in progress';
  const details = check.text === '' ? '' : `<p class="part">DETAILS</p>${article(check.text)}`;
  return `<header><h1>${escaped(name)} · <span class="${tone}">${state}</span></h1><h2>${escaped(check.title)}</h2></header>${article(check.summary)}${details}`;
}

function article(markdown: string): string {
  return `<article class="markdown-body">${htmlOf(markdown)}</article>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
