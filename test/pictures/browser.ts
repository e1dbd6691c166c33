/** A page in real Chromium: drawn, looked over for what a reader would stumble on, and photographed. */

import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import type { Theme } from './page.ts';

export type View = { readonly width: number; readonly height: number; readonly scale: number };

export type Looked = {
  readonly png: Buffer;
  /** What must not be. */
  readonly faults: readonly string[];
  /** What has to be pushed sideways to be read. */
  readonly sideways: readonly string[];
};

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
/** Nothing of ours asks for anything, and the browser shall not either. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--force-color-profile=srgb',
  '--disable-lcd-text',
];
/** Rules of axe about what we have written; the others are about GitHub's frame and style. */
const RULES = [
  'color-contrast',
  'empty-heading',
  'empty-table-header',
  'heading-order',
  'image-alt',
  'link-name',
  'list',
  'listitem',
  'td-headers-attr',
  'th-has-data-cells',
];

const SCRIPTS = [
  fileURLToPath(import.meta.resolve('@mermaid-js/tiny/dist/mermaid.tiny.js')),
  fileURLToPath(import.meta.resolve('axe-core/axe.min.js')),
  fileURLToPath(new URL('in-page.js', import.meta.url)),
].map((file) => readFileSync(file, 'utf8'));

export async function openBrowser(): Promise<Browser> {
  // The directory of the user's data is a new one, and goes with the browser.
  return chromium.launch({ executablePath: executable(), args: FLAGS });
}

function executable(): string {
  const named = process.env['CHROMIUM'];
  if (named !== undefined) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isThere);
  if (found === undefined) throw new Error(`No ${NAMES.join(', ')} on the path. Set CHROMIUM.`);
  return found;
}

function isThere(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function look(
  browser: Browser,
  html: string,
  { view, theme }: { readonly view: View; readonly theme: Theme },
): Promise<Looked> {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    deviceScaleFactor: view.scale,
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  try {
    const page = await context.newPage();
    const asked: string[] = [];
    await context.route('**/*', (route) => {
      asked.push(route.request().url());
      return route.abort();
    });
    await page.setContent(html);
    const drawn = await draw(page, theme);
    const png = await page.screenshot({ fullPage: true });
    const sideways = await page.evaluate<string[]>('pictures.sideways()');
    // Also what is folded has to be right once somebody unfolds it.
    await page.evaluate('pictures.unfold()');
    const layout = await page.evaluate<string[]>('pictures.layoutFaults()');
    const faults = [
      ...drawn,
      ...layout,
      ...(await axeFaults(page)),
      ...asked.map((url) => `asks for ${url}`),
    ];
    return { png, faults: [...new Set(faults)], sideways };
  } finally {
    await context.close();
  }
}

async function draw(page: Page, theme: Theme): Promise<readonly string[]> {
  for (const content of SCRIPTS) await page.addScriptTag({ content });
  return page.evaluate<string[]>(`pictures.drawCharts(${JSON.stringify(theme)})`);
}

type AxeResult = {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
};

async function axeFaults(page: Page): Promise<readonly string[]> {
  const options = JSON.stringify({
    runOnly: { type: 'rule', values: RULES },
    resultTypes: ['violations'],
  });
  const found = await page.evaluate<AxeResult[]>(
    `axe.run(document, ${options}).then(({ violations }) => violations)`,
  );
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 120)}`),
  );
}
