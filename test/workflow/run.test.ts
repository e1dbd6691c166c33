/** The harness does with jobs and runs what GitHub's documents say. */
import { expect, test } from 'vitest';
import { parseWorkflow } from './file.ts';
import type { Acted, Hands, ReadyStep } from './job.ts';
import { Repository } from './repository.ts';
import type { Run, Settings } from './run.ts';

type Played = {
  readonly repository: Repository;
  readonly run: Run;
  /** Scripts in the order in which they began. */
  readonly said: string[];
  /** Ends the script that waits. */
  readonly end: (acted: Acted) => void;
  readonly steps: readonly ReadyStep[];
  readonly tick: (minutes: number) => void;
};

const TURNS = 200;
const TURN = Promise.resolve();

/** Lets everything happen that can. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await TURN;
}

/** `wait` waits for the test, or for its cancel; `fail` fails; anything else is said and succeeds. */
function play(jobs: string, settings: Partial<Settings> = {}, head = ''): Played {
  const said: string[] = [];
  const steps: ReadyStep[] = [];
  let minutes = 0;
  let end: (acted: Acted) => void = () => undefined;
  const hands: Hands = (step) => {
    steps.push(step);
    const script = (step.run ?? '').trim();
    said.push(script);
    if (!script.startsWith('wait')) {
      const outputs = { word: script };
      const post = async (): Promise<boolean> => said.push(`post ${script}`) > 0;
      const acted = { ok: script !== 'fail', outputs, ...(script === 'main' ? { post } : {}) };
      return { finished: Promise.resolve(acted), cancel: () => undefined };
    }
    const { promise, resolve } = Promise.withResolvers<Acted>();
    end = resolve;
    return { finished: promise, cancel: () => resolve({ ok: false }) };
  };
  const host = { now: () => minutes * 60_000, wait: async () => undefined, hands };
  const text = `name: One\non: { push: , workflow_dispatch: }\npermissions: {}\n${head}\njobs:\n${jobs}`;
  const repository = new Repository(
    host,
    [parseWorkflow('.github/workflows/one.yml', text)],
    settings,
  );
  const [run] = repository.push();
  const tick = (more: number): void => void (minutes += more);
  return { repository, run: run!, said, end: (acted) => end(acted), steps, tick };
}

function job(name: string, script: string, more = ''): string {
  return `  ${name}: { runs-on: x, ${more} steps: [{ id: s, run: "${script}" }] }\n`;
}

test('a job begins when all that it needs are over, and sees their outputs', async () => {
  const { run, said } = play(
    job('last', 'got ${{ needs.first.outputs.word }}', 'needs: [first, second],') +
      job('first', 'one', 'outputs: { word: "${{ steps.s.outputs.word }}" },') +
      job('second', 'two', 'needs: first,'),
  );
  expect(await run.finished).toBe('success');
  expect(said).toEqual(['one', 'two', 'got one']);
});

test.each([
  ['', 'skipped'],
  ['if: success(),', 'skipped'],
  ['if: "true",', 'skipped'],
  ['if: failure(),', 'success'],
  ['if: always(),', 'success'],
  ['if: cancelled(),', 'skipped'],
  ['if: "${{ failure() && needs.first.result == \'failure\' }}",', 'success'],
  ['if: "failure() && needs.first.result == \'success\'",', 'skipped'],
])('behind a job that failed one with "%s" is %s', async (condition, result) => {
  const { run } = play(job('first', 'fail') + job('next', 'on', `needs: first, ${condition}`));
  expect([await run.finished, run.resultOf('next')]).toEqual(['failure', result]);
});

test('what is skipped is no success for those behind it, however far', async () => {
  const { run } = play(
    job('first', 'one', "if: github.event_name == 'schedule',") +
      job('next', 'two', 'needs: first,') +
      job('last', 'three', 'needs: next,'),
  );
  expect(await run.finished).toBe('success');
  expect(['first', 'next', 'last'].map((id) => run.resultOf(id))).toEqual([
    'skipped',
    'skipped',
    'skipped',
  ]);
});

test('a cancel stops the step that runs; jobs that ask for it come after that', async () => {
  const { run, said } = play(
    job('first', 'wait') +
      job('next', 'never', 'needs: first,') +
      job('undo', 'undone', 'needs: [first, next], if: cancelled(),'),
  );
  await settle();
  run.cancel();
  expect(await run.finished).toBe('cancelled');
  expect(said).toEqual(['wait', 'undone']);
  expect([run.resultOf('first'), run.resultOf('undo')]).toEqual(['cancelled', 'success']);
});

test('post steps run at the end of a cancelled job, not when the machine is gone', async () => {
  const steps = '  a: { runs-on: x, steps: [{ run: main }, { run: wait }, { run: more }] }\n';
  const cancelled = play(steps);
  await settle();
  cancelled.run.cancel();
  expect(await cancelled.run.finished).toBe('cancelled');
  expect(cancelled.said).toEqual(['main', 'wait', 'post main']);
  const lost = play(steps);
  await settle();
  lost.run.lose();
  lost.end({ ok: false });
  expect(await lost.run.finished).toBe('failure');
  expect(lost.said).toEqual(['main', 'wait']);
});

test('a re-run of failed jobs plays them and what needs them again, and keeps the rest', async () => {
  const { run, said, steps, end } = play(
    job('build', 'built', 'outputs: { word: "${{ steps.s.outputs.word }}" },') +
      job('deploy', 'wait ${{ needs.build.outputs.word }}', 'needs: build,') +
      job('after', 'done', 'needs: deploy,'),
  );
  await settle();
  end({ ok: false });
  expect(await run.finished).toBe('failure');
  run.rerunFailed();
  await settle();
  end({ ok: true });
  expect(await run.finished).toBe('success');
  expect(said).toEqual(['built', 'wait built', 'wait built', 'done']);
  expect(steps.map(({ github }) => github['run_attempt'])).toEqual(['1', '1', '2', '2']);
  expect(() => run.rerunFailed()).toThrow('no failed job');
});

test('each value of a matrix is a job of its own, and one that fails stops those that run', async () => {
  const matrix = (more: string): string =>
    `  a: { runs-on: x, strategy: { ${more} matrix: { n: [wait, fail] } }, steps: [{ run: "\${{ matrix.n }}" }] }\n`;
  const fast = play(matrix(''));
  expect([await fast.run.finished, fast.run.billedMinutes]).toEqual(['failure', 2]);
  const slow = play(matrix('fail-fast: false,'));
  await settle();
  expect(slow.run.resultOf('a')).toBeNull();
  slow.end({ ok: true });
  expect(await slow.run.finished).toBe('failure');
});

test('a job whose environment has reviewers waits for them; turned down it has failed', async () => {
  const environments = { live: { hasReviewers: true } } as const;
  const gated = job('a', 'one', 'environment: live,');
  const approved = play(gated, { environments });
  await settle();
  expect([approved.run.waitingFor, approved.said]).toEqual([['live'], []]);
  approved.run.approve('live');
  expect(await approved.run.finished).toBe('success');
  const rejected = play(gated, { environments });
  await settle();
  rejected.run.reject('live');
  expect([await rejected.run.finished, rejected.said]).toEqual(['failure', []]);
  expect(rejected.run.billedMinutes).toBe(0);
});

test('an environment that the repository does not have is no way around its rules', async () => {
  await expect(play(job('a', 'one', 'environment: live,')).run.finished).rejects.toThrow('live');
});

test('wait timers are counted, and bill nothing; jobs bill whole minutes', async () => {
  const environments = { later: { waitMinutes: 30 } };
  const { run, tick, end } = play(job('a', 'wait', 'environment: later,') + job('b', 'two'), {
    environments,
  });
  await settle();
  tick(2.1);
  end({ ok: true });
  await run.finished;
  expect([run.waitedMinutes, run.billedMinutes]).toEqual([30, 4]);
});

test('of one group one run runs and one waits; a newer one takes the place of that', async () => {
  const head = 'concurrency: { group: "g-${{ github.event_name }}", cancel-in-progress: false }';
  const { repository, run: first, said, end } = play(job('a', 'wait'), {}, head);
  await settle();
  const [second] = repository.push();
  const [third] = repository.push();
  const other = repository.dispatch('one.yml');
  expect(await second!.finished).toBe('cancelled');
  await settle();
  expect(said).toEqual(['wait', 'wait']);
  end({ ok: true });
  expect(await other.finished).toBe('success');
  first.cancel();
  await first.finished;
  await settle();
  end({ ok: true });
  expect(await third!.finished).toBe('success');
});

test('cancel-in-progress cancels the one that runs', async () => {
  const head = 'concurrency: { group: g, cancel-in-progress: true }';
  const { repository, run, end } = play(job('a', 'wait'), {}, head);
  await settle();
  const [next] = repository.push();
  expect(await run.finished).toBe('cancelled');
  await settle();
  end({ ok: true });
  expect(await next!.finished).toBe('success');
});

test.each([
  ['services', '  a: { runs-on: x, services: {}, steps: [] }\n'],
  ['timeout-minutes', '  a: { runs-on: x, steps: [{ run: x, timeout-minutes: 3 }] }\n'],
])('what the harness does not know, such as %s, is refused by name', (name, jobs) => {
  expect(() => play(jobs)).toThrow(`does not know ${name}`);
});

test('a workflow is dispatched with its own inputs only', () => {
  const on = `on: { workflow_dispatch: { inputs: { n: { type: choice, required: true, options: [a, b] } } } }`;
  const text = `name: One\n${on}\npermissions: {}\njobs:\n${job('a', '${{ inputs.n }}')}`;
  const hands: Hands = () => ({ finished: Promise.resolve({ ok: true }), cancel: () => undefined });
  const host = { now: () => 0, wait: async () => undefined, hands };
  const repository = new Repository(host, [parseWorkflow('.github/workflows/one.yml', text)]);
  expect(() => repository.dispatch('one.yml', { n: 'c' })).toThrow('no option');
  expect(() => repository.dispatch('one.yml', {})).toThrow('Required');
  expect(() => repository.dispatch('one.yml', { n: 'a', m: 'b' })).toThrow('Unexpected');
  expect(repository.dispatch('one.yml', { n: 'b' }).workflow.name).toBe('One');
});
