/** A repository on GitHub: its workflows, its settings, and the events that start runs. */
import type { Workflow } from './file.ts';
import { Groups } from './groups.ts';
import type { GithubContext, Result } from './job.ts';
import { Run } from './run.ts';
import type { Around, Host, Settings } from './run.ts';

export type Event = {
  readonly name: string;
  readonly payload?: object;
  readonly sha?: string;
  readonly ref?: string;
};

const SHA = '8f3c1d2e4b5a69788796a5b4c3d2e1f00f1e2d3c';
const REPOSITORY = 'octo-org/shop';
const REPOSITORY_ID = 123_456_789;
const FIRST_RUN = 19_482_736_450;
const NO_SETTINGS: Settings = { environments: {}, vars: {}, secrets: {} };

export class Repository {
  readonly runs: Run[] = [];
  readonly #workflows: readonly Workflow[];
  readonly #around: Around;

  constructor(host: Host, workflows: readonly Workflow[], settings: Partial<Settings> = {}) {
    const groups = new Groups();
    this.#workflows = workflows;
    this.#around = {
      host,
      settings: { ...NO_SETTINGS, ...settings },
      groups,
      over: (run, result) => this.#completed(run, result),
    };
  }

  push(sha: string = SHA): readonly Run[] {
    return this.happen({ name: 'push', sha });
  }

  /** From a branch of that repository to main. */
  pullRequest(from: string): readonly Run[] {
    const repo = { full_name: from, id: from === REPOSITORY ? REPOSITORY_ID : REPOSITORY_ID + 1 };
    const head = { sha: 'b'.repeat(40), ref: 'feature', repo };
    const payload = { pull_request: { number: 7, head, base: { ref: 'main' } } };
    return this.happen({ name: 'pull_request', payload, ref: 'refs/pull/7/merge' });
  }

  /** Every workflow that listens to it. */
  happen(event: Event): readonly Run[] {
    return this.#workflows
      .filter((workflow) => listens(workflow, event))
      .map((workflow) => this.#start(workflow, event, {}));
  }

  /** By its file's name, as `gh workflow run` and the button do. */
  dispatch(file: string, given: Readonly<Record<string, string>> = {}): Run {
    const workflow = this.#workflows.find((one) => one.file.endsWith(`/${file}`));
    if (workflow === undefined || !('workflow_dispatch' in workflow.on)) {
      throw new Error(`${file} cannot be dispatched.`);
    }
    const inputs = dispatched(workflow.on['workflow_dispatch'], given);
    return this.#start(workflow, { name: 'workflow_dispatch', payload: { inputs } }, inputs);
  }

  #start(workflow: Workflow, event: Event, inputs: Readonly<Record<string, unknown>>): Run {
    const id = FIRST_RUN + this.runs.length;
    const github = contextOf(workflow, event, id);
    const run = new Run({ id, workflow, github, inputs }, this.#around);
    this.runs.push(run);
    return run.start();
  }

  #completed({ id, workflow, github, attempt }: Run, conclusion: Result): void {
    const { sha } = github;
    const about = { id, name: workflow.name, run_attempt: attempt, head_sha: sha, conclusion };
    const payload = {
      action: 'completed',
      workflow_run: { ...about, status: 'completed' },
    };
    this.happen({ name: 'workflow_run', payload });
  }

  /** Until nothing runs any more; a run that waits for a person never comes to its end. */
  async settled(): Promise<void> {
    for (let seen = -1; seen !== this.runs.length;) {
      seen = this.runs.length;
      await Promise.all(this.runs.map(({ finished }) => finished));
    }
  }

  get billedMinutes(): number {
    return this.runs.reduce((sum, run) => sum + run.billedMinutes, 0);
  }
}

function contextOf(workflow: Workflow, event: Event, id: number): GithubContext {
  const { name, payload = {}, sha = SHA, ref = 'refs/heads/main' } = event;
  return {
    event_name: name,
    event: payload,
    sha,
    ref,
    ref_name: ref.split('/').at(-1) ?? '',
    repository: REPOSITORY,
    repository_id: String(REPOSITORY_ID),
    repository_owner: 'octo-org',
    run_id: String(id),
    run_attempt: '1',
    run_number: '1',
    actor: 'octocat',
    triggering_actor: 'octocat',
    workflow: workflow.name,
    server_url: 'https://github.com',
    token: 'ghs_jobToken',
  };
}

function listens({ on, file }: Workflow, { name, payload = {}, ref }: Event): boolean {
  if (!(name in on)) return false;
  const filter = { ...(on[name] as object | null) } as Readonly<Record<string, unknown>>;
  if (name === 'push') {
    only(filter, ['branches'], file);
    const branch = (ref ?? 'refs/heads/main').replace('refs/heads/', '');
    return !('branches' in filter) || listIn(filter['branches']).includes(branch);
  }
  if (name === 'pull_request') {
    only(filter, ['branches'], file);
    return !('branches' in filter) || listIn(filter['branches']).includes('main');
  }
  if (name === 'workflow_run') {
    only(filter, ['workflows', 'types'], file);
    const { workflow_run: run } = payload as { readonly workflow_run: { readonly name: string } };
    return listIn(filter['workflows']).includes(run.name);
  }
  return true;
}

function only(filter: object, names: readonly string[], file: string): void {
  const strange = Object.keys(filter).find((name) => !names.includes(name));
  if (strange !== undefined) throw new Error(`${file}: the harness does not know ${strange}`);
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

type Asked = {
  readonly type?: string;
  readonly default?: string | number | boolean;
  readonly required?: boolean;
  readonly options?: readonly string[];
};

/** What the form of the button gives: defaults for what is left out, and nothing else. */
function dispatched(
  trigger: unknown,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const { inputs = {} } = { ...(trigger as { readonly inputs?: Record<string, Asked> } | null) };
  const strange = Object.keys(given).find((name) => !(name in inputs));
  if (strange !== undefined) throw new Error(`Unexpected inputs provided: ${strange}`);
  const values = Object.entries(inputs).map(([name, asked]) => {
    const value = given[name] ?? asked.default ?? '';
    if (asked.required === true && value === '') throw new Error(`Required input ${name}`);
    if (asked.options !== undefined && !asked.options.includes(String(value))) {
      throw new Error(`${String(value)} is no option of ${name}`);
    }
    return [name, asked.type === 'boolean' ? String(value) === 'true' : value];
  });
  return Object.fromEntries(values);
}
