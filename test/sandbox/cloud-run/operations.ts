import type { ServiceState } from './state.ts';

export type Operation = {
  readonly id: string;
  readonly kind: 'create' | 'replace' | 'delete';
  readonly service: string;
  readonly uid: string;
  readonly generation: number;
};

export function operationOf(id: string, kind: Operation['kind'], service: ServiceState): Operation {
  return { id, kind, service: service.name, uid: service.uid, generation: service.generation };
}

/** Whether the work behind an operation is over, for good or ill. */
export function isDone(operation: Operation, service: ServiceState | undefined): boolean {
  if (service === undefined || service.uid !== operation.uid) return true;
  if (service.generation > operation.generation) return true;
  const ready = service.conditions.find((condition) => condition.type === 'Ready');
  return service.observed >= operation.generation && ready?.status !== 'Unknown';
}
