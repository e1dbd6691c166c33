/** Plays tasks on two threads; what comes out does not depend on how many there are. */
import { Worker } from 'node:worker_threads';
import type { Task } from './grid.ts';
import { add, newTally } from './tally.ts';
import type { Tally } from './tally.ts';

const CHUNK = 20;
const SCRIPT = new URL('worker.ts', import.meta.url);

type Part = { readonly task: number; readonly chunk: Task };

/** `done` is called once for each task, with the tallies in the order of its rules. */
export async function playAll(
  tasks: readonly Task[],
  options: { readonly seed: number; readonly threads: number },
  done: (task: Task, tallies: readonly Tally[]) => void,
): Promise<void> {
  const parts = tasks.flatMap((task, i) => chunksOf(task).map((chunk) => ({ task: i, chunk })));
  const found = tasks.map(() => new Map<number, readonly Tally[]>());
  const finish = ({ task, chunk }: Part, tallies: readonly Tally[]): void => {
    const one = tasks[task]!;
    const known = found[task]!;
    known.set(chunk.from, tallies);
    if (known.size < chunksOf(one).length) return;
    done(one, merged(one, known));
    known.clear();
  };
  const left = parts.values();
  const threads = Math.min(options.threads, parts.length);
  await Promise.all(
    Array.from({ length: threads }, () => runThread(options.seed, { next: left, finish })),
  );
}

/** A stage of work is taken whenever one is finished. */
async function runThread(
  seed: number,
  parts: {
    readonly next: Iterator<Part>;
    readonly finish: (part: Part, tallies: readonly Tally[]) => void;
  },
): Promise<void> {
  const execArgv = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];
  const worker = new Worker(SCRIPT, { workerData: { seed }, execArgv });
  try {
    for (let part = parts.next.next(); part.done !== true; part = parts.next.next()) {
      parts.finish(part.value, await ask(worker, part.value.chunk));
    }
  } finally {
    await worker.terminate();
  }
}

async function ask(worker: Worker, chunk: Task): Promise<readonly Tally[]> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (tallies: readonly Tally[]) => {
      worker.off('error', reject);
      resolve(tallies);
    });
    worker.postMessage(chunk, []);
  });
}

function chunksOf(task: Task): readonly Task[] {
  const chunks: Task[] = [];
  for (let from = task.from; from < task.to; from += CHUNK) {
    chunks.push({ ...task, from, to: Math.min(task.to, from + CHUNK) });
  }
  return chunks;
}

function merged(task: Task, found: ReadonlyMap<number, readonly Tally[]>): readonly Tally[] {
  return task.rules.map((_, i) => {
    const sum = newTally();
    for (const { from } of chunksOf(task)) add(sum, found.get(from)![i]!);
    return sum;
  });
}
