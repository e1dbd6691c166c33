/**
 * A person moves the traffic in mid-rollout. It is theirs from then on: the action writes none any
 * more, and says in check run, job summary and log what it found, who did it, and how to take it back.
 */
import { afterAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import { GCLOUD, afterHand, gcloud, withGcloud, withPatch, withPut } from '../scene/by-hand.ts';
import type { Hand } from '../scene/by-hand.ts';
import {
  checkOf,
  errorsOf,
  nothingLeft,
  recordOf,
  until,
  untilAt,
  writesOf,
} from '../scene/evidence.ts';
import { reshape } from '../scene/outsider.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';
import { unfolded } from '../unfolded.ts';

afterAll(nothingLeft);

const IDLE = { requestsPerSecond: 2 };
const LONG = { ...QUICK, stages: '30% for 60s' };
/** Whoever comes over HTTP is this to the sandbox. */
const WHO = 'caller@sandbox.example';
const WHERE = '--project=demo --region=us-central1';
const AGAIN = 'gh run rerun 19482736450 --failed --repo octo-org/shop';

type Revisions = { readonly old: string; readonly stable: string; readonly canary: string };
type Split = Readonly<Record<string, number>>;
type Row = readonly [what: string, split: (revisions: Revisions) => Split];

const TO_STABLE: Row = ['everything to the stable revision', ({ stable }) => ({ [stable]: 100 })];
const TO_OLD: Row = ['everything to a revision from before', ({ old }) => ({ [old]: 100 })];
const TO_CANARY: Row = ['everything to the canary', ({ canary }) => ({ [canary]: 100 })];
const SHARED: Row = [
  'another split with the canary',
  ({ stable, canary }) => ({ [stable]: 55, [canary]: 45 }),
];

/** A rollout at 30 % on a service that has had another revision before the stable one. */
async function openAt30(scene: Scene) {
  await reshape(scene, { annotations: { 'example.com/release': '2' } });
  const running = scene.start({ inputs: LONG });
  await untilAt(scene, 30);
  const { stable, canary } = recordOf(scene)!;
  return { running, revisions: { old: scene.stable, stable, canary } };
}

/** The record is written once more, with the traffic exactly as found; then nothing is. */
async function expectHandsOff(scene: Scene, split: Split): Promise<void> {
  const writes = writesOf(scene, afterHand(scene));
  // While it settles the service may refuse one, for its version moves by itself.
  expect(writes.map(({ status }) => status).filter((status) => status !== 409)).toEqual([200]);
  for (const { record, traffic } of writes) {
    const shares = traffic.flatMap(({ revisionName = 'LATEST', percent = 0 }) =>
      percent > 0 ? [[revisionName, percent]] : [],
    );
    expect(record).toMatchObject({ phase: 'released', reason: 'drift' });
    expect(Object.fromEntries(shares)).toEqual(split);
  }
  expect(scene.asked()).toEqual(split);
  const text = JSON.stringify(split);
  await until('that split is served', () => JSON.stringify(scene.served()) === text);
}

function expectTold(scene: Scene, result: RunResult, commands: readonly string[]): void {
  const shares = Object.entries(scene.asked()).map(([name, percent]) => `${name} ${percent} %`);
  const found = `The split asked for is ${shares.join(', ')}, last changed by`;
  expect(errorsOf(result)).toEqual([expect.stringContaining(`${found} ${WHO}.`)]);
  for (const text of [checkOf(scene).text, result.summary]) {
    expect(text).toContain('because somebody else changed the traffic');
    expect(text).toContain(`${found} \`${WHO}\`.`);
    expect(text).toContain('nothing of this action touches it');
  }
  for (const text of [checkOf(scene).text, unfolded(result.summary), result.log]) {
    for (const line of [...commands, AGAIN]) expect(text).toContain(`\n${line}\n`);
  }
}

/** One command for each of the two revisions that has not got everything already. */
function commandsFor(scene: Scene, { stable, canary }: Revisions): readonly string[] {
  return [stable, canary]
    .filter((revision) => scene.asked()[revision] !== 100)
    .map((name) => `gcloud run services update-traffic web ${WHERE} --to-revisions=${name}=100`);
}

async function play(scene: Scene, hand: Hand, splitOf: Row[1]) {
  const { running, revisions } = await openAt30(scene);
  const split = splitOf(revisions);
  await hand(scene, split);
  const result = await running.finished;
  expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'released']);
  await expectHandsOff(scene, split);
  const commands = commandsFor(scene, revisions);
  expect(commands.length).toBeGreaterThan(0);
  expectTold(scene, result, commands);
  return { result, revisions };
}

/** What the log says to type, word by word. */
function typed(result: RunResult, revision: string): readonly string[] {
  const line = result.log
    .split('\n')
    .find((text) => text.endsWith(`--to-revisions=${revision}=100`));
  return line!.split(' ').slice(2);
}

describe.concurrent('a person who moves the traffic is let be, with', () => {
  test.each([TO_STABLE, TO_OLD, TO_CANARY, SHARED])('a PUT of v1: %s', (_, splitOf) =>
    withScene(IDLE, async (scene) => {
      await play(scene, withPut, splitOf);
    }),
  );

  test.each([TO_OLD, SHARED])('a PATCH of v2, which takes our tag away: %s', (_, splitOf) =>
    withScene(IDLE, async (scene) => {
      await play(scene, withPatch, splitOf);
    }),
  );

  describe.skipIf(GCLOUD === null)('real gcloud', () => {
    test('everything to a revision from before', () =>
      withScene(IDLE, async (scene) => {
        await play(scene, withGcloud, TO_OLD[1]);
      }));

    test('another split; then what the log says to type takes it back, and a re-run begins anew', () =>
      withScene({}, async (scene) => {
        const { result, revisions } = await play(scene, withGcloud, SHARED[1]);
        const refused = await scene.run({ inputs: QUICK, attempt: 2 });
        expect([refused.exitCode, refused.outputs['outcome']]).toEqual([1, 'error']);
        await gcloud(scene, typed(result, revisions.stable));
        expect(scene.served()).toEqual({ [revisions.stable]: 100 });
        const again = await scene.run({ inputs: QUICK, attempt: 3 });
        expect([again.exitCode, errorsOf(again)]).toEqual([0, []]);
        expect(scene.served()).toEqual({ [again.outputs['revision']!]: 100 });
        expect(again.outputs['stable_revision']).toBe(revisions.stable);
      }));
  });
});
