/** What the situations were told before their first write. */
import type { Forecast } from '../src/core/forecast/forecast-types.ts';
import { REQUESTS, STARTED, USUAL_ERRORS } from './report-minutes.ts';
import { MINUTE } from './unit/build.ts';

export const COMMIT = '7d4c1f09a2be53860f1c9e4b7a6d2385c0e9f147';
const BASE_COMMIT = 'b81e0f3c5d7a92641e8c0b3f6a5d4e2917c8f06b';

export const FORECAST: Forecast = {
  at: STARTED,
  stages: [5, 20, 50].map((percent) => ({
    percent,
    bake: 10 * MINUTE,
    least: 10 * MINUTE,
    gate: false,
    earliest: 14 * MINUTE,
    latest: 31 * MINUTE,
    requests: (REQUESTS * 10 * percent) / 100,
    isThin: false,
    proves: 0.09 / Math.sqrt(percent),
    excludes: 0.11 / Math.sqrt(percent),
    asked: 0.0025,
  })),
  deployTimeout: 10 * MINUTE,
  whole: { earliest: 43 * MINUTE, latest: 104 * MINUTE },
  stops: 'promoted',
  gates: 0,
  runner: { jobs: 1, least: 43, most: 104, resumed: 6 },
  traffic: { kind: 'same-hours', days: 7 },
  errorRate: USUAL_ERRORS,
  acceptance: { kind: 'accepted' },
  changes: [
    {
      what: 'image',
      name: 'checkout',
      how: 'changed',
      from: 'sha256:91aa03c5',
      to: 'sha256:4f1d9c07',
    },
    { what: 'env', name: 'PAYMENTS_TIMEOUT', how: 'changed', from: null, to: null },
    { what: 'secret', name: 'STRIPE_KEY', how: 'changed', from: 'version 6', to: 'version 7' },
    { what: 'resource', name: 'memory', how: 'changed', from: '512Mi', to: '1Gi' },
  ],
  commits: {
    base: BASE_COMMIT,
    head: COMMIT,
    url: `https://github.com/octo-shop/checkout/compare/${BASE_COMMIT}...${COMMIT}`,
    log: {
      relation: 'ahead',
      total: 3,
      shown: [
        { sha: COMMIT, subject: 'Retry a declined card once (#812)' },
        { sha: 'c03e5a7718f2d94b6a0c1e8d7f5b3924a6e0d1c8', subject: 'Keep the basket for a day' },
        { sha: '19fb62d0e4a7c8355d1b0e9f6c2a7d84b3f5e016', subject: 'Bump the payments client' },
      ],
    },
  },
};
