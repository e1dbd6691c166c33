/** docs/commands.md says of every command what the code does. */
import { expect, test } from 'vitest';
import { prepare } from '../src/action/goals.ts';
import type { Decision, Goal, Outcome, Situation } from '../src/core/decision-types.ts';
import { COMMANDS, isStarting } from '../src/core/inputs/input-table.ts';
import type { Command } from '../src/core/inputs/input-table.ts';
import { OUTCOME_WORDS } from '../src/core/report/report-words.ts';
import { decide } from '../src/core/rollout/machine.ts';
import { isGoodEnding } from '../src/core/rollout/outcome.ts';
import type { Reason } from '../src/core/types.ts';
import { heard } from './action/heard.ts';
import { read } from './docs/pages.ts';
import { KNOWS_NOTHING, World } from './engine/world.ts';
import * as build from './unit/build.ts';
import { LEAST, request } from './unit/given-inputs.ts';

const rows = [...read('docs/commands.md').matchAll(/^\| `(\w+)` \|(.*)\|$/gm)]
  .map(([, command = '', rest = '']) => ({ command, cells: rest.split('|').map((c) => c.trim()) }))
  .filter(({ cells }) => cells.length === 4)
  .map(({ command, cells: [starts, raises, undoes, good] }) => ({
    command: command as Command,
    says: { starts, raises, undoes },
    good: good!,
  }));

/** status asks as reconcile does, and only shows the answer. */
const acting = rows.filter(({ command }) => command !== 'status');

async function goalOf(command: Command): Promise<Goal> {
  const { goal } = await prepare({
    request: request(isStarting(command) ? { ...LEAST, command } : { command, service: 'web' }),
    caller: build.aCaller(),
    ports: new World().ports(),
    foresight: new World().foresight(),
    doctor: KNOWS_NOTHING,
    cancel: new AbortController().signal,
    clearing: heard().clearing,
    actor: 'ada',
    isHosted: true,
  });
  return goal;
}

test('every command has its row, in order', () => {
  expect(rows.map(({ command }) => command)).toEqual([...COMMANDS]);
});

const atZero = { stage: 0, changedAt: [build.NOW] };
const quiet = { asked: { [build.STABLE]: 100 } };

/** Of a canary that is ready and has answered its probes, and of a service without a rollout. */
function situations(goal: Goal): Readonly<Record<'starts' | 'raises' | 'undoes', Situation>> {
  const fresh = { ...build.aMemory({ ownRevision: 'absent' }), drove: false, stage: null };
  const stage = build.aStage({ index: 0, probed: true });
  const proved = build.aMemory({ stage, found: { next: 5, due: build.NOW } });
  const late = build.aRecord({ due: build.NOW - 1 });
  const { planHash } = build.aRecord();
  const ofPlan = { planHash: (goal.kind === 'drive' ? goal.plan?.hash : null) ?? planHash };
  return {
    starts: build.aSituation({ goal, memory: fresh, service: build.aQuietService() }),
    raises: build.aSituation({
      goal,
      memory: proved,
      service: build.aService({ ...quiet, record: build.aRecord({ ...atZero, ...ofPlan }) }),
    }),
    undoes: build.aSituation({ goal, service: build.aService({ record: late }) }),
  };
}

function isRaise(decision: Decision): boolean {
  return decision.do === 'write' && decision.record.stage > 0 && isCanarys(decision.record.phase);
}

function isCanarys(phase: string): boolean {
  return phase === 'active' || phase === 'promoted';
}

test.each(acting)('$command may do what its row says', async ({ command, says }) => {
  const { starts, raises, undoes } = situations(await goalOf(command));
  const undo = decide(undoes);
  const word = (may: boolean) => (may ? 'yes' : 'no');
  expect({
    starts: word(decide(starts).do === 'start'),
    raises: word(isRaise(decide(raises))),
    undoes: word(undo.do === 'write' && undo.record.phase === 'rolled-back'),
  }).toEqual(says);
});

const outcomes = Object.keys(OUTCOME_WORDS) as Outcome[];

function isGood(goal: Goal, outcome: Outcome, reason: Reason): boolean {
  const record = build.aRecord({ phase: 'held', reason });
  const memory = build.aMemory();
  return isGoodEnding({ outcome, service: build.aService({ record }), memory }, goal);
}

test.each(acting)('$command succeeds with what its row says', async ({ command, good }) => {
  const goal = await goalOf(command);
  const said = [...good.matchAll(/`([a-z-]+)`/g)].map(([, outcome]) => outcome);
  const found = outcomes.filter((outcome) => isGood(goal, outcome, 'reached'));
  // reconcile sums up over services: each of them is well unless somebody has to look.
  const expected = command === 'reconcile' ? outcomes.filter((one) => one !== 'hands-off') : said;
  expect(new Set(found)).toEqual(new Set(expected));
});

test.each(acting.filter(({ good }) => good.includes('`held` as meant')))(
  '$command that holds for another reason than it was meant to has failed',
  async ({ command }) => {
    const goal = await goalOf(command);
    const reasons: readonly Reason[] = ['reached', 'watched', 'unknown-at-deadline', 'cancelled'];
    expect(reasons.filter((reason) => isGood(goal, 'held', reason))).toEqual([
      'reached',
      'watched',
    ]);
  },
);

test('status never acts and never fails', () => {
  const { says, good } = rows.find(({ command }) => command === 'status')!;
  expect({ ...says, good }).toEqual({
    starts: 'no',
    raises: 'no',
    undoes: 'no',
    good: 'any, if the service could be read',
  });
});

/** Records, so that none can be forgotten. */
const ALL_OUTCOMES: Readonly<Record<Outcome, true>> = {
  promoted: true,
  'rolled-back': true,
  released: true,
  'start-failed': true,
  deployed: true,
  'deploy-failed': true,
  held: true,
  unchanged: true,
  planned: true,
  gone: true,
  refused: true,
  busy: true,
  fenced: true,
  'hands-off': true,
  'nothing-open': true,
};
const ALL_REASONS: Readonly<Record<Exclude<Reason, `ordered:${string}`>, true>> = {
  started: true,
  taken: true,
  pass: true,
  reached: true,
  watched: true,
  'fail:error-rate': true,
  'fail:client-error-rate': true,
  'fail:latency': true,
  'fail:slow-requests': true,
  'fail:latency-p50': true,
  'fail:latency-p95': true,
  'fail:latency-p99': true,
  'fail:memory': true,
  'probe-failed': true,
  'not-ready': true,
  'not-served': true,
  'canary-gone': true,
  'baseline-lost': true,
  'write-refused': true,
  'unknown-at-deadline': true,
  inconclusive: true,
  cancelled: true,
  'broke-off': true,
  drift: true,
  expired: true,
};

test.each([...Object.keys(ALL_OUTCOMES), ...Object.keys(ALL_REASONS)])(
  '%s is explained among the outcomes and reasons',
  (name) => {
    const [, explained = ''] = read('docs/commands.md').split('\n## Outcomes and reasons\n');
    expect(explained).toContain(`\`${name}\``);
  },
);
