/** keep_tag: what the last write of a rollout does with the canary's tag, and that no rollback fails for it. */
import { describe, expect, test } from 'vitest';
import { planHash, writePlan } from '../../src/core/rollout/plan.ts';
import { PLAN_ANNOTATION, RECORD_ANNOTATION, writeRecord } from '../../src/core/rollout/record.ts';
import type { Reason, RolloutRecord } from '../../src/core/types.ts';
import { bodyFor } from '../../src/edges/cloud-run/service-body.ts';
import { createCloudRun } from '../../src/edges/cloud-run/service.ts';
import { createHttp } from '../../src/edges/http.ts';
import { asList, asText, at, parseJson, stringifyJson } from '../../src/edges/json.ts';
import type { JsonObject } from '../../src/edges/json.ts';
import { NEVER } from './loopback.ts';
import { scriptedServer } from './scripted-server.ts';
import { CANARY, PLAN, STABLE, draft, service } from './service-fixture.ts';

const KEEPS = { ...PLAN, keepTag: true as const };
const hash = planHash(KEEPS);
const TAG = { revisionName: CANARY, tag: 'canary' };
const ROWS = [{ revisionName: STABLE, percent: 95 }, { revisionName: CANARY, percent: 5 }, TAG];

function record(changes: Partial<RolloutRecord> = {}): RolloutRecord {
  const stamp = { transition: 2, generation: 42, writeId: '9f1c64b20a7de853' };
  return { ...draft({ planHash: hash, stage: 1 }), ...stamp, ...changes };
}

const restored = (reason: Reason) => record({ phase: 'rolled-back', reason });
const promoted = record({ phase: 'promoted', stage: 3 });

/** In the middle of a rollout whose plan says so; all is well and served. */
function running(changes: Readonly<Record<string, unknown>> = {}): JsonObject {
  return service({
    'metadata.annotations': { [PLAN_ANNOTATION]: writePlan(KEEPS) },
    'spec.traffic': ROWS,
    'status.traffic': ROWS,
    ...changes,
  });
}

function tagsAfter(from: JsonObject, next: RolloutRecord): readonly string[] {
  const rows = asList(at(bodyFor(from, next, null), 'spec', 'traffic')) ?? [];
  return rows.flatMap((row) => {
    const tag = asText(at(row, 'tag'));
    return tag === null ? [] : [`${tag} ${asText(at(row, 'revisionName'))}`];
  });
}

describe('with keep_tag the tag stays on the canary', () => {
  test.each<readonly [string, RolloutRecord, readonly string[]]>([
    ['a promotion', promoted, [`canary ${CANARY}`, `c-previous ${STABLE}`]],
    ['a rollback for errors', restored('fail:error-rate'), [`canary ${CANARY}`]],
    ['a probe that failed', restored('probe-failed'), [`canary ${CANARY}`]],
    ['a cancel', restored('cancelled'), [`canary ${CANARY}`]],
    ["a person's rollback", restored('ordered:rollback:ada'), [`canary ${CANARY}`]],
  ])('after %s', (_, next, tags) => {
    expect(tagsAfter(running(), next)).toEqual(tags);
  });

  test.each<readonly [string, JsonObject, RolloutRecord]>([
    ['without it', running({ 'metadata.annotations': {} }), restored('fail:error-rate')],
    [
      'with a plan that says nothing of it',
      running({ 'metadata.annotations': { [PLAN_ANNOTATION]: writePlan(PLAN) } }),
      { ...restored('fail:error-rate'), planHash: planHash(PLAN) },
    ],
    ['where the canary is gone', running(), restored('canary-gone')],
    ['where the canary is not ready', running(), restored('not-ready')],
    ['where the split was never served', running(), restored('not-served')],
    ['where it never started', running(), record({ phase: 'start-failed', stage: 0 })],
    [
      'where the service is not well',
      running({ 'status.conditions': [{ type: 'Ready', status: 'False' }] }),
      restored('cancelled'),
    ],
    [
      'where the service is still settling',
      running({ 'status.observedGeneration': 40 }),
      restored('cancelled'),
    ],
    [
      'where the tag is not served',
      running({ 'status.traffic': [{ revisionName: STABLE, percent: 100 }] }),
      restored('cancelled'),
    ],
    ['where somebody has taken it off', running({ 'spec.traffic': ROWS.slice(0, 2) }), promoted],
  ])('and goes, as ever, %s', (_, from, next) => {
    expect(tagsAfter(from, next).filter((tag) => tag.startsWith('canary'))).toEqual([]);
  });

  test('that somebody else has moved is theirs, and there is one of it', () => {
    const moved = [ROWS[0]!, ROWS[1]!, { revisionName: STABLE, tag: 'canary' }];
    for (const next of [promoted, restored('cancelled')]) {
      expect(tagsAfter(running({ 'spec.traffic': moved }), next)).toContain(`canary ${STABLE}`);
      expect(tagsAfter(running({ 'spec.traffic': moved }), next)).not.toContain(`canary ${CANARY}`);
    }
  });

  test.each([
    ['a promotion', promoted],
    ['a rollback', restored('fail:error-rate')],
  ])("leaves other people's tags as they are: %s", (_, next) => {
    const theirs = { revisionName: 'web-00039-old', tag: 'live', future: 1 };
    const from = running({ 'spec.traffic': [...ROWS, theirs] });
    expect(at(bodyFor(from, next, null), 'spec', 'traffic')).toContainEqual(theirs);
  });

  test('moves to the next canary with the same tag, wherever it stood', () => {
    const from = running({ 'spec.traffic': [{ revisionName: STABLE, percent: 100 }, TAG] });
    const next = record({ canary: 'web-c2-1', stage: 0 });
    const { change } = PLAN;
    const body = bodyFor(from, next, { ...KEEPS, change });
    expect(asList(at(body, 'spec', 'traffic'))).toEqual([
      { revisionName: STABLE, percent: 100 },
      { revisionName: 'web-c2-1', tag: 'canary' },
    ]);
  });
});

describe('S13: a rollback that is refused with the tag is sent without it', () => {
  async function sent(answers: readonly { status: number; body: unknown }[]) {
    const open = record({ phase: 'active' });
    const annotations = {
      [PLAN_ANNOTATION]: writePlan(KEEPS),
      [RECORD_ANNOTATION]: writeRecord(open),
    };
    const raw = stringifyJson(running({ 'metadata.annotations': annotations }));
    let puts = 0;
    const date = new Date().toUTCString();
    const { base, asked } = await scriptedServer(({ method }) => {
      const answer =
        method === 'GET' ? { body: raw } : (answers[(puts += 1) - 1] ?? { status: 500 });
      return { headers: { date }, ...answer };
    });
    const cloudRun = createCloudRun({
      http: createHttp({ hurry: NEVER, random: () => 0 }),
      tokens: { header: async () => 'Bearer x', invalidate: () => undefined },
      endpoint: base,
      ref: { project: 'demo', region: 'us-central1', service: 'web' },
      newWriteId: () => '9f1c64b20a7de853',
      clock: { monotonic: () => 0 },
      onNotice: () => undefined,
    });
    const write = async () => {
      const { transition: _t, generation: _g, writeId: _w, ...next } = restored('fail:error-rate');
      return cloudRun.write(await cloudRun.read(), next, null);
    };
    const bodies = () =>
      asked
        .filter(({ method }) => method === 'PUT')
        .map(({ body }) => asList(at(parseJson(body), 'spec', 'traffic'))!)
        .map((rows) => rows.some((row) => at(row, 'tag') === 'canary'));
    return { write, bodies };
  }
  const no = {
    status: 400,
    body: {
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: `Revision '${CANARY}' does not exist.`,
      },
    },
  };

  test('in the next write, decided from a new read', async () => {
    const { write, bodies } = await sent([no, no]);
    expect(await write()).toMatchObject({
      kind: 'read-again',
      why: expect.stringContaining('without the tag'),
    });
    expect(bodies()).toEqual([true]);
    // Refused without it as well, it is refused for another reason.
    expect(await write()).toMatchObject({ kind: 'refused' });
    expect(bodies()).toEqual([true, false]);
  });
});
