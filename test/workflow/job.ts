/** One job on one runner: its steps in order, then their post steps, last in first out. */
import { holds, interpolate } from './expression.ts';
import type { Contexts, Scope } from './expression.ts';
import type { Permissions, Step } from './file.ts';

export type Result = 'success' | 'failure' | 'cancelled' | 'skipped';

/** A step with everything evaluated. */
export type ReadyStep = {
  readonly job: string;
  readonly uses: string | null;
  readonly run: string | null;
  readonly with: Readonly<Record<string, string>>;
  /** The job's, the steps' before it, its own. */
  readonly env: Readonly<Record<string, string>>;
  readonly github: GithubContext;
  readonly permissions: Permissions;
};

export type GithubContext = Readonly<Record<string, unknown>> & {
  readonly event_name: string;
  readonly event: object;
};

export type Acted = {
  readonly ok: boolean;
  readonly outputs?: Readonly<Record<string, string>>;
  /** Added to the environment of the steps behind it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Runs when all steps are over, whatever has become of them; false: it failed. */
  readonly post?: () => Promise<boolean>;
};

export type Acting = {
  readonly finished: Promise<Acted>;
  readonly cancel: () => void;
  /** The machine goes away. */
  readonly lose?: () => void;
};

/** Who does what a step says. Throws for a step that nobody knows. */
export type Hands = (step: ReadyStep) => Acting;

export type Work = {
  readonly job: string;
  readonly steps: readonly Step[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly permissions: Permissions;
  readonly contexts: Contexts & { readonly github: GithubContext };
  readonly cancel: AbortSignal;
  /** The runner does not answer any more: no step comes, and no post step. */
  readonly lost: AbortSignal;
};

export type Played = {
  readonly result: Result;
  readonly outputs: Readonly<Record<string, string>>;
};

type Progress = {
  hasFailed: boolean;
  env: Readonly<Record<string, string>>;
  readonly steps: Record<string, object>;
  readonly posts: (() => Promise<boolean>)[];
};

export async function playJob(work: Work, hands: Hands): Promise<Played> {
  const progress: Progress = { hasFailed: false, env: work.env, steps: {}, posts: [] };
  for (const step of work.steps) {
    if (!work.lost.aborted) await playStep(step, work, { progress, hands });
  }
  if (work.lost.aborted) return { result: 'failure', outputs: {} };
  for (const post of progress.posts.reverse()) {
    if (!(await post())) progress.hasFailed = true;
  }
  const scope = scopeOf(work, progress);
  const outputs = Object.entries(work.outputs).map(([name, text]) => [
    name,
    interpolate(text, scope),
  ]);
  const { hasFailed } = progress;
  return {
    result: work.cancel.aborted ? 'cancelled' : hasFailed ? 'failure' : 'success',
    outputs: Object.fromEntries(outputs),
  };
}

async function playStep(
  step: Step,
  work: Work,
  { progress, hands }: { readonly progress: Progress; readonly hands: Hands },
): Promise<void> {
  const before = scopeOf(work, progress);
  if (!holds(step.if, before)) {
    if (step.id !== null) progress.steps[step.id] = { outputs: {}, conclusion: 'skipped' };
    return;
  }
  const env = { ...progress.env, ...filled(step.env, before) };
  const scope = { ...before, contexts: { ...before.contexts, env } };
  const acting = hands({
    job: work.job,
    uses: step.uses,
    run: step.run === null ? null : interpolate(step.run, scope),
    with: filled(step.with, scope),
    env,
    github: work.contexts.github,
    permissions: work.permissions,
  });
  // Of a step whose condition still holds the runner keeps its hands off.
  const stop = (): void => {
    if (!holds(step.if, scopeOf(work, progress))) acting.cancel();
  };
  work.cancel.addEventListener('abort', stop);
  const lose = (): void => acting.lose?.();
  work.lost.addEventListener('abort', lose);
  const { ok, outputs = {}, env: added = {}, post } = await acting.finished;
  work.cancel.removeEventListener('abort', stop);
  work.lost.removeEventListener('abort', lose);
  progress.env = { ...progress.env, ...added };
  const conclusion = ok ? 'success' : 'failure';
  if (step.id !== null) progress.steps[step.id] = { outputs, outcome: conclusion, conclusion };
  if (!ok) progress.hasFailed = true;
  if (post !== undefined) progress.posts.push(post);
}

function scopeOf({ contexts, cancel }: Work, { hasFailed, env, steps }: Progress): Scope {
  const cancelled = cancel.aborted;
  const status = { success: !hasFailed && !cancelled, failure: hasFailed, cancelled };
  return { contexts: { ...contexts, env, steps }, status };
}

function filled(
  texts: Readonly<Record<string, string>>,
  scope: Scope,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, interpolate(text, scope)]),
  );
}
