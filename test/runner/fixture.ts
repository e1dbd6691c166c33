/** What the tests of the runner have in common: actions of a few lines, written where needed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Running } from './runner.ts';

export const ACTION_YML = `
name: Fixture
description: For the runner's own tests
inputs:
  service: { description: d, required: true }
  max-error-rate: { description: d, default: 5% }
  two words: { description: d, default: 7 }
  token: { description: d, default: '\${{ github.token }}' }
  where: { description: d, default: '\${{ github.repository }}' }
runs: { using: node24, main: dist/index.js, post: dist/post.js }
`;

/** A fixture action from the text of its scripts; only `console` and `process` are at hand. */
export function action(main: string, post = '', yml = ACTION_YML): string {
  const directory = mkdtempSync(join(tmpdir(), 'action-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'dist'));
  writeFileSync(join(directory, 'action.yml'), yml);
  writeFileSync(join(directory, 'dist', 'index.js'), main);
  writeFileSync(join(directory, 'dist', 'post.js'), post);
  return directory;
}

export const APPEND = `const append = (name, text) => require('node:fs').appendFileSync(process.env['GITHUB_' + name], text);`;
export const PRINT_ENV = 'console.log(JSON.stringify(process.env))';

export function envOf(stdout: string): Record<string, string> {
  const env: Record<string, string> = JSON.parse(stdout);
  return env;
}

/** Resolves when the log shows the line; the test's own timeout is the deadline. */
export function line(running: Running, wanted: string): Promise<void> {
  return new Promise((done) => {
    const stop = running.onLine((text) => {
      if (text !== wanted) return;
      stop();
      done();
    });
  });
}
