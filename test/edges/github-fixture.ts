/** What the tests of the check run have in common: a GitHub on a port and a rollout to show. */
import type { Report } from '../../src/core/report/report-model.ts';
import { createClock } from '../../src/edges/clock.ts';
import type { RenderedCheck } from '../../src/core/report/report.ts';
import type { ReporterOptions } from '../../src/edges/github-reporter.ts';
import { createReporter } from '../../src/edges/github.ts';
import type { Clock } from '../../src/engine/ports.ts';
import { githubHandler } from '../sandbox/github/handler.ts';
import { openServer, type OpenServer } from '../sandbox/server.ts';

export const SHA = 'c0ffee'.padEnd(40, '0');
export const NAME = 'Canary: web (europe-west1)';

const REPORT: Report = {
  service: { project: 'acme', region: 'europe-west1', service: 'web' },
  runUrl: '',
  starterUrl: '',
  rolloutId: '683120945-19482736450',
  attempt: 1,
  outcome: null,
  phase: 'active',
  reason: null,
  why: 'started',
  stable: 'web-1',
  canary: 'web-2',
  clone: '',
  brought: false,
  image: 'image',
  commit: SHA,
  tag: 'c-1',
  url: '',
  canaryUrl: '',
  percent: 0,
  served: { 'web-1': 100 },
  stages: [],
  timing: null,
  startedAt: null,
  now: 0,
  fence: 'proved',
  isAsFound: false,
  forecast: null,
  notices: [],
  refusal: null,
  said: '',
  outlook: {
    progress: null,
    dispatch: null,
    onCancel: null,
    due: null,
    rerun: null,
    isMissing: false,
  },
};

export const running = (why: string): Report => ({ ...REPORT, why });
export const ended = (why: string): Report => ({ ...REPORT, why, outcome: 'promoted' });

export function render({ why, outcome }: Report): RenderedCheck {
  const output = { title: why, summary: `summary ${why}`, text: `text ${why}` };
  return outcome === null
    ? { ...output, status: 'in_progress', conclusion: null }
    : { ...output, status: 'completed', conclusion: 'success' };
}

/** Before an end that nobody has answered is sent once more. */
const PAUSE = 7_000;

/** A clock that sleeps as long as it is told for these waits, and as always for all others. */
export function clockWith(lengths: Readonly<Record<number, number>>): Clock {
  const clock = createClock();
  return {
    ...clock,
    sleep: (ms, signal) => clock.sleep(lengths[ms] ?? (ms === PAUSE ? 50 : ms), signal),
  };
}

const servers: OpenServer['server'][] = [];

/** Tests that run side by side cannot say whose the end of a test is, so this is for the end of all. */
export async function closeServers(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => server.close()));
}

export async function startGithub() {
  const github = githubHandler({ now: Date.now });
  const { server, journal, faults } = openServer(Date.now, [github.handler]);
  const apiUrl = await server.listen();
  servers.push(server);
  // The client spaces the writes of one id, over all tests of this process.
  const rollout = `683120945-${new URL(apiUrl).port}`;
  const said: string[] = [];
  const options: ReporterOptions = {
    token: github.controls.token,
    apiUrl,
    owner: 'octo-org',
    repo: 'shop',
    headSha: SHA,
    checkName: NAME,
    externalId: rollout,
    fromFork: false,
    hurry: new AbortController().signal,
    clock: clockWith({}),
    fetch: globalThis.fetch,
    render,
    redact: (text) => text,
    notice: (text) => said.push(`notice: ${text}`),
    warn: (text) => said.push(`warning: ${text}`),
  };
  /** "GET", "POST", … as they came. */
  const methods = (): string[] => journal.entries().map((entry) => entry.method);
  const open = (changes: Partial<ReporterOptions> = {}) =>
    createReporter({ ...options, ...changes });
  return {
    ...github,
    apiUrl,
    rollout,
    journal,
    faults,
    said,
    methods,
    open,
    runs: github.state.checkRuns,
  };
}

type Github = Awaited<ReturnType<typeof startGithub>>;

export const CALLS = [
  { call: 'the look-up', match: { method: 'GET' } },
  { call: 'the create', match: { method: 'POST' } },
  { call: 'the update', match: { method: 'PATCH' } },
] as const;

export async function rollOut(
  github: Github,
  changes: Partial<ReporterOptions> = {},
): Promise<void> {
  const reporter = github.open(changes);
  await reporter.update(running('started'));
  await reporter.flush();
  await reporter.update(running('at 5 %'));
  await reporter.flush();
  await reporter.update(ended('promoted'));
  await reporter.flush();
}
