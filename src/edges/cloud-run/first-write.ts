/** Cloud Run v1: the POST that makes a service, and the fenced PUT of one that never had a revision. */
import { Problem } from '../../core/problem.ts';
import type { FirstDeployment } from '../../core/service-types.ts';
import type { ServiceRef, ServiceSnapshot } from '../../core/types.ts';
import type { FirstAnswer, FirstDeploys } from '../../engine/ports.ts';
import type { HttpAnswer } from '../http.ts';
import { asObject, at, parseJson } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { firstBody, firstService } from './first-body.ts';
import { hidesValues } from './hidden-values.ts';
import { rehearse, rehearseNew } from './rehearsal.ts';
import type { Send } from './send.ts';
import { askedEntrance, firstIn } from './service-json.ts';
import { errorIn, refusal } from './service-problem.ts';
import { servingImage } from './template.ts';

export type FirstWriteOptions = {
  readonly ref: ServiceRef;
  readonly put: Send;
  readonly post: Send;
  readonly rawOf: (from: ServiceSnapshot) => JsonObject;
};

export function createFirstDeploys(o: FirstWriteOptions): FirstDeploys {
  const rawFrom = (from: ServiceSnapshot | null) => (from === null ? null : o.rawOf(from));
  return {
    entrance: (from, change) => askedEntrance(firstService(rawFrom(from), o.ref, change)),
    async deploy(from, first, change) {
      const send = from === null ? o.post : o.put;
      try {
        const body = firstBody(rawFrom(from), o.ref, { first, change });
        const answer = await send(body, '');
        if (holds(answer, first)) return { kind: 'applied' };
        const hide = hidesValues(body);
        const image = imageIn(body);
        return notApplied(answer, {
          ref: o.ref,
          starts: true,
          hide,
          image,
          creates: from === null,
        });
      } catch (error) {
        if (error instanceof Problem) return { kind: 'refused', problem: error, at: null };
        throw error;
      }
    },
    rehearseFirst(from, first, change) {
      const raw = rawFrom(from);
      const body = firstBody(raw, o.ref, { first, change });
      const start = { body, image: imageIn(body), ref: o.ref };
      return raw === null
        ? rehearseNew(o.post, start)
        : rehearse(o.put, { ...start, raw, starts: true });
    },
  };
}

function imageIn(body: JsonObject): string {
  return servingImage(asObject(at(body, 'spec', 'template')) ?? {});
}

/** A well-formed 200 with our own note. Nothing less counts as applied. */
function holds(answer: HttpAnswer, { rolloutId, attempt }: FirstDeployment): boolean {
  if (answer.kind !== 'answer' || answer.status !== 200) return false;
  try {
    const first = firstIn(parseJson(answer.text));
    return first?.rolloutId === rolloutId && first.attempt === attempt;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

function notApplied(
  answer: HttpAnswer,
  context: Parameters<typeof refusal>[1] & { readonly creates: boolean },
): FirstAnswer {
  if (answer.kind === 'no-answer') return { kind: 'read-again', why: answer.why };
  const status = errorIn(answer)?.status ?? '';
  const again = `Cloud Run answered ${answer.status} ${status}`.trim();
  // Somebody else has made the service at the same moment.
  if (context.creates && status === 'ALREADY_EXISTS') return { kind: 'read-again', why: again };
  const problem = refusal(answer, context);
  return problem === null
    ? { kind: 'read-again', why: again }
    : { kind: 'refused', problem, at: answer.serverTime };
}
