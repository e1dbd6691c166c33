import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';

const cli = join(import.meta.dirname, 'cli.ts');

test('it prints where it listens and what to export, serves traffic, and ends on SIGINT', async () => {
  const child = spawn(process.execPath, [cli, '--load', '20'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const exports = new Map<string, string>();
    let url = '';
    for await (const line of createInterface(child.stdout)) {
      url ||= /^Service web: (\S+)$/.exec(line)?.[1] ?? '';
      const [, name, value] = /^export (\w+)='(.*)'$/.exec(line) ?? [];
      if (name !== undefined) exports.set(name, value ?? '');
      if (line.startsWith('Ctrl-C')) break;
    }
    expect((await fetch(url)).status).toBe(200);
    expect([...exports.keys()]).toEqual(
      expect.arrayContaining([
        'CLOUDSDK_PROXY_PORT',
        'GOOGLE_APPLICATION_CREDENTIALS',
        'GITHUB_API_URL',
      ]),
    );
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a number that is none is refused', async () => {
  const child = spawn(process.execPath, [cli, '--port', 'x'], { stdio: 'ignore' });
  expect(await once(child, 'exit')).toEqual([1, null]);
});
