/** What the probes came to, in one plain sentence with what to do. */
import type { SmokeRuling } from '../core/judge/smoke-ruling.ts';
import type { SmokeLine } from '../core/smoke-line.ts';
import type { Millis, ServiceRef, Smoke } from '../core/types.ts';
import { OFF } from './probe-door.ts';
import type { Fault } from './probe-request.ts';

/** With what the canary was asked, as far as advice depends on it. */
export type Manner = {
  readonly smoke: Smoke;
  readonly ref: ServiceRef;
  /** null: without an identity token. */
  readonly audience: string | null;
  /** Service account that the token speaks for. */
  readonly account: string | null;
};

/** Path and method without the query, which may hold a secret. GET goes without saying. */
export function nameOf({ method, path }: SmokeLine): string {
  const [name = ''] = path.split('?');
  return method === 'GET' ? name : `${method} ${name}`;
}

function adviceOn(fault: Fault, manner: Manner): string {
  switch (fault.kind) {
    case 'silence':
      return 'Look at the logs of the canary.';
    case 'too-long':
      return 'Choose a path with a short answer.';
    case 'revision':
      return 'Another revision answered, or the app does not send the header.';
    case 'body':
      return 'Look at what the canary answers there, or change smoke_body.';
    case 'proxy':
      return `Identity-Aware Proxy lets in only who has roles/iap.httpsResourceAccessor and a token for it: grant that to the service account of this job and write in smoke_audience whom the proxy's tokens are for, ${OFF}.`;
    case 'status':
      return statusAdvice(fault.status ?? 0, manner);
  }
}

function statusAdvice(status: number, manner: Manner): string {
  if (status === 401 || status === 403) return accessAdvice(status, manner);
  if (status === 404) {
    return `Either the app does not know the path, or the service's ingress is internal and the runner is outside. Choose a path that exists, let the job run on a self-hosted runner inside the VPC, ${OFF}.`;
  }
  if (status >= 300 && status < 400) {
    return 'Redirects are not followed. Choose a path that answers by itself.';
  }
  return 'Look at the logs of the canary.';
}

function accessAdvice(status: number, manner: Manner): string {
  const { audience, account, smoke } = manner;
  if (audience === null) {
    const how =
      smoke.auth === 'none' ? ', and smoke_auth: none asks without an identity token' : '';
    return `Either the app refuses the path, or the service lets in only callers with run.invoker${how}. Choose a path that is open, accept the status in smoke_status, ${OFF}.`;
  }
  const token = `The probe had an identity token of ${account ?? 'this job'} for ${audience}.`;
  const path = 'If the app refuses the path, choose one that is open to it.';
  const other = 'such as a custom audience of the service, write that in smoke_audience.';
  const aim =
    status === 401
      ? `Tokens may have to be for another, ${other}`
      : `If tokens have to be for another, ${other}`;
  return `${token} ${aim} ${path} If the account may not call the service, let it, and wait some minutes: ${invokerCommand(manner)}`;
}

function invokerCommand({ ref, account }: Manner): string {
  const { project, region, service } = ref;
  const member = `serviceAccount:${account ?? 'ACCOUNT'}`;
  return `gcloud run services add-iam-policy-binding ${service} --project=${project} --region=${region} --member=${member} --role=roles/run.invoker`;
}

export function passedText(
  smoke: Smoke,
  facts: {
    readonly faults: readonly Fault[];
    readonly probes: number;
    readonly latencyMs: Millis;
    readonly audience: string | null;
  },
): string {
  const { faults, probes, latencyMs, audience } = facts;
  const counted = `${probes - faults.length} of ${probes} smoke probes of ${namesOf(smoke)} on the canary passed, half of them within ${Math.round(latencyMs)} ms.`;
  const token = audience === null ? '' : ` They had an identity token for ${audience}.`;
  const rest = faults.length === 0 ? '' : ` Not too many failed: ${faultsText(faults)}.`;
  return `${counted}${rest}${token}`;
}

export function failedText(manner: Manner, found: SmokeRuling, faults: readonly Fault[]): string {
  const usual = usualFault(faults);
  const advice = usual === null ? 'The canary answered too slowly.' : adviceOn(usual, manner);
  if (found.kind === 'too-many') {
    const { failed, of, limit } = found;
    return `${failed} of ${of} smoke probes of ${namesOf(manner.smoke)} on the canary failed, where ${limit} are too many: ${faultsText(faults)}. ${advice}`;
  }
  const line = manner.smoke.lines[found.line] ?? manner.smoke.lines[0];
  const what = usual?.what ?? 'could not be tried in time';
  const times = found.tries > 1 ? `, and never passed in ${found.tries} tries` : '';
  return `The smoke probe of ${nameOf(line)} on the canary ${what}${times}. ${advice}`;
}

function namesOf({ lines }: Smoke): string {
  const names = lines.map(nameOf);
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

/** What went wrong, the most frequent first. */
function faultsText(faults: readonly Fault[]): string {
  const counts = new Map<string, number>();
  for (const { what } of faults) counts.set(what, (counts.get(what) ?? 0) + 1);
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 3)
    .map(([what, count]) => `${what.replace(/^(?:was|got) /, '')} (${count}×)`)
    .join('; ');
}

/** The fault that most of them are; its advice helps most. */
function usualFault(faults: readonly Fault[]): Fault | null {
  const count = ({ what }: Fault) => faults.filter((other) => other.what === what).length;
  return faults.toSorted((one, other) => count(other) - count(one))[0] ?? null;
}
