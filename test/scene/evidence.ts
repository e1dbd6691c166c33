/** What a scene leaves behind: the writes that were sent, the record, the check run, the leftovers. */
import type { RunResult } from '../runner/runner.ts';
import { unfolded } from '../unfolded.ts';
import type { Scene } from './scene.ts';

const RECORD = 'cloud-run-canary.dev/rollout';
/** Long, for it is no promise of anybody: a machine that others keep busy takes its time. */
const DEADLINE_MS = 60_000;

/** The fields of a rollout's record that tests speak of. */
export type Recorded = {
  readonly rolloutId: string;
  readonly attempt: number;
  readonly phase: string;
  readonly stage: number;
  readonly reason: string;
  readonly canary: string;
  readonly stable: string;
  readonly percents: readonly number[];
  readonly startedBy: number;
  readonly history: readonly string[];
};

type Row = {
  readonly revisionName?: string;
  readonly latestRevision?: boolean;
  readonly percent?: number;
  readonly tag?: string;
};

type Body = {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: { readonly template: Template; readonly traffic: readonly Row[] };
};

type Template = {
  readonly metadata: {
    readonly annotations: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
};

/** One PUT of the service that asked for a change. */
export type Write = {
  readonly seq: number;
  readonly status: number | null;
  readonly traffic: readonly Row[];
  readonly template: Template;
  readonly record: Recorded;
};

/** Oldest first. Outsiders do not come over HTTP, so each of them is the action's. */
export function writesOf({ sandbox }: Scene, fromSeq = 0): readonly Write[] {
  return sandbox.journal
    .entries()
    .slice(fromSeq)
    .filter(({ method, query }) => method === 'PUT' && !query.includes('dryRun'))
    .map(({ seq, status, body }) => {
      const { metadata, spec }: Body = JSON.parse(body);
      const record: Recorded = JSON.parse(metadata.annotations[RECORD] ?? 'null');
      return { seq, status, record, traffic: spec.traffic, template: spec.template };
    });
}

/** "<revision> <percent>" or "<revision> #<tag>" for each row, as a person would note it down. */
export function rowsOf({ traffic }: Pick<Write, 'traffic'>): readonly string[] {
  return traffic.map(({ revisionName = 'LATEST', percent, tag }) =>
    [revisionName, percent, tag === undefined ? undefined : `#${tag}`]
      .filter((part) => part !== undefined)
      .join(' '),
  );
}

/**
 * Phase and stage of each write that was taken, e.g. "active 0". While it settles the service moves
 * its version by itself, so a write may be refused once and made again.
 */
export function storyOf(scene: Scene, fromSeq = 0): readonly string[] {
  const taken = writesOf(scene, fromSeq).filter(({ status }) => status !== 409);
  return taken.map(({ record }) => `${record.phase} ${record.stage}`);
}

/** The record on the service now; null: there is none. */
export function recordOf({ sandbox, service }: Scene): Recorded | null {
  const { annotations } = sandbox.model.get(service).metadata;
  return JSON.parse(annotations[RECORD] ?? 'null');
}

/** Number of the next request. */
export function now({ sandbox }: Scene): number {
  return sandbox.journal.entries().length;
}

/** The one check run; there must not be another. */
export function checkOf({ sandbox }: Scene) {
  const runs = sandbox.github.state.checkRuns;
  const [check] = runs;
  if (check === undefined || runs.length > 1) throw new Error(`${runs.length} check runs`);
  const { title, summary, text } = check.output;
  return { ...check, title: title ?? '', text: unfolded([title, summary, text].join('\n')) };
}

/** The errors a person sees; the runner's log shows each of them once. */
export function errorsOf({ annotations }: Pick<RunResult, 'annotations'>): readonly string[] {
  return annotations.filter(({ level }) => level === 'error').map(({ message }) => message);
}

/** Waits for a condition with a deadline, never for a time. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

/** The rollout's own split is served: the canary has that much. */
export async function untilAt(scene: Scene, percent: number): Promise<void> {
  await until(`the canary is served ${percent} %`, () => {
    const record = recordOf(scene);
    return record !== null && (scene.served()[record.canary] ?? 0) === percent;
  });
}

/** Processes and listeners of this test process that have not ended. */
export async function nothingLeft(): Promise<void> {
  const left = () =>
    process.getActiveResourcesInfo().filter((name) => /ProcessWrap|TCPServerWrap/.test(name));
  await until('no process and no listener is left', () => left().length === 0);
}
