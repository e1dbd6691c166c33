/** A rollout that was reported is judged again from its report alone. */
import { describe, expect, test } from 'vitest';
import { replayed } from '../../src/core/trace/replay.ts';
import { readTrace } from '../../src/core/trace/trace-read.ts';
import { both } from '../../src/engine/harmless.ts';
import { aChange, aDrive, aMemory, aPlan, aService, aSmoke } from '../unit/build.ts';
import { schemaFaults, undescribed } from '../unit/report-schema.ts';
import { looked, observed } from '../unit/traced.ts';
import { recorded } from './recorded.ts';
import { GOOD, World } from './world.ts';

const CANARIES = {
  'a good canary': GOOD,
  'a canary that breaks under load': {
    ...GOOD,
    errorRate: (percent: number) => (percent >= 50 ? 0.2 : 0.001),
  },
  'a silent canary': { ...GOOD, errorRate: () => null },
  'a canary that does not start': { ...GOOD, starts: { failed: 'Exit code 1.' } },
};

function looksIn(json: string) {
  const read = readTrace(json);
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return read.looks;
}

describe.each(Object.entries(CANARIES))('the report of %s', (_, canary) => {
  test('is as its schema says, and every field of it is described there', async () => {
    const { json } = await recorded(new World(canary));
    expect([schemaFaults(json), undescribed(json)]).toEqual([[], []]);
  });

  test('comes to every verdict again that was acted on', async () => {
    const { json, trace } = await recorded(new World(canary));
    const looks = looksIn(json);
    expect(looks.map((look) => replayed(look).comparison)).toEqual(looks.map(() => 'same'));
    // The last of each stage is what was acted on.
    const last = trace.looks.filter((look, i) => look.stage !== trace.looks[i + 1]?.stage);
    const kept = looks.map(({ at }) => at);
    expect(last.filter(({ at }) => !kept.includes(at))).toEqual([]);
  });
});

test('transitions are told in order, with their reasons', async () => {
  const { json } = await recorded(new World(CANARIES['a canary that breaks under load']));
  const { transitions, inputs } = JSON.parse(json);
  expect(
    transitions.map((one: Record<string, unknown>) => [
      one['phase'],
      one['percent'],
      one['reason'],
    ]),
  ).toEqual([
    ['active', 0, 'started'],
    ['active', 5, 'pass'],
    ['active', 50, 'pass'],
    ['rolled-back', 50, 'fail:error-rate'],
  ]);
  expect(inputs).toMatchObject({ planHash: aPlan().hash, judging: aPlan().judging });
});

test('nothing that a revision is made from is in it', async () => {
  const values = [{ name: 'PASSWORD', value: 'hunter2' }];
  const change = aChange({ image: 'web:v2', edits: [{ kind: 'env', clears: false, values }] });
  const smoke = aSmoke({ lines: [{ method: 'GET', path: '/?key=hunter2', statuses: null }] });
  const { json } = await recorded(new World(), aDrive({ plan: aPlan({ change, smoke }) }));
  expect(JSON.parse(json)).toMatchObject({ inputs: { probed: true } });
  expect(json).not.toContain('hunter2');
});

test('whoever listens hears everything, also beside one that breaks', () => {
  const heard: string[] = [];
  const told = { turn: () => heard.push('turn'), remark: (text: string) => heard.push(text) };
  const broken = {
    turn: () => {
      throw new Error('no room');
    },
    remark: () => {
      throw new Error('no room');
    },
    looked: () => {
      throw new Error('no room');
    },
  };
  const kept = { ...told, looked: () => heard.push('looked') };
  for (const observer of [both(broken, kept), both(kept, broken)]) {
    observer.turn(aService(), aMemory(), { do: 'prove-fence' });
    observer.remark('remark');
    observer.looked?.(looked(observed([])));
  }
  expect(heard).toEqual(['turn', 'remark', 'looked', 'turn', 'remark', 'looked']);
});
