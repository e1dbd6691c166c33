import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checksum } from '../../src/core/checksum.ts';
import {
  MAX_RECORD_BYTES,
  readBirth,
  readRecord,
  writeBirth,
  writeRecord,
} from '../../src/core/rollout/record.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import { CANARY, NOW, STABLE, aRecord } from './build.ts';

/** The text of a record with one field replaced and the checksum made right again. */
function forged(field: string, value: unknown): string {
  const { checksum: _, ...fields } = JSON.parse(writeRecord(aRecord())) as Record<string, unknown>;
  const body = JSON.stringify({ ...fields, [field]: value });
  return `${body.slice(0, -1)},"checksum":"${checksum(body)}"}`;
}

describe('a record', () => {
  test('reads as it was written', () => {
    const record = aRecord({ history: ['683120945-19471113302:1:promoted'] });
    expect(readRecord(writeRecord(record))).toEqual(record);
  });

  test('keeps a typical text short and the longest one under the cap', () => {
    expect(writeRecord(aRecord()).length).toBeLessThan(800);
    const longest = aRecord({
      startedBy: 999,
      starterAttempt: 999,
      attempt: 999,
      servedAt: NOW,
      percents: [0, ...Array.from({ length: 20 }, (_, i) => i + 1), 100],
      changedAt: Array.from({ length: 22 }, () => NOW),
      stable: `s${'x'.repeat(62)}`,
      canary: `c${'x'.repeat(62)}`,
      image: `europe-docker.pkg.dev/${'p'.repeat(200)}@sha256:${'a'.repeat(64)}`,
      runUrl: `https://github.example.com/${'o'.repeat(39)}/${'r'.repeat(100)}/actions/runs/19482736450`,
      history: Array.from({ length: 3 }, () => '683120945-19471113302:1:start-failed'),
    });
    expect(writeRecord(longest).length).toBeLessThan(MAX_RECORD_BYTES);
  });

  test('keeps apart who started it and who drives it, and when its split was served', () => {
    const record = aRecord({
      startedBy: 2,
      starterAttempt: 3,
      owner: '683120945-7',
      attempt: 5,
      servedAt: NOW,
    });
    expect(readRecord(writeRecord(record))).toEqual(record);
    const text = writeRecord(aRecord({ servedAt: NOW + 999 }));
    expect(readRecord(text)).toMatchObject({ servedAt: NOW });
  });

  test('may stand at 100 % promoted or rolled back from there, never open', () => {
    const phaseAt = (phase: RolloutRecord['phase'], stage: number) => {
      const read = readRecord(writeRecord(aRecord({ phase, stage })));
      return typeof read === 'string' ? read : read.phase;
    };
    expect(phaseAt('promoted', 3)).toBe('promoted');
    expect(phaseAt('rolled-back', 3)).toBe('rolled-back');
    expect(phaseAt('rolled-back', 4)).toBe('unreadable');
    for (const phase of ['active', 'held', 'released', 'start-failed'] as const) {
      expect(phaseAt(phase, 3)).toBe('unreadable');
    }
  });

  test('is none when there is no annotation, and only then', () => {
    expect(readRecord(undefined)).toBe('none');
    expect(readRecord('')).toBe('unreadable');
  });

  test('that differs by any single character is unreadable', () => {
    const text = writeRecord(aRecord());
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 2 }), (at, s) => {
        const edited = text.slice(0, at) + s + text.slice(at + 1);
        return edited === text || readRecord(edited) === 'unreadable';
      }),
      { numRuns: 2000 },
    );
  });

  test('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => readRecord(text) === 'unreadable'),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['version', 2],
    ['rolloutId', '../x'],
    ['rolloutId', 5],
    ['startedBy', 0],
    ['startedBy', 1.5],
    ['startedBy', undefined],
    ['starterAttempt', 0],
    ['starterAttempt', undefined],
    ['owner', '1'],
    ['owner', 7],
    ['owner', undefined],
    ['attempt', 0],
    ['attempt', 1.5],
    ['transition', 0],
    ['generation', -1],
    ['writeId', 'xyz'],
    ['phase', 'paused'],
    ['phase', 'promoted'],
    ['stage', 3],
    ['stage', 4],
    ['stage', -1],
    ['percents', [0, 50, 5, 100]],
    ['percents', [5, 50, 100]],
    ['percents', [0, 5, 50]],
    ['percents', [100]],
    ['percents', '0,100'],
    ['planHash', 'short'],
    ['stable', CANARY],
    ['stable', 'Web-1'],
    ['canary', STABLE],
    ['canary', 'a/b'],
    ['tag', '-x'],
    ['image', 'a b'],
    ['image', 'x\u202e'],
    ['commit', 'main'],
    ['runUrl', 'https://x/ y'],
    ['at', 'yesterday'],
    ['at', '2026-11-20T15:04:05.123Z'],
    ['due', null],
    ['servedAt', '2026-11-20T15:04:05Z'],
    ['servedAt', -1],
    ['servedAt', 1.5],
    ['servedAt', undefined],
    ['changedAt', ['1']],
    ['changedAt', Array.from({ length: 25 }, () => 1)],
    ['reason', 'because'],
    ['reason', 'ordered:promote:a b'],
    ['reason', 'fail:cpu'],
    ['followedLatest', 'yes'],
    ['history', ['x']],
    ['history', Array.from({ length: 4 }, () => '1-2:1:promoted')],
    ['surprise', 1],
  ])('with a right checksum but %s = %j is unreadable', (field, value) => {
    expect(readRecord(forged(field, value))).toBe('unreadable');
  });

  test('forging keeps a right record readable', () => {
    expect(readRecord(forged('attempt', 2))).toMatchObject({ attempt: 2 });
  });

  test('longer than the cap is unreadable before it is parsed', () => {
    const record = aRecord({ image: 'x'.repeat(1000), runUrl: 'y'.repeat(1000) });
    expect(writeRecord(record).length).toBeGreaterThan(MAX_RECORD_BYTES);
    expect(readRecord(writeRecord(record))).toBe('unreadable');
  });

  test('accepts every reason and phase there is', () => {
    const reasons: RolloutRecord['reason'][] = [
      'started',
      'taken',
      'pass',
      'reached',
      'watched',
      'fail:error-rate',
      'fail:client-error-rate',
      'fail:latency',
      'fail:slow-requests',
      'fail:memory',
      'inconclusive',
      'fail:latency-p50',
      'fail:latency-p95',
      'fail:latency-p99',
      'probe-failed',
      'not-ready',
      'not-served',
      'canary-gone',
      'write-refused',
      'unknown-at-deadline',
      'cancelled',
      'broke-off',
      'drift',
      'expired',
      'ordered:promote:ada[bot]',
      'ordered:rollback:ada-b.c_d',
    ];
    for (const reason of reasons) {
      expect(readRecord(writeRecord(aRecord({ reason })))).toMatchObject({ reason });
    }
    for (const phase of ['active', 'held', 'rolled-back', 'released', 'start-failed'] as const) {
      expect(readRecord(writeRecord(aRecord({ phase })))).toMatchObject({ phase });
    }
  });
});

describe('a birth certificate', () => {
  const birth = {
    rolloutId: '1-2',
    attempt: 1,
    canary: CANARY,
    stable: STABLE,
    image: 'web:v2',
    commit: '',
    clone: null,
  };

  test('reads as it was written', () => {
    expect(readBirth(writeBirth(birth))).toEqual(birth);
  });

  test.each([undefined, '', 'x', '[]', 'null', '{}', '{"attempt":1}', '{"attempt":"1"}'])(
    'is null when it is %j',
    (text) => {
      expect(readBirth(text)).toBeNull();
    },
  );

  test('with a field too many is not ours', () => {
    expect(readBirth(JSON.stringify({ ...birth, more: 1 }))).toBeNull();
  });
});
