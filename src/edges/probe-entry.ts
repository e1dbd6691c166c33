/**
 * The first answer of the canary's address, and the identity token that it may take. What is asked
 * until then is not counted: instances start, and a new address needs a moment.
 */
import { Problem } from '../core/problem.ts';
import { isRepeatable } from '../core/smoke-line.ts';
import type { Millis, Smoke, SmokeLine } from '../core/types.ts';
import type { ProbeTarget } from '../engine/ports.ts';
import type { Identities } from './google-identity.ts';
import { findDoor } from './probe-door.ts';
import type { Door, DoorTools } from './probe-door.ts';
import { ask, faultOf } from './probe-request.ts';
import type { RequestTools } from './probe-request.ts';
import { nameOf } from './probe-words.ts';

export type EntryTools = DoorTools & RequestTools & { readonly identities: Identities };

export type Pass = { readonly token: string; readonly audience: string };
export type Entry = { readonly door: Door; readonly pass: Pass | null };
export type Entered =
  | { readonly ok: true; readonly entry: Entry }
  | { readonly ok: false; readonly status: number | null; readonly why: string };

/** A new tag URL answers 404 or 503 for a moment, or still leads to where the tag was before. */
const PAUSES: readonly Millis[] = [2_000, 4_000];
/** As long as a container may take to start. */
const FIRST_ANSWER: Millis = 4 * 60_000;
export const ANSWER_TIME: Millis = 10_000;

export async function enter(
  tools: EntryTools,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<Entered> {
  const { auth } = target.smoke;
  const pass = auth === 'id_token' ? await passFor(tools, target, signal) : null;
  if (typeof pass === 'string') return { ok: false, status: null, why: pass };
  const first = await firstAnswer(tools, { target, pass, signal });
  if (!first.ok || auth !== 'auto' || !first.isRefused) return first;
  const given = await passFor(tools, target, signal);
  if (typeof given !== 'string') return firstAnswer(tools, { target, pass: given, signal });
  const why = `${asked(target)} was answered ${first.status}. Either the app refuses the path, or the service lets in only callers with run.invoker. ${given}`;
  return { ok: false, status: first.status, why };
}

/** One sentence or more where there is none. */
async function passFor(
  tools: EntryTools,
  { smoke, serviceUrl }: ProbeTarget,
  signal: AbortSignal,
): Promise<Pass | string> {
  const audience = smoke.audience ?? serviceUrl;
  if (tools.identities.account === null) {
    return 'There is no identity token to show, because the credentials of this job name no service account. Let google-github-actions/auth use a `service_account`, choose a path that is open, or accept the status in smoke_status.';
  }
  for (let number = 0; ; number += 1) {
    try {
      return { token: await tools.identities.token(audience), audience };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const pause = error.code === 'unreachable' ? PAUSES[number] : undefined;
      if (pause === undefined || signal.aborted) return `${error.summary} ${error.advice}`;
      await tools.clock.sleep(pause, signal);
    }
  }
}

type Knock = {
  readonly target: ProbeTarget;
  readonly pass: Pass | null;
  readonly signal: AbortSignal;
};
type First =
  | { readonly ok: false; readonly status: null; readonly why: string }
  | {
      readonly ok: true;
      readonly entry: Entry;
      readonly status: number;
      /** A token might help. */
      readonly isRefused: boolean;
    };

async function firstAnswer(tools: EntryTools, knock: Knock): Promise<First> {
  const { target, pass, signal } = knock;
  const begun = tools.clock.monotonic();
  const left = (): Millis => FIRST_ANSWER - (tools.clock.monotonic() - begun);
  let unready = 0;
  for (let number = 0; ; number += 1) {
    const deadlineMs = Math.min(ANSWER_TIME, left());
    const found = await findDoor(tools, { tagUrl: target.url, number, deadlineMs, signal });
    if (!found.ok && !found.again) return { ok: false, status: null, why: found.why };
    const heard = found.ok ? await knockAt(tools, knock, { door: found.door, deadlineMs }) : found;
    if (found.ok && 'status' in heard && (heard.isSettled || unready === PAUSES.length)) {
      const { status, isRefused } = heard;
      return { ok: true, entry: { door: found.door, pass }, status, isRefused };
    }
    if ('status' in heard) unready += 1;
    const pause = PAUSES[Math.max(0, unready - 1)] ?? 0;
    if (signal.aborted || left() <= pause) return silence(target, heard);
    await tools.clock.sleep(pause, signal);
  }
}

/** No answer, or one that may be another in a moment. */
type Heard =
  | { readonly status: number; readonly isSettled: boolean; readonly isRefused: boolean }
  | { readonly why: string };

async function knockAt(
  tools: EntryTools,
  { target, pass, signal }: Knock,
  at: { readonly door: Door; readonly deadlineMs: Millis },
): Promise<Heard> {
  const line = knockLine(target.smoke);
  const token = pass?.token ?? null;
  const { answer } = await ask(tools, {
    ...at,
    token,
    method: line.method,
    path: line.path,
    signal,
  });
  if (answer.kind === 'no-answer') return { why: answer.why };
  const { status } = answer;
  // No instance yet: Cloud Run has kept the request for as long as it does.
  if (status === 429) return { why: 'Cloud Run answered 429, for no instance is free' };
  const { smoke, revision } = target;
  const fault = faultOf(answer, { smoke, line, revision });
  const isUnready = fault?.kind === 'revision' || (fault !== null && [404, 503].includes(status));
  const isRefused =
    fault?.kind === 'proxy' || (fault?.kind === 'status' && (status === 401 || status === 403));
  return { status, isSettled: !isUnready, isRefused };
}

/** What is sent once is not sent to see whether anybody answers. */
function knockLine({ lines }: Smoke): SmokeLine {
  return lines.find(isRepeatable) ?? { ...lines[0], method: 'GET' };
}

function asked({ smoke }: ProbeTarget): string {
  return `The smoke probe of ${nameOf(knockLine(smoke))} on the canary`;
}

function silence(target: ProbeTarget, heard: Heard): First {
  const last = 'why' in heard ? heard.why : `it was answered ${heard.status}`;
  const minutes = FIRST_ANSWER / 60_000;
  const why = `${asked(target)} got no answer within ${minutes} minutes: ${last.replace(/\.$/, '')}. Look at the logs of the canary.`;
  return { ok: false, status: null, why };
}
