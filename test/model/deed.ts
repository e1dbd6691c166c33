/** A write that is taken, with what it replaces. */
import { isFinal } from '../../src/core/rollout/drafts.ts';
import { sameSplit } from '../../src/core/rollout/traffic.ts';
import type { Role } from './cast.ts';
import type { Request } from './design.ts';
import type { Service } from './service.ts';
import type { Truth } from './truth.ts';

export type Deed = {
  readonly role: Role;
  readonly request: Request;
  readonly before: Service;
  readonly truth: Truth;
};

export function moves({ before, request }: Deed): boolean {
  return !sameSplit(before.asked, request.split);
}

export function isUndone({ record }: Request): boolean {
  return isFinal(record) && record.phase !== 'promoted';
}
