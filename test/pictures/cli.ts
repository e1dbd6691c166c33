/**
 * npm run screenshots [-- --check] [-- restored]
 * Every report as GitHub shows it, in docs/images. Ends with 1 if something overlaps, is cut, does not
 * fit, cannot be read, or is not drawn. --check: looks, and writes nothing. A word: only such files.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { look, openBrowser } from './browser.ts';
import { pageOf } from './page.ts';
import { smaller } from './png.ts';
import { PICTURES } from './sheets.ts';

const FOLDER = resolve(import.meta.dirname, '../../docs/images');

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const isCheck = args.includes('--check');
  const words = args.filter((arg) => !arg.startsWith('--'));
  const chosen = PICTURES.filter(({ file }) => words.every((word) => file.includes(word)));
  const browser = await openBrowser();
  let faults = 0;
  let bytes = 0;
  try {
    mkdirSync(FOLDER, { recursive: true });
    for (const { file, sheet, theme, view } of chosen) {
      const looked = await look(browser, pageOf(sheet, theme), { view, theme });
      const png = smaller(looked.png);
      if (!isCheck) writeFileSync(join(FOLDER, `${file}.png`), png);
      bytes += png.length;
      faults += looked.faults.length;
      console.log(`${file}: ${Math.ceil(png.length / 1000)} kB`);
      for (const fault of looked.faults) console.log(`  FAULT ${fault}`);
      for (const one of looked.sideways) console.log(`  sideways ${one}`);
    }
  } finally {
    await browser.close();
  }
  console.log(`${chosen.length} pictures, ${Math.ceil(bytes / 1000)} kB, ${faults} faults`);
  return faults === 0 && chosen.length > 0 ? 0 : 1;
}
