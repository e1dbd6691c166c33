/** Every edge, made from what was checked. */
import { createClock } from '../edges/clock.ts';
import { createRevisions } from '../edges/cloud-run/revisions.ts';
import { createCloudRun } from '../edges/cloud-run/service.ts';
import { createGoogleAuth } from '../edges/google-auth.ts';
import { createDeadline, createHttp } from '../edges/http.ts';
import { createMetrics } from '../edges/monitoring.ts';
import { createProber } from '../edges/probe.ts';
import type { Runner } from '../edges/runner.ts';
import type { ServiceRef } from '../core/types.ts';
import type { Ports } from '../engine/loop.ts';
import type { Access } from './setup.ts';

export type Chance = {
  /** 0…1. */
  readonly random: () => number;
  /** 64 random bits in hex. */
  readonly newWriteId: () => string;
};

export function openPorts(
  access: Access,
  ref: ServiceRef,
  tools: { readonly runner: Runner; readonly cancel: AbortSignal; readonly chance: Chance },
): Ports {
  const { runner, cancel, chance } = tools;
  const { endpoints, credentials } = access;
  const http = createHttp({ hurry: cancel, random: chance.random });
  const clock = createClock();
  const tokens = createGoogleAuth({
    credentials,
    project: ref.project,
    universe: endpoints.universe,
    deadline: createDeadline(cancel),
  });
  tokens.onToken((token) => runner.secret(token));
  const onNotice = (text: string) => runner.notice(text);
  const endpoint = endpoints.run;
  return {
    cloudRun: createCloudRun({
      http,
      tokens,
      endpoint,
      ref,
      newWriteId: chance.newWriteId,
      clock,
      onNotice,
    }),
    revisions: createRevisions({
      tokens,
      endpoint,
      ref,
      universe: endpoints.universe,
      deadline: createDeadline(cancel),
      hurry: cancel,
      onNotice,
    }),
    metrics: createMetrics({ http, tokens, endpoint: endpoints.monitoring, ref }),
    prober: createProber({ http, loopbackAllowed: endpoints.loopback, clock }),
    clock,
  };
}
