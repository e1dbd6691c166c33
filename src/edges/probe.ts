/**
 * Smoke probes of the canary's tag URL: once there is a first answer, so many of them at an even
 * rate that one bad answer proves nothing and a broken path does.
 */
import { smokeRuling, smokeSchedule, unproved } from '../core/judge/smoke-ruling.ts';
import type { SmokeRuling, Tried } from '../core/judge/smoke-ruling.ts';
import { isRepeatable } from '../core/smoke-line.ts';
import type { Millis, ServiceRef } from '../core/types.ts';
import type { Clock, ProbeResult, Prober, ProbeTarget } from '../engine/ports.ts';
import type { Identities } from './google-identity.ts';
import type { PinnedHttp } from './http.ts';
import { createAddressRules, resolveHost } from './http-address.ts';
import type { Resolve } from './http-address.ts';
import { ANSWER_TIME, enter } from './probe-entry.ts';
import type { Entry, EntryTools } from './probe-entry.ts';
import { sendPaced } from './probe-pace.ts';
import { ask, faultOf } from './probe-request.ts';
import type { Fault } from './probe-request.ts';
import { failedText, passedText } from './probe-words.ts';

export type ProbeOptions = {
  readonly http: PinnedHttp;
  /** Cloud Run itself was asked on loopback, so tag URLs on loopback are its own. */
  readonly loopbackAllowed: boolean;
  readonly clock: Clock;
  readonly ref: ServiceRef;
  readonly identities: Identities;
  readonly resolve?: Resolve;
};

type Tools = EntryTools & { readonly ref: ServiceRef };

/** Of all counted probes together; a canary so slow has shown what it is. */
const TOGETHER: Millis = 2 * 60_000;

const CUT_SHORT = 'The smoke probe was cut short: the run was cancelled.';

export function createProber(options: ProbeOptions): Prober {
  const tools: Tools = { resolve: resolveHost, ...options, kindOf: createAddressRules() };
  return {
    probe: (target, signal) => probe(tools, target, signal),
    warmUp: (target, atMost, signal) => warmUp(tools, target, { atMost, signal }),
  };
}

async function probe(tools: Tools, target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const entered = await enter(tools, target, signal);
  const { ref, identities } = tools;
  const whose = { target, ref, account: identities.account };
  const result = entered.ok ? await prove(tools, { ...entered.entry, ...whose }, signal) : entered;
  // What has passed so far was not all.
  if (signal.aborted) return { ok: false, status: null, why: CUT_SHORT };
  return result;
}

type Visit = Entry & {
  readonly target: ProbeTarget;
  readonly ref: ServiceRef;
  readonly account: string | null;
};
type Probed = Tried & {
  readonly fault: Fault | null;
  readonly status: number | null;
  readonly latencyMs: Millis;
};

async function prove(tools: Tools, visit: Visit, signal: AbortSignal): Promise<ProbeResult> {
  const { smoke } = visit.target;
  const { clock } = tools;
  const schedule = smokeSchedule(smoke);
  const probed: Probed[] = [];
  const enough = new AbortController();
  const stop = AbortSignal.any([signal, enough.signal]);
  const ends = clock.monotonic() + TOGETHER;
  const isOver = () => stop.aborted || clock.monotonic() >= ends;
  const send = async (line: number) => {
    const one = await probeOnce(tools, visit, { line, signal: stop });
    // What was cut off says nothing.
    if (stop.aborted) return;
    probed.push(one);
    if (smokeRuling(probed, schedule.length) !== null) enough.abort();
  };
  await sendPaced(schedule, send, { clock, rate: smoke.rate, isOver, signal: stop });
  let [unsure] = unproved(smoke, probed);
  while (unsure !== undefined && !isOver()) {
    await send(unsure);
    [unsure] = unproved(smoke, probed);
  }
  const found = smokeRuling(probed, schedule.length) ?? neverAsked(unsure, probed);
  return found === null
    ? proveOnce(tools, visit, { probed, signal })
    : failed(visit, found, probed);
}

/** The time was over before this path had enough tries. */
function neverAsked(line: number | undefined, probed: readonly Probed[]): SmokeRuling | null {
  if (line === undefined) return null;
  return { kind: 'never', line, tries: probed.filter((one) => one.line === line).length };
}

/** What changes something is sent when all the rest has passed, and never again. */
async function proveOnce(
  tools: Tools,
  visit: Visit,
  { probed, signal }: { readonly probed: readonly Probed[]; readonly signal: AbortSignal },
): Promise<ProbeResult> {
  const all = [...probed];
  for (const [line, asked] of visit.target.smoke.lines.entries()) {
    if (isRepeatable(asked) || signal.aborted) continue;
    const one = await probeOnce(tools, visit, { line, signal });
    all.push(one);
    if (!one.ok) return failed(visit, { kind: 'never', line, tries: 1 }, all);
  }
  return passed(visit, all);
}

async function probeOnce(
  tools: Tools,
  { door, pass, target }: Visit,
  { line: index, signal }: { readonly line: number; readonly signal: AbortSignal },
): Promise<Probed> {
  const { smoke, revision } = target;
  const line = smoke.lines[index] ?? smoke.lines[0];
  const request = { method: line.method, path: line.path, deadlineMs: ANSWER_TIME, signal };
  const { answer, latencyMs } = await ask(tools, { door, token: pass?.token ?? null, ...request });
  const fault = faultOf(answer, { smoke, line, revision });
  const status = answer.kind === 'answer' ? answer.status : null;
  return { line: index, ok: fault === null, fault, status, latencyMs };
}

function passed({ target, pass }: Visit, probed: readonly Probed[]): ProbeResult {
  const good = probed.filter(({ ok }) => ok);
  const latencies = good.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b);
  const latencyMs = latencies[Math.floor(latencies.length / 2)] ?? 0;
  const faults = probed.flatMap(({ fault }) => fault ?? []);
  const facts = { faults, probes: probed.length, latencyMs, audience: pass?.audience ?? null };
  const why = passedText(target.smoke, facts);
  return { ok: true, status: good.at(-1)?.status ?? 0, why };
}

function failed(visit: Visit, found: SmokeRuling, probed: readonly Probed[]): ProbeResult {
  const { target, pass, ref, account } = visit;
  const faults = probed.flatMap(({ line, fault }) =>
    fault === null || (found.kind === 'never' && line !== found.line) ? [] : [fault],
  );
  const manner = { smoke: target.smoke, ref, account, audience: pass?.audience ?? null };
  return {
    ok: false,
    status: faults.at(-1)?.status ?? null,
    why: failedText(manner, found, faults),
  };
}

/** Answers are not judged; whoever asks for it has proved the canary before. */
async function warmUp(
  tools: Tools,
  target: ProbeTarget,
  { atMost, signal }: { readonly atMost: Millis; readonly signal: AbortSignal },
): Promise<{ readonly why: string }> {
  const begun = tools.clock.monotonic();
  const entered = await enter(tools, target, signal);
  if (!entered.ok) return { why: `No warm-up: ${entered.why}` };
  const { clock } = tools;
  const { smoke, revision } = target;
  const { door, pass } = entered.entry;
  const schedule = smokeSchedule({ ...smoke, probes: Math.ceil((smoke.rate * atMost) / 1_000) });
  const isOver = () => clock.monotonic() - begun >= atMost;
  let sent = 0;
  let answered = 0;
  const send = async (index: number) => {
    const { method, path } = smoke.lines[index] ?? smoke.lines[0];
    const request = { method, path, deadlineMs: ANSWER_TIME, signal };
    sent += 1;
    const { answer } = await ask(tools, { door, token: pass?.token ?? null, ...request });
    if (answer.kind === 'answer') answered += 1;
  };
  await sendPaced(schedule, send, { clock, rate: smoke.rate, isOver, signal });
  const why = `Warm-up: ${sent} requests were sent to ${revision}, ${answered} were answered. None is judged.`;
  return { why };
}
