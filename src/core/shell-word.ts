/** Text as one harmless word of a command. */
import { visible } from './report/markdown.ts';

/** Names were validated long before; what is unusual all the same is quoted, and stays on its line. */
export function shellWord(text: string): string {
  const shown = visible(text);
  return /^[A-Za-z0-9][A-Za-z0-9_.:=/@-]*$/.test(shown)
    ? shown
    : `'${shown.replaceAll("'", `'\\''`)}'`;
}
