/**
 * Enum values of google/cloud/run/v2/{traffic_target,condition,vendor_settings}.proto and
 * google/api/launch_stage.proto. Clients that ask for `enum-encoding=int` get the numbers.
 */
const numbers: Readonly<Record<string, number>> = {
  TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST: 1,
  TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION: 2,
  CONDITION_RECONCILING: 2,
  CONDITION_FAILED: 3,
  CONDITION_SUCCEEDED: 4,
  INFO: 3,
  UNKNOWN: 1,
  CONTAINER_MISSING: 6,
  INTERNAL: 16,
  RESERVE: 2,
  RETIRED: 3,
  HEALTH_CHECK_CONTAINER_ERROR: 6,
  ALPHA: 2,
  BETA: 3,
  GA: 4,
  INGRESS_TRAFFIC_ALL: 1,
  INGRESS_TRAFFIC_INTERNAL_ONLY: 2,
  INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER: 3,
  EXECUTION_ENVIRONMENT_GEN1: 1,
  EXECUTION_ENVIRONMENT_GEN2: 2,
};

export type EnumWriter = (name: string) => string | number;

export function enumWriter(asNumbers: boolean): EnumWriter {
  return (name) => (asNumbers ? (numbers[name] ?? name) : name);
}

/** The values of one enum share a prefix, but for these. */
const launchStages = ['ALPHA', 'BETA', 'GA'];

/** Requests carry numbers (gax) or names (apitools). */
export function readEnum(value: unknown, prefix: string): string | null {
  if (prefix === 'LAUNCH_STAGE_') {
    return launchStages.find((name) => name === value || numbers[name] === value) ?? null;
  }
  if (typeof value === 'string') return value.startsWith(prefix) ? value : null;
  const found = Object.entries(numbers).find(
    ([name, number]) => name.startsWith(prefix) && number === value,
  );
  return found?.[0] ?? null;
}

/** https://cloud.google.com/run/docs/reference/rest/v1/Condition: reason, as v1 spells them. */
const reasons: Readonly<
  Record<string, { readonly reason: string } | { readonly revisionReason: string }>
> = {
  ContainerMissing: { reason: 'CONTAINER_MISSING' },
  ContainerPermissionDenied: { reason: 'CONTAINER_PERMISSION_DENIED' },
  SecretsAccessCheckFailed: { reason: 'SECRETS_ACCESS_CHECK_FAILED' },
  RevisionFailed: { reason: 'REVISION_FAILED' },
  Internal: { reason: 'INTERNAL' },
  HealthCheckContainerError: { revisionReason: 'HEALTH_CHECK_CONTAINER_ERROR' },
  Reserve: { revisionReason: 'RESERVE' },
  Retired: { revisionReason: 'RETIRED' },
};

export function reasonOf(reason: string | undefined, write: EnumWriter): object {
  if (reason === undefined) return {};
  const known = reasons[reason] ?? { reason: 'UNKNOWN' };
  return Object.fromEntries(Object.entries(known).map(([key, name]) => [key, write(name)]));
}
