import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/closing-line.ts';

/** Unit tests never wait, and each worker loads the sources for itself. */
const CORES = availableParallelism();
/** Wire tests mostly wait. */
const WAITING = 5;

export default defineConfig({
  test: {
    reporters: ['default', new ClosingLine()],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'test/{unit,engine,action,model,demo,faults,promises,bench,workflow,security}/**/*.test.ts',
            'test/*.test.ts',
          ],
          testTimeout: 120_000,
          // No test changes a module, and to load the sources for every file takes as long as the tests.
          isolate: false,
          maxWorkers: CORES,
        },
      },
      {
        extends: true,
        test: {
          name: 'wire',
          include: ['test/{edges,sandbox,runner}/**/*.test.ts'],
          testTimeout: 120_000,
          // Most of them wait for the next try, or for something that never comes.
          maxConcurrency: 12,
          isolate: false,
          maxWorkers: WAITING,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          env: { NODE_COMPILE_CACHE: join(tmpdir(), 'cloud-run-canary-compiled') },
          // A rollout mostly waits, so several fit on a core; more would disturb what is measured.
          maxConcurrency: 3,
          isolate: false,
          // Left to itself vitest spares one core, which on two of them means one file after the other.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/core/**', 'src/engine/**'],
      thresholds: { lines: 95 },
    },
  },
});
