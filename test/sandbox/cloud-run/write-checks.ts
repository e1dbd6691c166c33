import { withDefaults } from './defaults.ts';
import { badRequest } from './errors.ts';
import { isObject } from './json.ts';
import { revisionFor } from './naming.ts';
import type { Template, TrafficTarget } from './objects.ts';
import { missingText } from './routes.ts';
import type { Rules, ServiceState } from './state.ts';
import type { ServiceDraft } from './validate.ts';

export type WriteFacts = {
  readonly projectNumber: string;
  readonly rules: Pick<Rules, 'missingTarget'>;
};

/** What is written, against what is there. */
export function checkWrite(before: ServiceState, draft: ServiceDraft, facts: WriteFacts) {
  const template = withDefaults(draft.spec.template, facts.projectNumber);
  const revision = revisionFor(before, template);
  checkLimits(template);
  if (facts.rules.missingTarget === 'refuse') checkTargets(before, draft.spec.traffic, revision);
  return { template, revision };
}

function checkTargets(
  service: ServiceState,
  traffic: readonly TrafficTarget[],
  revision: { readonly name: string; readonly isNew: boolean },
): void {
  for (const { revisionName } of traffic) {
    if (revisionName === undefined) continue;
    const isComing = revision.isNew && revisionName === revision.name;
    if (!isComing && !service.revisions.has(revisionName)) {
      throw badRequest(missingText(revisionName), 'spec.traffic');
    }
  }
}

/**
 * The memory that so many CPUs need at least.
 * https://cloud.google.com/run/docs/configuring/services/memory-limits
 */
const LEAST: readonly (readonly [cpus: number, gibibytes: number])[] = [
  [6, 4],
  [4, 2],
];

function checkLimits({ spec }: Template): void {
  for (const container of spec.containers) {
    const resources = container['resources'];
    const limits = isObject(resources) && isObject(resources['limits']) ? resources['limits'] : {};
    const cpus = cpusOf(limits['cpu']);
    const memory = gibibytesOf(limits['memory']);
    const least = LEAST.find(([from]) => cpus >= from)?.[1] ?? 0;
    if (memory >= least) continue;
    throw badRequest(
      `spec.template.spec.containers.resources.limits.memory: Invalid value specified for memory. For ${cpus} CPUs, memory must be at least ${least}Gi.`,
      'spec.template.spec.containers.resources.limits.memory',
    );
  }
}

function cpusOf(text: unknown): number {
  const [, number = '1', milli = ''] = /^(\d+(?:\.\d+)?)(m?)$/.exec(String(text)) ?? [];
  return Number(number) / (milli === 'm' ? 1000 : 1);
}

const UNITS: Readonly<Record<string, number>> = { Mi: 2 ** 20, Gi: 2 ** 30, M: 1e6, G: 1e9 };

/** What is not given is as much as it takes. */
function gibibytesOf(text: unknown): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(Mi|Gi|M|G)$/.exec(String(text)) ?? [];
  return number === undefined ? Infinity : (Number(number) * (UNITS[unit] ?? 1)) / 2 ** 30;
}
