/** The workflows of the README and of examples/ are complete, safe, and taken by the parser. */
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { COMMANDS } from '../src/core/inputs/input-table.ts';
import { parseInputs } from '../src/core/inputs/inputs.ts';
import { pages, pathsBelow, read } from './docs/pages.ts';
import { readAction } from './docs/reference.ts';

const shown = pages.filter(({ path }) => /^(?:README\.md|docs\/)/.test(path));
const action = readAction();

type Step = {
  readonly uses: string;
  readonly with: Readonly<Record<string, string>>;
  readonly hasCondition: boolean;
};
type Snippet = { readonly where: string; readonly text: string; readonly value: unknown };

const snippets = shown.flatMap(({ path, text }) =>
  [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, snippet = ''], index) =>
    parsed(`${path}, ${index + 1}`, snippet),
  ),
);
const examples = pathsBelow('examples')
  .filter((path) => path.endsWith('.yml'))
  .map((path) => parsed(path, read(path)));
const workflows = [
  ...snippets.filter(({ value }) => isRecord(value) && 'jobs' in value),
  ...examples,
  ...pathsBelow('.github/workflows').map((path) => parsed(path, read(path))),
];

/** Errors and warnings alike: a duplicate key is one of them. */
function parsed(where: string, text: string): Snippet {
  const document = parseDocument(text, { uniqueKeys: true });
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) throw new Error(`${where}: ${wrong[0]?.message}`);
  return { where, text, value: document.toJS() };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Wherever they stand. */
function stepsIn(value: unknown): readonly Step[] {
  if (Array.isArray(value)) return value.flatMap(stepsIn);
  if (!isRecord(value)) return [];
  const { uses, with: given } = value;
  return typeof uses === 'string'
    ? [{ uses, with: inputsOf(given), hasCondition: 'if' in value }]
    : Object.values(value).flatMap(stepsIn);
}

/** As the runner hands them over: as text. */
function inputsOf(given: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isRecord(given) ? given : {});
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

function isOurs({ uses }: Step): boolean {
  return /(?:^|\/)cloud-run-canary@/.test(uses);
}

test('the snippets have steps with this action, and workflows around them', () => {
  expect(snippets.flatMap(({ value }) => stepsIn(value)).filter(isOurs).length).toBeGreaterThan(1);
  expect(workflows.length).toBeGreaterThan(2);
});

test('there is an example of each way to drive a rollout', () => {
  const names =
    'approval-between-stages blue-green bring-your-own-revision feature-canary first-canary ' +
    'manual-promote-and-rollback migrate-from-deploy-cloudrun monorepo pull-request-check ' +
    're-run-to-retry reconcile resume-on-schedule tell-the-team terraform-side-by-side wait-by-dispatch ' +
    'wait-in-a-chain';
  expect(examples.map(({ where }) => where).toSorted()).toEqual(
    names.split(' ').map((name) => `examples/${name}.yml`),
  );
  const used = examples.flatMap(({ value }) => stepsIn(value).filter(isOurs).flatMap(commandsOf));
  expect(new Set(used)).toEqual(new Set(COMMANDS));
});

test.each(examples)(
  '$where says first when to use it and what it bills, and is named in docs/strategies.md',
  (one) => {
    expect(one.text).toMatch(/^# When: (?:.{1,98}\n# )+Bills: .{1,98}\n(?:# .{1,98}\n)*name: /);
    expect(read('docs/strategies.md')).toContain(`](../${one.where})`);
  },
);

test.each(['first-canary', 'manual-promote-and-rollback'])(
  'README or docs show examples/%s.yml as it is',
  (name) => {
    const text = read(`examples/${name}.yml`).replaceAll(/^# .*\n/gm, '');
    expect(snippets.map((snippet) => snippet.text)).toContain(text);
  },
);

test('the first workflow of the README fits a screen', () => {
  expect(workflows[0]?.text.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
});

/** What an expression in a snippet may turn into; the parser sees only the value. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  '${{ github.sha }}': ['0'.repeat(40)],
  '${{ github.event.pull_request.head.sha }}': ['0'.repeat(40)],
  '${{ needs.build.outputs.image }}': [`web/web@sha256:${'0'.repeat(64)}`],
  '${{ steps.image.outputs.image }}': [`web/web@sha256:${'0'.repeat(64)}`],
  '${{ matrix.service }}': ['web', 'api', 'worker'],
  '${{ inputs.new_checkout }}': ['on', 'off'],
  '${{ github.run_id }}': ['19482736450'],
  '${{ inputs.command }}': ['status', 'ramp', 'promote', 'rollback'],
  '${{ inputs.to }}': [''],
  '${{ inputs.at }}': [''],
  '${{ secrets.SLACK_WEBHOOK }}': ['https://hooks.slack.com/services/T000/B000/abcdefgh'],
};

/** What a step finds in the workspace where it names a service file. */
const FILE = {
  ok: true as const,
  value: {
    service: 'web',
    namespace: null,
    location: null,
    revision: null,
    image: 'web:v1',
    labels: [],
    json: '{}',
  },
};

function commandsOf(step: Step): readonly string[] {
  return meanings(step.with['command'] ?? 'run');
}

function meanings(text: string): readonly string[] {
  return Object.entries(MEANT).reduce<readonly string[]>(
    (texts, [expression, values]) =>
      texts.flatMap((one) =>
        one.includes(expression) ? values.map((value) => one.replaceAll(expression, value)) : [one],
      ),
    [text],
  );
}

const ours = [...snippets, ...examples].flatMap(({ where, value }) =>
  stepsIn(value)
    .filter(isOurs)
    .map((step) => ({ where, step })),
);

test.each(ours)('the inputs of the step in $where are taken by the parser', ({ step }) => {
  const given = Object.entries(step.with);
  expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(given.map(([name]) => name)));
  for (const command of commandsOf(step)) {
    const raw = new Map(given.map(([name, text]) => [name, meanings(text)[0] ?? '']));
    const result = parseInputs(raw.set('command', command), {
      project: 'demo',
      defaultTag: 'c-1',
      commit: '',
      file: FILE,
    });
    expect(result).toMatchObject({ ok: true, request: { command } });
  }
});

test.each(workflows)('$where pins actions of others to a commit, and says which version', (one) => {
  const others = stepsIn(one.value).filter((step) => !isOurs(step));
  for (const { uses } of others) {
    const escaped = uses.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    expect(uses).toMatch(/@[0-9a-f]{40}$/);
    expect(one.text).toMatch(new RegExp(`uses: ${escaped} # v\\d+\\.\\d+\\.\\d+$`, 'm'));
  }
});

// Those of this repository: test/security/workflows.test.ts.
const forUsers = workflows.filter(({ where }) => !where.startsWith('.github/'));

test.each(forUsers)('$where asks for no more permissions than it needs', ({ value }) => {
  const jobs = jobsIn(value);
  expect(isRecord(value) ? permissionsIn([value, ...jobs]) : null).toEqual([
    {},
    ...jobs.map(permissionsFor),
  ]);
});

test('what the examples ask for on GitHub stands in docs/permissions.md, with what is lost without it', () => {
  const asked = examples.flatMap(({ value }) =>
    jobsIn(value).flatMap((job) => permissionsIn([job])),
  );
  const names = new Set(
    asked.flatMap((one) => Object.entries(one as object).map((pair) => pair.join(': '))),
  );
  expect(names.size).toBeGreaterThan(4);
  for (const name of names) expect(read('docs/permissions.md')).toContain(`| \`${name}\` |`);
});

/** Only this action speaks in check runs, and only a job that dispatches may start another. */
function permissionsFor(job: unknown): object {
  const steps = stepsIn(job);
  const told = steps.filter(isOurs).map((step) => step.with);
  const usesCheckout = steps.some(({ uses }) => uses.startsWith('actions/checkout@'));
  return {
    'id-token': 'write',
    ...(steps.some(isOurs) ? { checks: 'write' } : {}),
    ...(told.some(({ comment = 'never' }) => comment !== 'never')
      ? { 'pull-requests': 'write' }
      : {}),
    ...(told.some(({ deployment }) => deployment === 'true') ? { deployments: 'write' } : {}),
    ...(usesCheckout ? { contents: 'read' } : {}),
    ...(JSON.stringify(job).includes('gh workflow run') ? { actions: 'write' } : {}),
  };
}

test.each(examples)('$where leaves no token in the workspace', ({ value }) => {
  const checkouts = stepsIn(value).filter(({ uses }) => uses.startsWith('actions/checkout@'));
  for (const checkout of checkouts) expect(checkout.with['persist-credentials']).toBe('false');
});

function permissionsIn(places: readonly unknown[]): readonly unknown[] {
  return places.flatMap((one) =>
    isRecord(one) && 'permissions' in one ? [one['permissions']] : [],
  );
}

/** A snippet without jobs is part of one. */
function jobsIn(value: unknown): readonly unknown[] {
  return isRecord(value) && isRecord(value['jobs']) ? Object.values(value['jobs']) : [value];
}

const jobs = [...snippets, ...examples].flatMap(({ where, value }) =>
  jobsIn(value)
    .map((job) => ({ where, steps: stepsIn(job) }))
    .filter(({ steps }) => steps.some(isOurs)),
);

test.each(jobs)('auth stands before this action in $where, so that post keeps its file', (job) => {
  const auth = job.steps.findIndex(({ uses }) => uses.startsWith('google-github-actions/auth@'));
  expect(auth).toBeGreaterThanOrEqual(0);
  expect(job.steps.findIndex(isOurs)).toBeGreaterThan(auth);
});

test.each(examples)('$where puts no condition on the step: GitHub would not cancel it', (one) => {
  for (const step of stepsIn(one.value).filter(isOurs)) expect(step.hasCondition).toBe(false);
  expect(one.text).not.toContain('always()');
});

test('the switch listens to the workflow that the first example is', () => {
  const [first, reconcile] = ['first-canary', 'reconcile'].map((name) =>
    examples.find(({ where }) => where === `examples/${name}.yml`),
  );
  expect(reconcile?.value).toMatchObject({
    on: { workflow_run: { workflows: [nameOf(first?.value)], types: ['completed'] } },
  });
});

function nameOf(workflow: unknown): unknown {
  return isRecord(workflow) ? workflow['name'] : null;
}

test('no workflow cancels a rollout that is under way', () => {
  const groups = workflows.flatMap(({ value }) =>
    isRecord(value) && 'concurrency' in value ? [value['concurrency']] : [],
  );
  expect(groups.length).toBeGreaterThan(0);
  for (const group of groups) expect(group).toMatchObject({ 'cancel-in-progress': false });
});
