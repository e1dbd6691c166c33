/** GITHUB_OUTPUT and its relatives: one file each, read when the step has ended. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAMES = ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'] as const;
const MAX_SUMMARY = 1024 * 1024;

export type Files = {
  /** GITHUB_OUTPUT=… and so on. */
  readonly env: Readonly<Record<string, string>>;
  readonly read: () => FileCommands;
};

export type FileCommands = {
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  readonly summary: string;
  /** What the runner complains about; any of these fails the step but the summary's. */
  readonly errors: readonly string[];
  readonly isSummaryTooLong: boolean;
};

export function openFiles(directory: string): Files {
  mkdirSync(directory, { recursive: true });
  const file = (name: string): string => join(directory, name.toLowerCase());
  for (const name of NAMES) writeFileSync(file(name), '');
  return {
    env: Object.fromEntries(NAMES.map((name) => [`GITHUB_${name}`, file(name)])),
    read: () =>
      readFiles((name) => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '')),
  };
}

function readFiles(text: (name: (typeof NAMES)[number]) => string): FileCommands {
  const errors: string[] = [];
  const pairs = (name: (typeof NAMES)[number]): Record<string, string> => {
    try {
      return parsePairs(text(name));
    } catch (error) {
      const command = `Unable to process file command '${name.toLowerCase()}' successfully.`;
      errors.push(`${command} ${error instanceof Error ? error.message : ''}`);
      return {};
    }
  };
  const summary = text('STEP_SUMMARY');
  const isSummaryTooLong = Buffer.byteLength(summary) > MAX_SUMMARY;
  return {
    outputs: pairs('OUTPUT'),
    state: pairs('STATE'),
    env: pairs('ENV'),
    path: text('PATH').split(/\r?\n/).filter(Boolean),
    summary: isSummaryTooLong ? '' : summary,
    errors,
    isSummaryTooLong,
  };
}

/** `name=value`, or `name<<MARK`, lines, `MARK`; whichever sign comes first decides. */
export function parsePairs(text: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === '') continue;
    const [, name = '', sign, rest = ''] = /^(.*?)(=|<<)(.*)$/.exec(line) ?? [];
    if (sign === undefined || name === '') throw new Error(`Invalid format '${line}'`);
    if (sign === '=') {
      pairs[name] = rest;
      continue;
    }
    const end = lines.indexOf(rest);
    if (rest === '') throw new Error(`Invalid format '${line}'`);
    if (end === -1) throw new Error(`Invalid value. Matching delimiter not found '${rest}'`);
    pairs[name] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n');
  }
  return pairs;
}
