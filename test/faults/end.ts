/** What must be true when nothing is left to happen. */
import { ApiError } from '../sandbox/cloud-run/errors.ts';
import { askedOf, isSame } from './cloud.ts';
import type { Split } from './cloud.ts';
import type { Life } from './life.ts';
import type { Violation } from './oracle.ts';
import { isCanary } from './requests.ts';
import { STABLE } from './settings.ts';
import type { World } from './world.ts';
import { ROLLOUT } from './written.ts';

/** How much may be asked of the end. */
export type Claim = {
  /** Nobody but us has written, so nobody but us is to blame. */
  readonly isOurs: boolean;
  /** Nothing but our own runners and the network was ever bad, and the job was re-run. */
  readonly mustPromote: boolean;
};

export function endViolations(world: World, life: Life, claim: Claim): readonly Violation[] {
  const { isOurs, mustPromote } = claim;
  const found: Violation[] = [];
  const check = (promise: string, holds: boolean, text: string) => {
    if (!holds) found.push({ promise, text });
  };
  const state = stateOf(world);
  if (state === null) return found;
  const { asked, text, isReady } = state;
  // Held is an answer when nobody but a person is there to go on.
  const isHeld = life.liveness === 'L2' && /"phase":"held"/.test(text ?? '');
  check(life.liveness, isHeld || !life.isOpen(), 'a rollout is left open');
  if (world.oracle.isForeign(asked)) return found;
  // A platform that fails the very last change is not put right by sending it again.
  check('L2', !isReady || isSame(world.cloud.served().split, asked), 'asked, but not served');
  const canary = Object.keys(asked).find(isCanary);
  const isPromoted = canary !== undefined && asked[canary] === 100;
  const isEnd = isPromoted || isSame(asked, { [STABLE]: 100 });
  check('L2', isEnd || isHeld || !isOurs, 'the split is odd');
  check('L2', isPromoted || !mustPromote, 'a good canary was given up');
  if (isOurs) check('L2', text !== undefined || world.oracle.text === null, 'the record is gone');
  return found;
}

type State = {
  readonly asked: Split;
  readonly text: string | undefined;
  readonly isReady: boolean;
};

/** null: there is no service any more. */
function stateOf({ cloud }: World): State | null {
  try {
    const service = cloud.service();
    return {
      asked: askedOf(service),
      text: service.metadata.annotations[ROLLOUT],
      isReady: service.status.conditions[0]?.status === 'True',
    };
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}
