/**
 * The stories that gave the protocol its rules: each is told by the design that lacks the rule, and
 * cannot be told by the shipped one.
 */
import { expect, test, vi } from 'vitest';
import {
  GATED,
  HOLD,
  approvedOrder,
  approvedRamp,
  attempt,
  cleanUp,
  deploy,
  order,
  ramp,
  resume,
  secondDeploy,
  secondWorkflow,
} from './cast.ts';
import type { Role } from './cast.ts';
import { SHIPPED } from './design.ts';
import type { Design } from './design.ts';
import { explore } from './explore.ts';
import * as rules from './mutations-rules.ts';
import * as writes from './mutations-writes.ts';
import type { Safety } from './promises.ts';
import type { Faults } from './steps.ts';

/** For a machine that others use too. */
vi.setConfig({ testTimeout: 60_000 });

type Where = {
  readonly cast: readonly Role[];
  readonly faults?: Partial<Faults>;
  readonly states?: number;
};

/** Where more is needed than a moment; `npm run model` looks at all of it. */
const AT_MOST = 60_000;
const NONE: Faults = { crash: 0, network: 0, outsider: 0, cancel: 0 };
const FIRST = attempt(1);
const PAIR = [FIRST, attempt(2)];

/** The shortest history by which the design breaks the promise; none if it cannot. */
function history(hooks: Partial<Design>, promise: Safety, where: Where): readonly string[] {
  const scope = {
    cast: where.cast,
    faults: { ...NONE, ...where.faults },
    design: { ...SHIPPED, ...hooks },
    reduced: true,
  };
  const found = explore(scope, { broken: [promise], states: where.states ?? Infinity });
  return found.violations.find((each) => each.promise === promise)?.history ?? [];
}

/** These events, in this order; others may stand between them. */
function tells(events: readonly string[], story: readonly RegExp[]): void {
  let from = 0;
  for (const event of story) {
    const at = events.findIndex((text, index) => index >= from && event.test(text));
    expect(at, `${event} after event ${from} of\n${events.join('\n')}`).toBeGreaterThanOrEqual(0);
    from = at + 1;
  }
}

test('A: a re-run that takes the biggest share for stable puts an unproven canary at 100 %', () => {
  tells(history(rules.rerunRestarts, 'S4', { cast: PAIR }), [
    /attempt 1, decides on active, stage 1 of web-c1-1: pass/,
    /attempt 1, decides on active, stage 2 of web-c1-1: pass/,
    /attempt 1 writes: applied/,
    /attempt 2, decides on active, stage 0 of web-c1-2: started/,
    /attempt 2 writes: applied/,
  ]);
});

test('B: a ramp that arrives late, after the rollback, brings the canary back', () => {
  const where = { cast: [FIRST], faults: { network: 1, cancel: 1 } };
  tells(history(writes.naive, 'S7', where), [
    /decides on active, stage 1 of web-c1-1: pass/,
    /writes: under way, no answer/,
    /decides on rolled-back/,
    /writes: applied/,
    /a late write of attempt 1 arrives/,
  ]);
  expect(history({}, 'S7', where)).toEqual([]);
});

test('C: a rollback that arrives late, after the next attempt has gone on, undoes it', () => {
  const where = { cast: PAIR, states: AT_MOST };
  tells(history(writes.forcedRollback, 'S7', where), [
    /attempt 1, decides on rolled-back/,
    /attempt 2, decides on active, stage 1 of web-c1-2: pass/,
    /attempt 2 writes: applied/,
    /attempt 1 writes: applied/,
  ]);
  expect(history({}, 'S7', where)).toEqual([]);
});

test('the witness: a start whose answer was lost, with its record erased, is not made twice', () => {
  // While the rollout is open its tag is a witness too; so somebody else ends it first.
  const where = { cast: PAIR, faults: { network: 1, outsider: 1 }, states: 150_000 };
  tells(history(rules.noWitness, 'S9', where), [
    /attempt 1, decides on active, stage 0 of web-c1-1: started/,
    /attempt 1 writes: lost/,
    /attempt 2, decides on rolled-back, stage 0 of web-c1-1: expired/,
    /an outsider erases the record/,
    /attempt 1, decides on active, stage 0 of web-c1-1: started/,
  ]);
  expect(history({}, 'S9', where)).toEqual([]);
});

test('only a higher attempt takes over: an older one does not take the rollout back', () => {
  const where = { cast: PAIR };
  tells(history(rules.takeBack, 'S10', where), [
    /attempt 1, decides on active, stage 0 of web-c1-2: taken/,
    /attempt 2, probes: failed/,
    /attempt 1, decides on active, stage 1 of web-c1-2: pass/,
  ]);
  expect(history({}, 'S10', where)).toEqual([]);
});

test('the latch: a rollback that is not taken does not make the process forget why', () => {
  const where = { cast: [FIRST], faults: { network: 1 } };
  const story = [
    /decides on start-failed, stage 0 of web-c1-1: not-ready/,
    /writes: conflict/,
    /decides on active, stage 1 of web-c1-1: pass/,
  ];
  tells(history(rules.noLatch, 'S10', where), story);
  tells(history(rules.noReasons, 'S10', where), story);
  expect(history({}, 'S10', where)).toEqual([]);
});

test('never twice: an attempt whose canary failed does not start another one', () => {
  const where = { cast: PAIR, faults: { outsider: 1 } };
  tells(history(rules.startAgain, 'S10', where), [
    /attempt 2, decides on active, stage 0 of web-c1-1: taken/,
    /attempt 2, decides on start-failed, stage 0 of web-c1-1: not-ready/,
    /an outsider erases the record/,
    /attempt 2, decides on active, stage 0 of web-c1-2: started/,
  ]);
});

test('the ring: an older attempt does not start once a newer one and another run have ended', () => {
  const cast = [...PAIR, secondWorkflow()];
  tells(history(rules.noHistory, 'S6', { cast }), [
    /attempt 2, decides on active, stage 0 of web-c1-2: started/,
    /decides on rolled-back, stage 0 of web-c1-2/,
    /the second workflow, decides on active, stage 0 of web-c2-1: started/,
    /decides on rolled-back, stage 0 of web-c2-1/,
    /attempt 1, decides on active, stage 0 of web-c1-1: started/,
  ]);
});

test('an attempt older than the one that made the canary does not take it back from another run', () => {
  const cast = [attempt(1, HOLD), attempt(2, HOLD), ramp()];
  // The story has 20 events: enough to come to it.
  expect(history({}, 'S6', { cast, states: 200_000 })).toEqual([]);
});

test('nor does one that a later attempt has overtaken, whoever has held it since', () => {
  const where = { cast: [deploy(1), deploy(2), ramp(10)], faults: { network: 1 } };
  tells(history(rules.noOvertaken, 'S6', where), [
    /deploy 1, decides on active, stage 0 of web-c1-1: started/,
    /deploy 1 writes: lost/,
    /deploy 2, decides on active, stage 0 of web-c1-1: taken/,
    /deploy 2, decides on held/,
    /a ramp, decides on active, stage 0 of web-c1-1: taken/,
    /a ramp, decides on held/,
    /deploy 1, decides on active, .* of web-c1-1: taken/,
    /deploy 1 writes: applied/,
  ]);
  // `npm run model` looks at all of it.
  expect(history({}, 'S6', { ...where, states: 100_000 })).toEqual([]);
});

test('an image that was put behind a canary held at 0 % is sent nobody, by no command', () => {
  const cast = [deploy(1), ramp(), order('promote')];
  const where = { cast, faults: { outsider: 1 }, states: AT_MOST };
  tells(history(rules.heldUnseen, 'S12', where), [
    /an outsider puts another image behind web-c1-1/,
    /deploy 1 writes: applied/,
    /an order to promote, decides on promoted, stage 3 of web-c1-1/,
  ]);
  expect(history({}, 'S12', where)).toEqual([]);
});

test('what is driven is taken by no other run, and a gate is passed by nobody but a person', () => {
  tells(history(rules.takeActive, 'S6', { cast: [FIRST, ramp()] }), [
    /attempt 1, decides on active, stage 0 of web-c1-1: started/,
    /a ramp, decides on active, stage 0 of web-c1-1: taken/,
  ]);
  tells(history(rules.openGates, 'S6', { cast: [attempt(1, GATED), resume()] }), [
    /attempt 1, looks, closed window: pass/,
    /decides on active, stage 2 of web-c1-1: pass/,
  ]);
});

test('an approval is not carried out on the rollout of another run, be it the later one or not', () => {
  for (const approved of [approvedOrder('promote', 2), approvedRamp(2)]) {
    const where = { cast: [secondDeploy(), deploy(1), approved] };
    tells(history(rules.noHistory, 'S6', where), [
      /the second deploy, decides on rolled-back|the second deploy, decides on start-failed/,
      /deploy 1, decides on active, stage 0 of web-c1-1: started/,
      /deploy 1 writes: applied/,
      new RegExp(`${approved.name}, decides on .* of web-c1-1`),
    ]);
    expect(history({}, 'S6', { ...where, states: AT_MOST })).toEqual([]);
  }
  for (const approved of [approvedOrder('promote'), approvedRamp()]) {
    const where = { cast: [secondDeploy(), approved] };
    tells(history(rules.noAge, 'S6', where), [
      /the second deploy writes: applied/,
      new RegExp(`${approved.name}, decides on .* of web-c2-1`),
    ]);
    expect(history({}, 'S6', { ...where, states: AT_MOST })).toEqual([]);
  }
});

test('a ramp that came for one rollout does not take the next one', () => {
  const where = { cast: [deploy(1), secondDeploy(), ramp(10)] };
  tells(history(rules.noMeaning, 'S6', where), [
    /a ramp, .*web-c1-1/,
    /the second deploy, decides on active, stage 0 of web-c2-1: started/,
    /a ramp, decides on active, .* of web-c2-1: taken/,
  ]);
  expect(history({}, 'S6', { ...where, states: AT_MOST })).toEqual([]);
});

test('what main has found bad is not held by its post step', () => {
  const where = { cast: [attempt(1, HOLD), cleanUp()], faults: { crash: 1, cancel: 1 } };
  tells(history(rules.noLegacy, 'S10', where), [
    /attempt 1, decides on start-failed, stage 0 of web-c1-1: not-ready/,
    /attempt 1 dies/,
    /the post step, decides on held/,
  ]);
  expect(history({}, 'S10', where)).toEqual([]);
});

test('what an order to promote knows of one canary is not taken for the next one', () => {
  const cast = [FIRST, secondWorkflow(), order('promote')];
  // Breadth first: the story has 14 events, and this is everything of so many.
  expect(history({}, 'S1', { cast, states: 200_000 })).toEqual([]);
});

test('an order to promote that is cancelled after a conflict is not carried out', () => {
  const cast = [FIRST, order('promote')];
  expect(history({}, 'S14', { cast, faults: { network: 1, cancel: 1 } })).toEqual([]);
});

test('an order to promote does not promote another image of the same name', () => {
  const cast = [FIRST, order('promote')];
  expect(history({}, 'S12', { cast, faults: { outsider: 1 } })).toEqual([]);
});
