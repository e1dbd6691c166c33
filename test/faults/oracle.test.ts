/** The oracle's own guards: each row breaks one promise and nothing else. */
import { beforeEach, describe, expect, test } from 'vitest';
import { AT_0, AT_10, AT_50, CANARY, DUE, OracleScene, service } from './oracle-scene.ts';
import type { Process } from './process.ts';
import { BAKE, BEGIN, MINUTE, OLD, STABLE } from './settings.ts';

let scene: OracleScene;

beforeEach(() => {
  scene = new OracleScene();
});

const to50 = () => service(AT_50, { transition: 3 }, 'two');
const over = () => service(AT_0, { phase: 'rolled-back', reason: 'cancelled' }, 'two');

test('a rollout as it should be breaks nothing', () => {
  const main = scene.process();
  expect(scene.starts(main)).toEqual([]);
  scene.reaches10(main);
  scene.looks(main);
  expect(scene.takes(main, to50())).toEqual([]);
  expect(scene.takes(main, over())).toEqual([]);
});

describe('S1, what is sent', () => {
  const send = (traffic: object[]) => {
    const sent = service({}, {});
    scene.oracle.sent(
      scene.process(),
      JSON.stringify({ ...sent, spec: { ...sent.spec, traffic } }),
    );
    return scene.oracle.violations.map(({ text }) => text);
  };
  test('sums to 100', () => {
    expect(send([{ revisionName: STABLE, percent: 90 }])).toEqual(['a split of 90 % was sent']);
  });
  test('is whole', () => {
    const half = { revisionName: STABLE, percent: 50.5 };
    expect(send([half, { revisionName: OLD, percent: 49.5 }])).toEqual(['a percent is not whole']);
  });
  test('never says LATEST', () => {
    const latest = [{ latestRevision: true, percent: 100 }];
    expect(send(latest)).toEqual(['a share for LATEST was sent']);
  });
});

test('S1: a share goes to a revision that is ready', () => {
  scene.ready = false;
  expect(scene.starts(scene.process())).toEqual(['S1']);
});

describe('S2', () => {
  test("an outsider's split is not overwritten", () => {
    const main = scene.process();
    scene.starts(main);
    scene.becomes(service({ [OLD]: 100 }, { reason: 'started' }, 'two'));
    expect(scene.takes(main, over())).toEqual(['S2']);
  });
  test('nor a record that somebody else has changed', () => {
    const main = scene.process();
    scene.starts(main);
    scene.becomes(service(AT_0, { reason: 'started', due: '2026' }, 'two'));
    expect(scene.takes(main, over())).toEqual(['S2']);
  });
  test('nor is a rollout continued whose record is gone', () => {
    const main = scene.process();
    scene.starts(main);
    scene.becomes(service(AT_0, null, 'two'));
    expect(scene.takes(main, over())).toEqual(['S2']);
  });
  test('but a person may leave a split of ours then, and no other', () => {
    const main = scene.process();
    const person = scene.process('order', 1, 2);
    scene.starts(main);
    scene.reaches10(main);
    scene.becomes(service(AT_10, null, 'two'));
    expect(scene.takes(person, over())).toEqual([]);
    scene.becomes(service({ ...AT_10, [OLD]: 5 }, null, 'two'));
    expect(scene.takes(person, over())).toContain('S2');
  });
});

describe('S3', () => {
  test('a rollout begins on one revision', () => {
    scene.current = service({ [STABLE]: 70, [OLD]: 30 }, null);
    const after = service({ [STABLE]: 70, [OLD]: 30 }, { reason: 'started' }, 'two');
    expect(scene.takes(scene.process(), after)).toEqual(['S3']);
  });
  test('the stable revision never changes', () => {
    const main = scene.process();
    scene.starts(main);
    expect(scene.takes(main, service(AT_0, { stable: OLD }, 'two'))).toEqual(['S3']);
  });
  test('a rollback leaves nothing with the canary', () => {
    const main = scene.process();
    scene.starts(main);
    scene.reaches10(main);
    expect(scene.takes(main, service(AT_10, { phase: 'rolled-back' }, 'two'))).toEqual(['S3']);
  });
});

describe('S4, a raise', () => {
  test('from 0 % needs a probe', () => {
    const main = scene.process();
    scene.starts(main);
    expect(scene.takes(main, service(AT_10, {}, 'two'))).toEqual(['S4']);
  });
  test.each([
    ['data', () => undefined],
    ['data of the stage', (by: Process) => scene.looks(by, { from: BEGIN - MINUTE })],
    ['enough data', (by: Process) => scene.looks(by, { requests: 99 })],
    ['data of the whole stage', (by: Process) => scene.looks(by, { from: scene.now - BAKE })],
    ['data that it saw itself', () => scene.looks(scene.process())],
  ])('needs %s', (_what, look) => {
    const main = scene.process();
    scene.starts(main);
    scene.reaches10(main);
    look(main);
    expect(scene.takes(main, to50())).toEqual(['S4']);
  });
  test('needs the split before to be served', () => {
    const main = scene.process();
    scene.starts(main);
    scene.reaches10(main);
    scene.looks(main);
    scene.spans.push({ at: scene.now, split: AT_0 });
    expect(scene.takes(main, to50())).toEqual(['S4']);
  });
  test.each([
    [120_000, []],
    [120_001, ['S4']],
  ])('made from a read of %i ms ago breaks %j', (age, broken) => {
    const main = scene.process();
    scene.starts(main);
    scene.reaches10(main);
    scene.looks(main);
    expect(scene.takes(main, to50(), age)).toEqual(broken);
  });
});

test('S5: the start moves no traffic', () => {
  const after = service({ [OLD]: 100 }, { reason: 'started' }, 'two');
  expect(scene.takes(scene.process(), after)).toContain('S5');
});

describe('S6', () => {
  test('an earlier attempt writes no more', () => {
    scene.starts(scene.process());
    const taken = service(AT_0, { attempt: 2, reason: 'taken' }, 'two');
    expect(scene.takes(scene.process('main', 2), taken)).toEqual([]);
    expect(scene.takes(scene.process(), over())).toEqual(['S6']);
  });
  test('another run ends what is past due, and nothing before', () => {
    scene.starts(scene.process());
    scene.now = Date.parse(DUE) + 1;
    const other = scene.process('reconcile', 1, 9);
    expect(scene.takes(other, over())).toEqual([]);
  });
  test('another run does not end what is not due', () => {
    scene.starts(scene.process());
    expect(scene.takes(scene.process('reconcile', 1, 9), over())).toEqual(['S6']);
  });
});

test('S7: a finished rollout moves no traffic', () => {
  const main = scene.process();
  scene.starts(main);
  scene.takes(main, over());
  scene.oracle.probed(main, CANARY);
  expect(scene.takes(main, service(AT_10, {}, 'two'))).toEqual(['S7']);
});

test('S8: at most one unproven revision has traffic', () => {
  const main = scene.process();
  scene.starts(main);
  scene.oracle.probed(main, CANARY);
  const after = { [STABLE]: 80, [CANARY]: 10, 'web-c2-1': 10 };
  expect(scene.takes(main, service(after, {}, 'two'))).toEqual(['S8']);
});

describe('S9', () => {
  test('a name is used once', () => {
    const main = scene.process();
    scene.starts(main);
    scene.takes(main, over());
    expect(scene.starts(main)).toEqual(['S9']);
  });
  test('what was brought was made by nobody here, and may be brought again', () => {
    const main = scene.process();
    const bring = () => scene.takes(main, service(AT_0, { reason: 'started', brought: true }));
    expect(bring()).toEqual([]);
    scene.takes(main, service(AT_0, { phase: 'rolled-back', transition: 2, brought: true }));
    expect(bring()).toEqual([]);
    const makes = service(AT_0, { reason: 'started', brought: true }, 'two');
    expect(scene.takes(main, makes)).toEqual(['S9']);
  });
  test('only the start makes a revision', () => {
    const main = scene.process();
    scene.starts(main);
    expect(scene.takes(main, service(AT_0, {}, 'three'))).toEqual(['S9']);
  });
});

test('S10: a condemned canary is not raised, whatever the data say later', () => {
  const main = scene.process();
  scene.starts(main);
  scene.reaches10(main);
  scene.looks(main, { errors: 120 });
  scene.looks(main);
  expect(scene.takes(main, to50())).toEqual(['S10']);
});

test('S11: no stage is shorter than bake and ingest delay', () => {
  const main = scene.process();
  scene.starts(main);
  scene.reaches10(main);
  scene.looks(main);
  scene.now -= 2_000;
  expect(scene.takes(main, to50())).toEqual(['S11']);
});

test('S12: what is raised is the image that was judged', () => {
  const main = scene.process();
  scene.starts(main);
  scene.reaches10(main);
  scene.looks(main);
  scene.digest = 'web@sha256:2';
  expect(scene.takes(main, to50())).toEqual(['S12']);
});

test('S14: a cancelled process raises nothing', () => {
  const main = scene.process();
  scene.starts(main);
  scene.oracle.probed(main, CANARY);
  main.cancel();
  scene.now += 1;
  expect(scene.takes(main, service(AT_10, {}, 'two'))).toEqual(['S14']);
});

test('L1: a reconcile writes once to a rollout', () => {
  scene.starts(scene.process());
  scene.now = Date.parse(DUE) + 1;
  const other = scene.process('reconcile', 1, 9);
  scene.takes(other, over());
  expect(scene.takes(scene.process('reconcile', 1, 9), over())).toEqual(['L1']);
});
