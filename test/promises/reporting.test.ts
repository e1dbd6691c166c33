/** What is shown: it decides nothing, leaves nothing open, and holds no secret. */
import { describe, expect, test } from 'vitest';
import { writeBirth, writeRecord } from '../../src/core/rollout/record.ts';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import { renderCheck, renderSummary } from '../../src/core/report/report.ts';
import { readService } from '../../src/edges/cloud-run/service-json.ts';
import { Story } from '../../src/engine/story.ts';
import { run } from '../edges/runner-fixture.ts';
import { service } from '../edges/service-fixture.ts';
import { GOOD, World } from '../engine/world.ts';
import { MINUTE, NOW, aCaller, aDrive, aRecord, anOrder } from '../unit/build.ts';
import { Play, RECONCILE, RERUN, STRANGER } from './play.ts';

const QUIET = { group: () => {}, line: () => {}, notice: () => {}, warning: () => {} };
const REF = { project: 'p', region: 'europe-west1', service: 'web' };

function throws(): never {
  throw new Error('The terminal is gone.');
}

function storyOf(
  goal: Goal,
  caller: Caller,
  reporter: (report: Report) => Promise<void>,
  log = QUIET,
): Story {
  return new Story({
    ref: REF,
    caller,
    goal,
    notices: [],
    forecast: null,
    log,
    reporter: { update: reporter },
  });
}

/** One process with its story; what it shows is added to `shown`. */
async function told(play: Play, shown: Report[], goal: Goal, caller: Caller): Promise<void> {
  const story = storyOf(goal, caller, async (report) => void shown.push(report));
  const ending = await play.run({ goal, caller, observer: story });
  if (ending !== null) story.end(ending);
}

describe('S15: whoever shows the rollout changes nothing in it', () => {
  test.each([
    ['good', GOOD],
    ['bad', { ...GOOD, errorRate: () => 0.3 }],
    ['silent', { ...GOOD, errorRate: () => null }],
  ])('a %s canary has the same writes, whatever throws', async (_, canary) => {
    const plain = new Play(new World(canary));
    const ending = await plain.finish();
    const listeners = [
      { turn: throws, remark: () => undefined },
      storyOf(aDrive(), aCaller(), throws),
      storyOf(aDrive(), aCaller(), async () => undefined, { ...QUIET, group: throws }),
    ];
    for (const observer of listeners) {
      const play = new Play(new World(canary));
      expect((await play.finish({ observer })).outcome).toBe(ending.outcome);
      expect(play.deeds.map(({ next }) => next)).toEqual(plain.deeds.map(({ next }) => next));
    }
  });

  test('nobody waits for a report that does not arrive', async () => {
    const play = new Play(new World());
    const observer = storyOf(aDrive(), aCaller(), () => new Promise(() => undefined));
    expect(await play.finish({ observer })).toMatchObject({ outcome: 'promoted' });
  });
});

describe('L6: each ending is reported, and what a dead process left is reported by the next', () => {
  const endings: readonly (readonly [string, Goal, World])[] = [
    ['promoted', aDrive(), new World()],
    ['rolled-back', aDrive(), new World({ ...GOOD, errorRate: () => 0.3 })],
    ['held', aDrive(), new World({ ...GOOD, errorRate: () => null })],
    ['start-failed', aDrive(), new World({ ...GOOD, starts: { failed: 'no port' } })],
  ];

  test.each(endings)('%s: the last report has the outcome', async (outcome, goal, world) => {
    const shown: Report[] = [];
    await told(new Play(world), shown, goal, aCaller());
    expect(shown[0]!.outcome).toBeNull();
    expect(shown.at(-1)).toMatchObject({ outcome, rolloutId: aCaller().rolloutId });
  });

  test('a process that dies at any call: the re-run completes the same report', async () => {
    const whole = new Play(new World());
    await whole.run();
    for (let index = 0; index < whole.world.calls.length; index += 1) {
      const play = new Play(new World());
      const shown: Report[] = [];
      play.world.fault = (_, at) => (at === index ? 'after' : null);
      await told(play, shown, aDrive(), aCaller());
      await told(play, shown, aDrive(), RERUN);
      expect(new Set(shown.map(({ rolloutId }) => rolloutId)).size).toBe(1);
      expect(shown.at(-1)!.outcome, `call ${index}`).toBe('promoted');
    }
  });

  test.each([
    ['a reconcile', RECONCILE],
    ['a person', anOrder('rollback')],
  ])('%s of another run speaks for the rollout it ends', async (_, goal) => {
    const play = new Play(new World());
    const shown: Report[] = [];
    play.world.fault = () => (play.deeds.length === 2 ? 'before' : null);
    await told(play, shown, aDrive(), aCaller());
    play.world.fault = () => null;
    play.world.now += 60 * MINUTE;
    await told(play, shown, goal, STRANGER);
    const { rolloutId } = aCaller();
    expect(shown.at(-1)).toMatchObject({ rolloutId, outcome: 'rolled-back' });
  });
});

describe('S16: no secret is shown, and no environment value is kept', () => {
  const MARK = 'ya29.c0ffee-of-nobody';

  test('by no door of the runner, in none of the forms it could be shown in', async () => {
    const { out, shown } = await run(
      `runner.secret(process.env.MARK);
       const forms = [process.env.MARK, Buffer.from(process.env.MARK).toString('base64')];
       for (const form of forms) {
         for (const door of ['group', 'line', 'notice', 'warning']) runner[door]('x ' + form);
         runner.fail(new Problem('denied', {
           summary: form, advice: form,
           findings: [{ subject: form, value: form, wrong: form, advice: form }],
         }));
       }
       show(forms.map((form) => runner.redact(form)));`,
      { MARK },
    );
    const unmasked = out.replaceAll(/^::add-mask::.*$/gm, '');
    expect(out).toContain(`::add-mask::${MARK}`);
    expect(unmasked).toContain('***');
    expect(unmasked).not.toContain(MARK);
    expect(unmasked).not.toContain(Buffer.from(MARK).toString('base64'));
    expect(shown).toEqual(['***', '***']);
  });

  test('of a service’s environment the core never hears', () => {
    const containers = [{ image: 'web:v1', env: [{ name: 'DATABASE_URL', value: MARK }] }];
    const raw = service({ 'spec.template.spec.containers': containers });
    expect(JSON.stringify(raw)).toContain(MARK);
    expect(JSON.stringify(readService(raw, 'web', NOW))).not.toContain(MARK);
  });

  test('record and birth certificate are fixed lists of fields, whatever else comes with them', () => {
    const extra = { token: MARK, env: { DATABASE_URL: MARK } };
    const birth = { ...aRecord(), attempt: 1 };
    const texts = [writeRecord({ ...aRecord(), ...extra }), writeBirth({ ...birth, ...extra })];
    expect(texts.filter((text) => text.includes(MARK))).toEqual([]);
  });

  test('a report holds nothing but its own fields', async () => {
    const shown: Report[] = [];
    await told(new Play(new World()), shown, aDrive(), aCaller());
    const report = { ...shown.at(-1)!, token: MARK };
    expect(JSON.stringify([renderCheck(report), renderSummary(report)])).not.toContain(MARK);
  });
});
