/** What the reader must know besides the verdict. */
import type { Findings } from './findings.ts';
import { countText, durationText } from '../report/report-numbers.ts';

/** So many times what the split predicts are not the split's. */
const TOO_MANY = { times: 2, requests: 100 };

export function noticesOf({ tests, look, stage }: Findings): readonly string[] {
  const { noise } = tests;
  const { canaryRequests, expectedRequests } = stage;
  const isMuch =
    canaryRequests >= TOO_MANY.requests && canaryRequests > TOO_MANY.times * expectedRequests;
  return [
    ...(noise.measured ? [] : [historyText(noise.minutes * look.samplePeriod)]),
    ...(isMuch && expectedRequests > 0
      ? [
          `The canary got ${countText(canaryRequests)} requests where about ${countText(Math.round(expectedRequests))} were expected: somebody may be calling its tag address, and those count, too.`,
        ]
      : []),
  ];
}

function historyText(history: number): string {
  return history === 0
    ? 'There is no history of the stable revision: noise is assumed, not measured, and larger differences are needed.'
    : `Only ${durationText(history)} of history: noise is assumed, not measured, and larger differences are needed.`;
}
