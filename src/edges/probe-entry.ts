/**
 * The first answer of the canary's address, and the identity token that it may take. What is asked
 * until then is not counted: instances start, and a new address needs a moment.
 */
import { Problem } from '../core/problem.ts';
import { isRepeatable } from '../core/smoke-line.ts';
import type { SmokeLine } from '../core/smoke-line.ts';
import type { Millis, Smoke } from '../core/types.ts';
import type { ProbeTarget } from '../engine/ports.ts';
import type { Identities } from './google-identity.ts';
import { TOO_LATE } from './http-answer.ts';
import { findDoor } from './probe-door.ts';
import type { Door, DoorTools } from './probe-door.ts';
import { ask, faultOf } from './probe-request.ts';
import type { RequestTools } from './probe-request.ts';
import { nameOf } from './probe-words.ts';

export type EntryTools = DoorTools & RequestTools & { readonly identities: Identities };

type Pass = { readonly token: string; readonly audience: string };
export type Entry = { readonly door: Door; readonly pass: Pass | null };
export type Entered =
  | { readonly ok: true; readonly entry: Entry }
  | { readonly ok: false; readonly status: number | null; readonly why: string };

/** A new tag URL answers 404 or 503 for a moment, or still leads to where the tag was before. */
const PAUSES: readonly Millis[] = [2_000, 4_000];
/** As long as a container may take to start. */
const FIRST_ANSWER: Millis = 4 * 60_000;
const NO_PATH = 'smoke_path is not a path on the canary. Write a path that begins with "/".';
export const ANSWER_TIME: Millis = 10_000;

export async function enter(
  tools: EntryTools,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<Entered> {
  const { auth, lines } = target.smoke;
  // Behind a host name anything else could make another host of it.
  if (!lines.every(({ path }) => path.startsWith('/'))) return failed(NO_PATH);
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
    return 'There is no identity token to show, because the credentials of this job name no service account. Let google-github-actions/auth use a service_account, choose a path that is open, or accept the status in smoke_status.';
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
  const begun = tools.clock.monotonic();
  const left = (): Millis => FIRST_ANSWER - (tools.clock.monotonic() - begun);
  let unready = 0;
  for (let number = 0; ; number += 1) {
    const deadlineMs = Math.min(ANSWER_TIME, left());
    const { kind, first } = await knockOnce(tools, knock, { number, deadlineMs });
    const pause = PAUSES[kind === 'starting' ? 0 : unready];
    const isOver = kind === 'settled' || pause === undefined || left() <= pause;
    if (isOver || knock.signal.aborted) return first;
    if (kind === 'unready') unready += 1;
    await tools.clock.sleep(pause, knock.signal);
  }
}

type Heard = {
  /**
   * `starting`: nothing yet, as while a container starts. `unready`: it may be another one in a
   * moment, but not in minutes.
   */
  readonly kind: 'settled' | 'unready' | 'starting';
  /** What it comes to if nothing else is heard. */
  readonly first: First;
};

async function knockOnce(
  tools: EntryTools,
  { target, pass, signal }: Knock,
  at: { readonly number: number; readonly deadlineMs: Millis },
): Promise<Heard> {
  const found = await findDoor(tools, { tagUrl: target.url, ...at, signal });
  if (!found.ok) return { kind: found.again ? 'unready' : 'settled', first: failed(found.why) };
  const { door } = found;
  const line = knockLine(target.smoke);
  const request = { method: line.method, path: line.path, deadlineMs: at.deadlineMs, signal };
  const { answer } = await ask(tools, { door, token: pass?.token ?? null, ...request });
  const { smoke, revision } = target;
  const fault = faultOf(answer, { smoke, line, revision });
  const why = `${asked(target)} ${fault?.what ?? ''}. Look at the logs of the canary.`;
  if (answer.kind === 'no-answer') {
    return { kind: answer.why === TOO_LATE ? 'starting' : 'unready', first: failed(why) };
  }
  const { status } = answer;
  // Cloud Run has kept the request for as long as it does, and no instance was there.
  if (status === 429 && fault !== null) return { kind: 'starting', first: failed(why) };
  const isUnready = fault?.kind === 'revision' || (fault !== null && [404, 503].includes(status));
  const isShut = fault?.kind === 'status' && (status === 401 || status === 403);
  const isRefused = isShut || fault?.kind === 'proxy';
  const first = { ok: true, entry: { door, pass }, status, isRefused } as const;
  return { kind: isUnready ? 'unready' : 'settled', first };
}

/** What is sent once is not sent to see whether anybody answers. */
function knockLine({ lines }: Smoke): SmokeLine {
  return lines.find(isRepeatable) ?? { ...lines[0], method: 'GET' };
}

function asked({ smoke }: ProbeTarget): string {
  return `The smoke probe of ${nameOf(knockLine(smoke))} on the canary`;
}

function failed(why: string): First {
  return { ok: false, status: null, why };
}
