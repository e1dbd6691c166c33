import { badRequest } from './errors.ts';
import { isObject } from './json.ts';
import type { Template } from './objects.ts';

/**
 * The memory that so many CPUs need at least.
 * https://cloud.google.com/run/docs/configuring/services/memory-limits
 */
const LEAST: readonly (readonly [cpus: number, gibibytes: number])[] = [
  [6, 4],
  [4, 2],
];

export function checkLimits({ spec }: Template): void {
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
