/** `min_instances_during_rollout`: what a start sets, and what there was before. */
import type { Warmth } from '../service-types.ts';
import type { Plan, ServiceSnapshot } from '../types.ts';

/** Never fewer than there are. */
export function warmthFor({ scaling }: ServiceSnapshot, { minInstances }: Plan): Warmth | null {
  const before = scaling.minInstances;
  if (minInstances === null || Number(before ?? 0) >= minInstances) return null;
  return { before, during: String(minInstances) };
}
