/** A workflow file as the harness plays it. Whatever it does not know is refused by name. */
import { parseDocument } from 'yaml';

export type Step = {
  readonly id: string | null;
  readonly name: string;
  readonly if: string | null;
  readonly uses: string | null;
  readonly run: string | null;
  readonly with: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
};

export type Concurrency = {
  readonly group: string;
  readonly cancelInProgress: boolean;
};

export type Permissions = Readonly<Record<string, string>>;

export type Job = {
  readonly id: string;
  readonly needs: readonly string[];
  readonly if: string | null;
  readonly permissions: Permissions;
  readonly environment: string | null;
  readonly concurrency: Concurrency | null;
  readonly outputs: Readonly<Record<string, string>>;
  readonly matrix: Readonly<Record<string, unknown>> | string | null;
  readonly failFast: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
};

export type Workflow = {
  /** Its place in the repository, by which it is dispatched. */
  readonly file: string;
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly concurrency: Concurrency | null;
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: readonly Job[];
};

type Fields = Readonly<Record<string, unknown>>;

export function parseWorkflow(file: string, text: string): Workflow {
  const document = parseDocument(text, { uniqueKeys: true });
  const wrong = document.errors[0] ?? document.warnings[0];
  if (wrong !== undefined) throw new Error(`${file}: ${wrong.message}`);
  const fields = known(document.toJS(), file, 'name on permissions concurrency env jobs');
  const shared = fields['permissions'];
  return {
    file,
    name: textOf(fields['name']),
    on: triggersOf(fields['on'], file),
    concurrency: concurrencyOf(fields['concurrency'], file),
    env: texts(fields['env']),
    jobs: Object.entries(recordOf(fields['jobs'], `${file}, jobs`)).map(([id, job]) =>
      jobOf(id, job, { where: `${file}, ${id}`, shared }),
    ),
  };
}

const JOB_FIELDS =
  'runs-on needs if permissions environment concurrency outputs strategy env steps timeout-minutes';

function jobOf(
  id: string,
  written: unknown,
  { where, shared }: { readonly where: string; readonly shared: unknown },
): Job {
  const job = known(written, where, JOB_FIELDS);
  const { environment } = job;
  const strategy = known(job['strategy'] ?? {}, `${where}, strategy`, 'matrix fail-fast');
  const named = isRecord(environment)
    ? known(environment, `${where}, environment`, 'name url')['name']
    : environment;
  return {
    id,
    needs: listOf(job['needs']),
    if: textOrNull(job['if']),
    permissions: texts(job['permissions'] ?? shared ?? refuse(`${where} leaves its permissions`)),
    environment: textOrNull(named),
    concurrency: concurrencyOf(job['concurrency'], where),
    outputs: texts(job['outputs']),
    matrix: matrixOf(strategy['matrix'], where),
    failFast: strategy['fail-fast'] !== false,
    env: texts(job['env']),
    steps: Array.isArray(job['steps'])
      ? job['steps'].map((step, index) => stepOf(step, `${where}, step ${index + 1}`))
      : refuse(`${where} has no steps`),
  };
}

function stepOf(written: unknown, where: string): Step {
  const step = known(written, where, 'id name if uses run with env');
  const [uses, run] = [textOrNull(step['uses']), textOrNull(step['run'])];
  if ((uses === null) === (run === null)) refuse(`${where} is neither one action nor one script`);
  return {
    id: textOrNull(step['id']),
    name: textOrNull(step['name']) ?? uses ?? run ?? '',
    if: textOrNull(step['if']),
    uses,
    run,
    with: texts(step['with']),
    env: texts(step['env']),
  };
}

function triggersOf(on: unknown, where: string): Fields {
  if (isRecord(on)) return on;
  const names = listOf(on);
  return names.length > 0
    ? Object.fromEntries(names.map((name) => [name, null]))
    : refuse(`${where} is never started`);
}

function concurrencyOf(written: unknown, where: string): Concurrency | null {
  if (written === undefined) return null;
  const fields = isRecord(written)
    ? known(written, `${where}, concurrency`, 'group cancel-in-progress')
    : { group: written };
  return {
    group: textOf(fields['group']),
    cancelInProgress: fields['cancel-in-progress'] === true,
  };
}

function matrixOf(written: unknown, where: string): Job['matrix'] {
  if (written === undefined) return null;
  if (typeof written === 'string') return written;
  return recordOf(written, `${where}, matrix`);
}

function known(written: unknown, where: string, names: string): Fields {
  const fields = recordOf(written, where);
  const strange = Object.keys(fields).find((name) => !names.split(' ').includes(name));
  return strange === undefined ? fields : refuse(`${where}: the harness does not know ${strange}`);
}

function recordOf(value: unknown, where: string): Fields {
  return isRecord(value) ? value : refuse(`${where} is no mapping`);
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Scalars as the runner hands them over: as text. */
function texts(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isRecord(value) ? value : {});
  return Object.fromEntries(entries.map(([name, one]) => [name, textOf(one)]));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

function textOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : textOf(value);
}

function listOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.map(textOf) : [textOf(value)];
}

function refuse(why: string): never {
  throw new Error(why);
}
