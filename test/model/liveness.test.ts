import { expect, test } from 'vitest';
import { decide } from '../../src/core/rollout/machine.ts';
import { startDraft } from '../../src/core/rollout/drafts.ts';
import type { Goal, Situation } from '../../src/core/decision-types.ts';
import { attempt, reconcile } from './cast.ts';
import { SHIPPED } from './design.ts';
import type { Design } from './design.ts';
import { explore } from './explore.ts';
import { brokenLiveness, run } from './liveness.ts';
import { QUIET, recordOf } from './service.ts';

const { services } = explore({
  cast: [attempt(1)],
  faults: { crash: 0, network: 0, outsider: 1, cancel: 0 },
  design: SHIPPED,
  reduced: true,
});

/** The shipped design, but for what one kind of errand does. */
function broken(
  kind: Goal['kind'],
  decideSo: (situation: Situation) => ReturnType<typeof decide> | null,
): Design {
  return {
    ...SHIPPED,
    decide: (situation) =>
      (situation.goal.kind === kind ? decideSo(situation) : null) ?? decide(situation),
  };
}

function problems(design: Design): string {
  return brokenLiveness(services, design).join('\n');
}

test('L1: a rollout that no reconcile ends is found', () => {
  const idle = broken('reconcile', () => ({ do: 'stop', outcome: 'nothing-open', why: 'Idle.' }));
  expect(problems(idle)).toMatch(/L1: a reconcile leaves it active/);
});

test('L1: a reconcile that only waits is found', () => {
  const waiting = broken('reconcile', () => ({ do: 'wait', atMost: 1, why: 'Later.' }));
  expect(problems(waiting)).toMatch(/L1: a reconcile does not end/);
});

test('S14: an order that does not end is found', () => {
  const asking = broken('order', () => ({ do: 'wait', atMost: 1, why: 'Later.' }));
  expect(problems(asking)).toMatch(/S14: an order to promote does not end/);
});

test('L2: a re-run that always refuses is found', () => {
  const stubborn = broken('drive', () => ({ do: 'stop', outcome: 'refused', why: 'No.' }));
  expect(problems(stubborn)).toMatch(/L2: refused without a write/);
});

test('L2: a reason of two lines is found', () => {
  const wordy = broken('drive', () => ({ do: 'stop', outcome: 'refused', why: 'No.\nNever.' }));
  expect(problems(wordy)).toMatch(/L2: the reason is not one line/);
});

test('L2: a re-run that starts over instead of going on is found', () => {
  const forgetful = broken('drive', ({ goal, service, caller, memory }) => {
    const { record } = service;
    const plan = goal.kind === 'drive' ? goal.plan : null;
    if (goal.kind !== 'drive' || plan === null) return null;
    if (memory.drove || typeof record === 'string') return null;
    const { stable } = record;
    return { do: 'start', record: startDraft(service, caller, { ...goal, plan, stable }) };
  });
  expect(problems(forgetful)).toMatch(/L2: resumes at stage 0, not 1/);
});

test('L5: a re-run after a promotion changes nothing, after a rollback it starts afresh', () => {
  const begun = (wish: 'pass' | 'fail') =>
    run(attempt(1), SHIPPED, { service: QUIET, belief: 'after the bake', wish }).service;
  const again = (wish: 'pass' | 'fail') =>
    run(attempt(2), SHIPPED, { service: begun(wish), belief: 'after the bake', wish: 'pass' });
  expect(again('pass')).toMatchObject({ outcome: 'promoted', writes: [] });
  expect(again('fail').outcome).toBe('promoted');
  expect(again('fail').writes[0]?.creates).toBe(attempt(2).caller.revision);
});

test('L1: one reconcile past due needs one write', () => {
  const open = services.filter((service) => {
    const record = recordOf(service);
    return typeof record !== 'string' && record.phase === 'active';
  });
  expect(open.length).toBeGreaterThan(20);
  for (const service of open) {
    const ran = run(reconcile(), SHIPPED, { service, belief: 'past due', wish: 'pass' });
    expect(ran.writes.length).toBe(1);
  }
});
