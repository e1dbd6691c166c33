/** How a rollout that was judged on live traffic ended, and what was said of it. */
import { expect } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import { checkOf, errorsOf, recordOf, rowsOf, writesOf } from './evidence.ts';
import type { Scene } from './scene.ts';

/** Three tests compare latencies; which of them has evidence enough first is chance. */
export const SLOW = /^fail:(?:latency|latency-p95|slow-requests)$/;

/** Undone, said so everywhere, and never at 100 %. */
export function expectRestored(scene: Scene, result: RunResult, reason: string | RegExp): void {
  const wanted = typeof reason === 'string' ? reason : expect.stringMatching(reason);
  expect([result.exitCode, result.outputs['outcome'], result.outputs['reason']]).toEqual([
    1,
    'rolled-back',
    wanted,
  ]);
  expect(scene.served()).toEqual({ [scene.stable]: 100 });
  expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back', reason: wanted });
  expect(rowsOf(writesOf(scene).at(-1)!)).toEqual([`${scene.stable} 100`]);
  const check = checkOf(scene);
  expect(check).toMatchObject({ status: 'completed', conclusion: 'failure' });
  expect(check.title).toContain('Restored');
  expect(plain(result.summary)).toContain(check.title);
  expect(errorsOf(result)).toHaveLength(1);
  expect(result.post!.log.trim()).toBe('');
}

export function expectPromoted(scene: Scene, result: RunResult): void {
  // What was said of it first: it tells why, should this ever fail.
  expect([whysIn(result), errorsOf(result), result.outputs['outcome']]).toEqual([
    expect.anything(),
    [],
    'promoted',
  ]);
  expect(result.exitCode).toBe(0);
  expect(scene.served()).toEqual({ [result.outputs['revision']!]: 100 });
  expect(recordOf(scene)).toMatchObject({ phase: 'promoted', reason: 'pass' });
  expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'success' });
}

/** Without the marks that keep foreign text from being read as Markdown. */
export function plain(markdown: string): string {
  return markdown.replaceAll('`', '');
}

type Judged = {
  /** Line of the decision table. */
  readonly reason: string;
  readonly why: string;
  readonly notices: readonly string[];
  readonly canaryRequests: number;
  /** Sample periods of the stage that Cloud Monitoring had shown by then. */
  readonly window: { readonly minutes: number };
};

/** The last verdict on each stage with users, in order. */
export function judgedIn({ outputs }: RunResult): readonly Judged[] {
  const { stages } = JSON.parse(outputs['report_json'] ?? '{"stages":[]}');
  return stages.flatMap((stage: { readonly judgement: Judged | null }) => stage.judgement ?? []);
}

function whysIn(result: RunResult): readonly string[] {
  return judgedIn(result).map(({ reason, why }) => `${reason}: ${why}`);
}
