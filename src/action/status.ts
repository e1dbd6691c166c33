/** status: reads, says, writes nothing. */
import { decide } from '../core/rollout/machine.ts';
import { EMPTY_MEMORY } from '../core/rollout/memory.ts';
import { reportOf } from '../core/report/report-facts.ts';
import { reportJson } from '../core/report/report-json.ts';
import { outputsOf } from '../core/report/report.ts';
import { percentOf, splitText } from '../core/rollout/traffic.ts';
import type { Caller, Decision, Outcome } from '../core/decision-types.ts';
import type { ServiceSnapshot } from '../core/types.ts';
import { NOBODY_DEAD } from './abandoned.ts';
import type { Host } from './host.ts';
import { careful, writeSummary } from './publish.ts';
import type { Setup } from './setup.ts';
import { openPorts } from './wiring.ts';

export async function showStatus(host: Host, setup: Setup, caller: Caller): Promise<boolean> {
  const { runner } = host;
  const { ref } = setup.request;
  const service = await openPorts(setup, ref, host).cloudRun.read();
  const memory = EMPTY_MEMORY;
  const next = decide({ goal: NOBODY_DEAD, caller, service, memory });
  const ending = { outcome: outcomeOf(service), why: statusText(service, next) };
  runner.line(ending.why);
  const attempt = careful(runner);
  const about = { ref, caller, goal: NOBODY_DEAD, notices: [], forecast: null };
  const told = { service, memory, ending, judgements: new Map(), outsider: null, found: null };
  const report = await attempt(() => reportOf(about, told));
  const outputs =
    report && (await attempt(() => ({ ...outputsOf(report), report_json: reportJson(report) })));
  runner.setOutputs(outputs ?? { outcome: ending.outcome });
  if (report !== null) await attempt(() => writeSummary(runner, report));
  return true;
}

function outcomeOf({ record }: ServiceSnapshot): Outcome {
  if (record === 'none') return 'nothing-open';
  if (record === 'unreadable') return 'hands-off';
  return record.phase === 'active' ? 'busy' : record.phase;
}

function statusText(service: ServiceSnapshot, next: Decision): string {
  const { record } = service;
  const traffic = `Asked: ${splitText(service.asked)}. Served: ${splitText(service.served)}.`;
  if (record === 'none') return `No rollout. ${traffic}`;
  if (record === 'unreadable') return `The rollout record cannot be read. ${traffic}`;
  const due = new Date(record.due).toISOString();
  const against =
    record.clone === null ? record.stable : `${record.clone}, a clone of ${record.stable}`;
  const place = `${record.canary} against ${against}, ${record.phase} at ${percentOf(record)} %, due ${due}`;
  const then =
    next.do === 'write' ? ` Anyone may end it now; that would write ${next.record.phase}.` : '';
  return `Rollout ${record.rolloutId}: ${place}. ${traffic}${then}`;
}
