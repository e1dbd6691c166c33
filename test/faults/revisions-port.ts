/** One revision's state as the official client gives it: its errors, its repetitions. */
import {
  clientProblem,
  isNotFound,
  isPassing,
  isUnauthenticated,
} from '../../src/edges/cloud-run/client-problem.ts';
import { GONE, readRevision } from '../../src/edges/cloud-run/revision-state.ts';
import type { RevisionState } from '../../src/core/decision-types.ts';
import type { HttpAnswer } from '../../src/edges/http.ts';
import type { Revisions } from '../../src/engine/ports.ts';
import type { Process } from './process.ts';
import { SECOND } from './settings.ts';
import type { World } from './world.ts';

const TRIES = 4;

/** google.rpc.Code of an HTTP status. */
const CODES = new Map([
  [401, 16],
  [403, 7],
  [404, 5],
  [429, 8],
  [500, 13],
  [503, 14],
]);

export function openRevisions(world: World, process: Process): Revisions {
  return {
    async state(name) {
      for (let attempt = 1; ; attempt += 1) {
        const answer = await ask(world, process, name);
        if (!(answer instanceof Error)) return answer;
        if (isNotFound(answer)) return GONE;
        const again = isPassing(answer) || (isUnauthenticated(answer) && attempt === 1);
        if (!again || attempt === TRIES || process.cancelledAt !== null) {
          throw clientProblem(answer, `Revision ${name}`, 'run.revisions.get');
        }
        const pause = 250 * 2 ** attempt;
        await process.wait(world.timeline.now + pause, () => undefined, null);
      }
    },
    missingPermissions: async () => [],
  };
}

async function ask(world: World, process: Process, name: string): Promise<RevisionState | Error> {
  const serve = () => world.cloud.getRevision(name);
  const call = { name: 'revision', deadline: 10 * SECOND, serve, stale: serve } as const;
  const answer = await world.exchange(process, call);
  if (answer.kind !== 'answer' || answer.status !== 200) return clientError(answer);
  try {
    return readRevision(JSON.parse(answer.text));
  } catch (error) {
    return error instanceof SyntaxError ? error : clientError(answer);
  }
}

function clientError(answer: HttpAnswer): Error {
  if (answer.kind === 'no-answer') return Object.assign(new Error(answer.why), { code: 4 });
  const code = CODES.get(answer.status) ?? 2;
  // The client names details only where it read Google's own error.
  const isGoogle = answer.text.startsWith('{"error"');
  return Object.assign(new Error('refused'), { code }, isGoogle ? { details: [] } : {});
}
