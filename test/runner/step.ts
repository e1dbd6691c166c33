/** One step: a node process in a clean environment, its output read line by line. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { openFiles, type FileCommands } from './file-commands.ts';
import { lineReader, type Annotation, type Masks } from './workflow-commands.ts';

export type StepOptions = {
  readonly script: string;
  readonly cwd: string;
  /** The whole environment but for the files of commands. */
  readonly env: Readonly<Record<string, string>>;
  /** A fresh directory for the files of commands. */
  readonly files: string;
  readonly masks: Masks;
  /** Every line as the log shows it, the moment it is there. */
  readonly show: (line: string) => void;
};

export type StepResult = Omit<FileCommands, 'errors' | 'isSummaryTooLong'> & {
  /** null: ended by the signal. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What the process really wrote, secrets and all. */
  readonly stdout: string;
  readonly stderr: string;
  /** What a reader of the log sees: commands carried out, secrets hidden. */
  readonly log: string;
  /** Values of ::add-mask::, in order. */
  readonly masks: readonly string[];
  readonly annotations: readonly Annotation[];
};

export type RunningStep = {
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly finished: Promise<StepResult>;
};

export function startStep(options: StepOptions): RunningStep {
  const files = openFiles(options.files);
  const child = spawn(process.execPath, [options.script], {
    cwd: options.cwd,
    env: { ...options.env, ...files.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  const masks: string[] = [];
  const annotations: Annotation[] = [];
  const read = lineReader({
    show: (line) => {
      const shown = options.masks.hide(line);
      log.push(`${shown}\n`);
      options.show(shown);
    },
    annotate: (one) => annotations.push({ ...one, message: options.masks.hide(one.message) }),
    mask: (secret) => {
      masks.push(secret);
      options.masks.add(secret);
    },
  });
  const [stdout, stderr] = [collect(child.stdout, read), collect(child.stderr, read)];
  const ended = new Promise<Pick<StepResult, 'exitCode' | 'signal'>>((done, failed) => {
    child.once('error', failed);
    child.once('close', (exitCode, signal) => done({ exitCode, signal }));
  });
  return {
    signal: (signal) => {
      child.kill(signal);
    },
    finished: ended.then((end) => {
      const { errors, isSummaryTooLong, ...commands } = files.read();
      const faults = isSummaryTooLong ? [...errors, TOO_LONG] : errors;
      annotations.push(
        ...faults.map((message) => ({ level: 'error' as const, message, properties: {} })),
      );
      const exitCode = errors.length > 0 && end.exitCode === 0 ? 1 : end.exitCode;
      const summary = options.masks.hide(commands.summary);
      const texts = { stdout: stdout(), stderr: stderr(), log: log.join('') };
      return { ...commands, ...end, ...texts, exitCode, summary, masks, annotations };
    }),
  };
}

const TOO_LONG =
  '$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k. For more information see: https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions#adding-a-markdown-summary';

/** Calls back for every line and returns a way to ask for all of the text. */
function collect(stream: Readable, onLine: (line: string) => void): () => string {
  let text = '';
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
    // A carriage return ends a line too, but the last one may be half of a line end.
    const lines = `${rest}${chunk}`.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest.replace(/\r$/, ''));
  });
  return () => text;
}
