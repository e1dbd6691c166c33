/**
 * A small stand-in for the runner of GitHub Actions: one job with one step that uses this action.
 * It does to the action what the real one does (actions/runner 2.336, facts in its source): clean
 * environment, inputs, files of commands, masks, signals on cancel, and the post step.
 */
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openJob, type Job, type JobEvent } from './job.ts';
import { evaluate, readMetadata, type Metadata } from './metadata.ts';
import { startStep, type RunningStep, type StepResult } from './step.ts';
import { Masks, type Annotation } from './workflow-commands.ts';

export type RunOptions = {
  /** Directory with action.yml; this repository when left out. */
  readonly action?: string;
  /** Directory whose files are run in place of the ones action.yml names, e.g. a fresh build. */
  readonly entry?: string;
  /** The step's `with`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Added to the job's environment, or in place of what is there (GITHUB_API_URL, …). */
  readonly env?: Readonly<Record<string, string>>;
  /** A push with an empty payload when left out. */
  readonly event?: JobEvent;
  /** What `${{ github.token }}` is. */
  readonly token?: string;
  /** The workspace; an empty directory when left out. */
  readonly cwd?: string;
  /** Milliseconds after SIGINT and after SIGTERM; the runner's own when left out. */
  readonly patience?: Patience;
  readonly onLine?: (line: string) => void;
  /** Steps behind this one, between main and post; left out, there are none. */
  readonly beforePost?: (main: StepResult) => Promise<void>;
};

type Patience = { readonly interrupt: number; readonly terminate: number };

export type RunResult = StepResult & {
  /** null: the action has none, or the runner was gone before it. */
  readonly post: StepResult | null;
};

export type Running = {
  /** Every line of the log from now on; returns a way to stop listening. */
  readonly onLine: (listener: (line: string) => void) => () => void;
  /** A person cancels the run: SIGINT, SIGTERM, SIGKILL, each after a while; then post. */
  readonly cancel: () => void;
  /** The process dies; the runner goes on with post. */
  readonly kill: () => void;
  /** The machine goes away: nothing runs any more. */
  readonly shutdown: () => void;
  readonly finished: Promise<RunResult>;
};

const PATIENCE: Patience = { interrupt: 7500, terminate: 2500 };
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

export function runAction(options: RunOptions): Promise<RunResult> {
  return startAction(options).finished;
}

export function startAction(options: RunOptions): Running {
  const directory = resolve(options.action ?? REPOSITORY);
  const metadata = readMetadata(directory);
  const { event = { name: 'push', payload: {} }, env = {}, cwd = null } = options;
  const job = openJob({ event, env, workspace: cwd, actionDirectory: directory });
  const listeners = new Set(options.onLine === undefined ? [] : [options.onLine]);
  const masks = new Masks();
  if (options.token !== undefined) masks.add(options.token);
  const inputs = inputVariables(metadata, options, job);
  const run = (file: string, extra: Readonly<Record<string, string>>): RunningStep =>
    startStep({
      script:
        options.entry === undefined ? join(directory, file) : join(options.entry, basename(file)),
      cwd: job.workspace,
      env: { ...job.env, ...inputs, ...extra },
      files: job.directory(basename(file)),
      masks,
      show: (line) => {
        for (const listener of listeners) listener(line);
      },
    });
  let isGone = false;
  const main = run(metadata.main, {});
  let step: RunningStep = main;
  let stopCancelling = (): void => {};

  const finish = async (): Promise<RunResult> => {
    const result = await main.finished;
    const annotations = [...unexpectedInputs(metadata, options.inputs), ...result.annotations];
    if (metadata.post === null || isGone) return { ...result, annotations, post: null };
    await options.beforePost?.(result);
    step = run(metadata.post, inherited(result, job));
    const post = await step.finished;
    return { ...result, annotations, post: isGone ? null : post };
  };
  return {
    onLine: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    cancel: () => {
      // Main only: post runs whatever happens to the job.
      stopCancelling();
      stopCancelling = interrupt(main, options.patience ?? PATIENCE);
    },
    kill: () => step.signal('SIGKILL'),
    shutdown: () => {
      isGone = true;
      step.signal('SIGKILL');
    },
    finished: finish().finally(() => {
      stopCancelling();
      job.cleanUp();
    }),
  };
}

/** Only the entry process is told. Returns a way to call it off. */
function interrupt(step: RunningStep, patience: Patience): () => void {
  step.signal('SIGINT');
  let timer = setTimeout(() => {
    step.signal('SIGTERM');
    timer = setTimeout(() => step.signal('SIGKILL'), patience.terminate);
  }, patience.interrupt);
  return () => clearTimeout(timer);
}

/** INPUT_<NAME>: upper case, spaces become underscores, everything else stays. */
function inputVariables(
  { defaults }: Metadata,
  { inputs, token = '' }: RunOptions,
  job: Job,
): Record<string, string> {
  const github = (name: string): string | undefined =>
    name === 'token' ? token : job.env[`GITHUB_${name.toUpperCase()}`];
  const values = new Map(Object.entries(inputs));
  for (const [name, text] of defaults) {
    if (!values.has(name)) values.set(name, evaluate(text, github));
  }
  const variable = (name: string): string => `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
  return Object.fromEntries([...values].map(([name, value]) => [variable(name), value]));
}

function unexpectedInputs(
  { defaults }: Metadata,
  inputs: Readonly<Record<string, string>>,
): readonly Annotation[] {
  const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
  const unknown = Object.keys(inputs).filter((name) => !defaults.has(name));
  if (unknown.length === 0) return [];
  const known = quoted([...defaults.keys()]);
  const message = `Unexpected input(s) ${quoted(unknown)}, valid inputs are [${known}]`;
  return [{ level: 'warning', message, properties: {} }];
}

/** What main leaves to post: its state, and whatever it did to the job's environment. */
function inherited({ state, env, path }: StepResult, job: Job): Record<string, string> {
  const saved = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]);
  const search = [...path]
    .reverse()
    .concat(job.env['PATH'] ?? '')
    .join(':');
  return { ...env, PATH: search, ...Object.fromEntries(saved) };
}
