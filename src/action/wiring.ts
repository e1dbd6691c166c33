/** Every edge, made from what was checked. */
import { createClock, runnerTime } from '../edges/clock.ts';
import { servicesOf, servicesWithRollouts } from '../edges/cloud-run/region.ts';
import { createRevisions } from '../edges/cloud-run/revisions.ts';
import { createCloudRun } from '../edges/cloud-run/service.ts';
import { createGoogleAuth } from '../edges/google-auth.ts';
import { createDeadline, createHttp } from '../edges/http.ts';
import { mayActAs } from '../edges/iam.ts';
import { createErrorLogs } from '../edges/logging.ts';
import { createMetrics } from '../edges/monitoring.ts';
import { createHistory } from '../edges/monitoring-history.ts';
import { readTraffic } from '../edges/monitoring-traffic.ts';
import { createProber } from '../edges/probe.ts';
import type { Runner } from '../edges/runner.ts';
import { isLoopback } from '../core/loopback.ts';
import type { ServiceRef } from '../core/types.ts';
import type { Ports } from '../engine/loop.ts';
import type { Doctor, FirstDeploys, Foresight, Remover } from '../engine/ports.ts';
import type { Access } from './setup.ts';

export type Chance = {
  /** 0…1. */
  readonly random: () => number;
  /** 64 random bits in hex. */
  readonly newWriteId: () => string;
};

type Tools = {
  readonly runner: Pick<Runner, 'notice' | 'secret'>;
  readonly cancel: AbortSignal;
  readonly chance: Chance;
  /** Undoes, whatever time it is: where Cloud Run tells none, the runner's own will do (S13). */
  readonly undoes?: boolean;
};

/** The commits are GitHub's to tell: see commits.ts. */
type Sight = Omit<Foresight, 'commits'>;

/** The loop is given the ports alone; the others are for what comes before and after it. */
export type Opened = Ports & {
  readonly firsts: FirstDeploys;
  readonly sight: Sight;
  readonly doctor: Doctor;
  readonly remover: Remover;
};

export function openPorts(access: Access, ref: ServiceRef, tools: Tools): Opened {
  const { runner, cancel, chance } = tools;
  const { endpoints } = access;
  const { http, tokens } = openGoogle(access, ref, tools);
  const clock = createClock();
  const onNotice = (text: string) => runner.notice(text);
  const endpoint = endpoints.run;
  const { newWriteId } = chance;
  const guess = tools.undoes === true ? runnerTime : undefined;
  const google = { http, tokens, endpoint, ref };
  const cloudRun = createCloudRun({ ...google, newWriteId, clock, onNotice, guess });
  const monitoring = { http, tokens, endpoint: endpoints.monitoring, ref };
  const past = createHistory(monitoring);
  const logging = { http, tokens, endpoint: endpoints.logging, ref };
  const errorLogs = createErrorLogs({ ...logging, clock, onNotice });
  const revisions = createRevisions({
    tokens,
    endpoint,
    ref,
    universe: endpoints.universe,
    deadline: createDeadline(cancel),
    hurry: cancel,
    onNotice,
  });
  return {
    cloudRun,
    firsts: cloudRun,
    sight: {
      rehearse: cloudRun.rehearse,
      changes: cloudRun.changes,
      traffic: (window, signal) => readTraffic(monitoring, window, signal),
      history: (query, signal) => past.read(query, signal),
    },
    doctor: {
      ...openDoctor(access, ref, { http, tokens }),
      checkLog: (now, signal) => errorLogs.checkLog(now, signal),
    },
    remover: revisions,
    revisions,
    metrics: createMetrics({ ...monitoring, errorLogs, onNotice }),
    prober: createProber({
      http,
      loopbackAllowed: endpoints.loopback,
      clock,
      ref,
      identities: tokens.identities,
    }),
    clock,
  };
}

function openDoctor(
  { endpoints }: Access,
  ref: ServiceRef,
  google: ReturnType<typeof openGoogle>,
): Omit<Doctor, 'checkLog'> {
  // A token for an emulator goes nowhere else.
  const isElsewhere = endpoints.loopback && !isLoopback(new URL(endpoints.iam).hostname);
  return {
    neighbours: () => servicesOf({ ...google, endpoint: endpoints.run, ref }),
    mayActAs: async (account) =>
      isElsewhere ? null : mayActAs({ ...google, endpoint: endpoints.iam }, account),
  };
}

/** The services of the region that a clean-up has to look at. */
export function listServices(
  access: Access,
  ref: ServiceRef,
  tools: Tools,
): Promise<readonly string[]> {
  return servicesWithRollouts({
    ...openGoogle(access, ref, tools),
    endpoint: access.endpoints.run,
    ref,
  });
}

function openGoogle({ endpoints, credentials }: Access, ref: ServiceRef, tools: Tools) {
  const { runner, cancel, chance } = tools;
  const tokens = createGoogleAuth({
    credentials,
    project: ref.project,
    universe: endpoints.universe,
    deadline: createDeadline(cancel),
  });
  tokens.onToken((token) => runner.secret(token));
  return { http: createHttp({ hurry: cancel, random: chance.random }), tokens };
}
