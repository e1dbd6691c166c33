/** The committed action on a report, with nothing of a runner around it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Replay = {
  readonly exitCode: number | null;
  /** One of each look, and the sum. */
  readonly lines: readonly string[];
};

export function replayFile(path: string): Replay {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['dist/index.js', 'replay', path],
    { env: {}, encoding: 'utf8' },
  );
  return { exitCode: status, lines: `${stdout}${stderr}`.trimEnd().split('\n') };
}

export function replayText(report: string): Replay {
  const folder = mkdtempSync(join(tmpdir(), 'replay-'));
  try {
    const path = join(folder, 'report.json');
    writeFileSync(path, report);
    return replayFile(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
