import { describe, expect, test } from 'vitest';
import { parseRegion } from '../../src/core/inputs/names.ts';
import { HOSTILE } from './hostile-names.ts';

describe('region', () => {
  test.each([
    'us-central1',
    'us-east5',
    'northamerica-northeast2',
    'southamerica-west1',
    'europe-west12',
    'europe-southwest1',
    'asia-southeast3',
    'australia-southeast1',
    'me-central2',
    'africa-south1',
    'u-germany-northeast1',
  ])('%s is a region', (text) => {
    expect(parseRegion(text)).toEqual({ ok: true, value: text });
  });

  test.each<[string, string, string]>([
    ['us-central1,europe-west1', 'names several regions', 'matrix'],
    ['us-central1, ', 'names several regions', 'one region'],
    ['us-central1-a', 'is a zone', 'leave out the last letter'],
    ['us central1', 'is not written as a region is', 'with hyphens'],
    ['us_central1', 'is not written as a region is', 'with hyphens'],
    ['US-CENTRAL1', 'is not written as a region is', 'Lower case'],
    ['mars-east1', 'is in no part of the world that has regions', 'africa, asia'],
    ['us-central', 'is not a region', '`us-central1`'],
    ['us-centre1', 'is not a region', '`us-central1`'],
    ['us-central0', 'is not a region', '`us-central1`'],
    ['us-central100', 'is not a region', '`us-central1`'],
    ['us', 'is not a region', '`us-central1`'],
    ['global', 'is not a region', '`us-central1`'],
    ['us-central1.evil.example', 'is not a region', '`us-central1`'],
    ['us-central1@evil', 'is not a region', '`us-central1`'],
    ['u--east1', 'is not a region', '`us-central1`'],
    ...HOSTILE.map(
      (text) => [text, 'is not a region', '`us-central1`'] satisfies [string, string, string],
    ),
  ])('%j is refused: %s', (text, wrong, advice) => {
    expect(parseRegion(text)).toEqual({
      ok: false,
      faults: [{ value: text, wrong, advice: expect.stringContaining(advice) }],
    });
  });
});
