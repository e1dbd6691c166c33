/** A service as the oracle sees it, written to by hand. */
import type { RevisionObject, ServiceObject } from '../sandbox/cloud-run/objects.ts';
import type { Span, Split } from './cloud.ts';
import { Oracle } from './oracle.ts';
import { Process } from './process.ts';
import type { Role } from './process.ts';
import { BAKE, BEGIN, MINUTE, STABLE, TIMING, callerOf } from './settings.ts';
import { Timeline } from './timeline.ts';
import { PLAN, ROLLOUT } from './written.ts';

export const CANARY = callerOf(0, 1).revision;
export const DUE = new Date(BEGIN + 10 * MINUTE).toISOString();
export const AT_0 = { [STABLE]: 100 };
export const AT_10 = { [STABLE]: 90, [CANARY]: 10 };
export const AT_100 = { [CANARY]: 100 };
export const AT_50 = { [STABLE]: 50, [CANARY]: 50 };

const FROZEN = '{"tag":"c-1"}';

type Fields = Partial<Record<string, string | number | boolean>>;

/** `fields` null: no record. `template` names the revision template. */
export function service(split: Split, fields: Fields | null, template = 'one'): ServiceObject {
  const traffic = Object.entries(split).map(([revisionName, percent]) => {
    return { revisionName, percent };
  });
  const annotations = fields === null ? {} : { [ROLLOUT]: record(fields), [PLAN]: FROZEN };
  return {
    metadata: { annotations, labels: {}, generation: 1 },
    spec: { template: { metadata: { name: template } }, traffic },
    status: { latestReadyRevisionName: STABLE },
  } as unknown as ServiceObject;
}

function record(fields: Fields): string {
  return JSON.stringify({
    rolloutId: callerOf(0, 1).rolloutId,
    startedBy: 1,
    owner: callerOf(0, 1).rolloutId,
    attempt: 1,
    transition: 1,
    phase: 'active',
    stable: STABLE,
    canary: CANARY,
    reason: 'pass',
    due: DUE,
    ...fields,
  });
}

export class OracleScene {
  now = BEGIN;
  ready = true;
  digest = 'web@sha256:1';
  readonly spans: Span[] = [{ at: BEGIN - MINUTE, split: AT_0 }];
  current = service(AT_0, null);
  readonly oracle = new Oracle(
    {
      spans: this.spans,
      isReady: () => this.ready,
      revision: () => ({ status: { imageDigest: this.digest } }) as RevisionObject,
    },
    () => this.now,
  );
  #ids = 0;

  process(role: Role = 'main', attempt = 1, run = 0): Process {
    const id = (this.#ids += 1);
    return new Process(new Timeline(BEGIN), { id, role, caller: callerOf(run, attempt) });
  }

  /** The service takes this write, made from a read of so long ago; which promises does it break? */
  takes(by: Process, after: ServiceObject, age = 0): readonly string[] {
    const known = this.oracle.violations.length;
    by.turn = this.now - age;
    this.oracle.wrote({ by, sentAt: this.now, before: this.current, after });
    this.current = after;
    return this.oracle.violations.slice(known).map(({ promise }) => promise);
  }

  starts(by: Process): readonly string[] {
    return this.takes(by, service(AT_0, { reason: 'started' }, 'two'));
  }

  /** By an outsider's hand. */
  becomes(next: ServiceObject): void {
    this.oracle.wrote({ by: 'outsider', sentAt: this.now, before: this.current, after: next });
    this.current = next;
  }

  /** To 10 %, with everything that such a raise needs; then the stage is over. */
  reaches10(by: Process): readonly string[] {
    this.oracle.probed(by, CANARY);
    const broken = this.takes(by, service(AT_10, { transition: 2 }, 'two'));
    this.spans.push({ at: this.now, split: AT_10 });
    this.now += BAKE + TIMING.ingestDelay;
    return broken;
  }

  looks(by: Process, seen: { errors?: number; requests?: number; from?: number } = {}): void {
    const { errors = 0, requests = 600, from = this.now - BAKE - TIMING.ingestDelay } = seen;
    const canary = { requests, errors, clientErrors: 0, latency: null, memory: null };
    const minutes = [{ start: from, canary, baseline: { ...canary, errors: 0 } }];
    const to = this.now - TIMING.ingestDelay;
    this.oracle.observed(by, { from, to, minutes, history: [], log: null, complete: true }, CANARY);
  }
}
