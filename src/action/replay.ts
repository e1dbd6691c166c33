/**
 * `node dist/index.js replay report.json`: judges the recorded looks of a report again. It needs no
 * runner, no network and no credentials, and reads nothing but that file.
 */
import { replayed, replayedText } from '../core/trace/replay.ts';
import { readTrace } from '../core/trace/trace-read.ts';
import { readReport } from '../edges/runner-report.ts';
import { oneLine } from '../edges/runner-text.ts';

/** 0: every look comes to what is recorded. 1: one does not. 2: nothing could be compared. */
type ExitCode = 0 | 1 | 2;

type Replay = { readonly exitCode: ExitCode; readonly lines: readonly string[] };

const USAGE = 'Usage: node dist/index.js replay report.json';

export function isReplay(argv: readonly string[]): boolean {
  return argv[2] === 'replay';
}

export async function replay(
  args: readonly string[],
  play: typeof replayed = replayed,
): Promise<Replay> {
  try {
    return await replayFile(args, play);
  } catch {
    // 1 would say that a look had come to something else.
    return unreadable(['The report cannot be replayed: something unexpected happened.']);
  }
}

async function replayFile(args: readonly string[], play: typeof replayed): Promise<Replay> {
  const [path, ...tooMany] = args;
  if (path === undefined || path === '' || tooMany.length > 0) return unreadable([USAGE]);
  const name = oneLine(path);
  const read = await readReport(path);
  if ('wrong' in read) return unreadable([`${name} ${read.wrong}.`]);
  const trace = readTrace(read.text);
  if ('faults' in trace) {
    const faults = trace.faults.map((fault) => `  - ${fault}`);
    return unreadable([`${name} is no report that can be replayed:`, ...faults]);
  }
  const { looks, all } = trace;
  if (looks.length === 0) return unreadable([nothingText(all)]);
  const results = looks.map((look) => play(look));
  const same = results.filter(({ comparison }) => comparison === 'same').length;
  const others = all - looks.length;
  const rest = others === 0 ? '' : ` ${others} others are recorded without their data.`;
  const sum = `${same} of ${looks.length} looks come to what is recorded.${rest}`;
  return { exitCode: same === looks.length ? 0 : 1, lines: [...results.map(replayedText), sum] };
}

function unreadable(lines: readonly string[]): Replay {
  return { exitCode: 2, lines };
}

function nothingText(all: number): string {
  return all === 0
    ? 'There is nothing to replay: nobody has looked at the metrics in this report.'
    : `There is nothing to replay: the data of all ${all} looks were left out, for want of room. The file that the output report_path names has them.`;
}
