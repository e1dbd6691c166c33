/**
 * cloud-run-release-manager with its defaults (GoogleCloudPlatform/cloud-run-release-manager c49be44f,
 * internal/health/health.go, cmd/operator/main.go): the candidate's own error rate over a window that
 * knows nothing of stages, and no data is a rate of 0. Fewer requests than its minimum (default 0)
 * would delay a promotion, never a rollback; latency is off by default.
 */
import { peer } from './peers-rows.ts';

const WINDOW = 30;
const MAX_ERROR_RATE = 0.01;

export const RELEASE_MANAGER = peer('release-manager (1 %, 30 min window)', () => (_, now) => {
  let [requests, errors] = [0, 0];
  for (const { canary } of now.visible.slice(-WINDOW)) {
    requests += canary?.requests ?? 0;
    errors += canary?.errors ?? 0;
  }
  return errors > MAX_ERROR_RATE * requests ? 'fail' : 'pass';
});
