/** One request on its way through virtual time, and what can happen to it. */
import type { HttpAnswer } from '../../src/edges/http.ts';
import { notAnswered } from '../../src/edges/http-answer.ts';
import type { Answer } from './cloud.ts';
import type { WireKind } from './kinds.ts';
import type { Process } from './process.ts';
import { CALL, HOUR, SECOND } from './settings.ts';
import type { Timeline } from './timeline.ts';

export type Call = {
  readonly name: 'read' | 'write' | 'prove' | 'revision' | 'observe' | 'probe';
  readonly deadline: number;
  /** The other side's part; it may be done late, twice or never. */
  readonly serve: () => Answer;
  /** What a replica that lags behind would say. */
  readonly stale: () => Answer;
};

/** After a cancel a call has so much more. */
const HURRY = 2 * SECOND;
const HALF = CALL / 2;
/** The runner stands still while the answer lies there. */
const SLEEP = 6 * HOUR;

/** `served`: when the request arrives; `answer`: what comes back of it, and when. */
type Course = {
  readonly served: readonly number[];
  readonly answer:
    | { readonly kind: 'own' }
    | { readonly kind: 'none'; readonly code: string; readonly after: number | 'deadline' }
    | { readonly kind: 'other'; readonly status: number; readonly text: string };
};

const OWN = { kind: 'own' } as const;
const SILENCE = { kind: 'none', code: 'ABORTED', after: 'deadline' } as const;
const HTML = '<html><body><h1>Bad gateway</h1></body></html>';

const COURSES: Readonly<Record<WireKind, Course>> = {
  lost: { served: [HALF], answer: SILENCE },
  drop: { served: [], answer: SILENCE },
  reset: { served: [HALF], answer: { kind: 'none', code: 'ECONNRESET', after: CALL } },
  late30: { served: [30 * SECOND], answer: SILENCE },
  late1h: { served: [HOUR], answer: SILENCE },
  dup: { served: [HALF, HALF + 10], answer: OWN },
  '429': { served: [], answer: other(429, google(429, 'RESOURCE_EXHAUSTED')) },
  '500': { served: [], answer: other(500, google(500, 'INTERNAL')) },
  '503': { served: [], answer: other(503, HTML) },
  '500applied': { served: [HALF], answer: other(500, google(500, 'INTERNAL')) },
  '401': { served: [], answer: other(401, google(401, 'UNAUTHENTICATED')) },
  '403': { served: [], answer: other(403, google(403, 'PERMISSION_DENIED')) },
  html: { served: [HALF], answer: other(200, HTML) },
  empty: { served: [HALF], answer: other(200, '') },
  truncated: { served: [HALF], answer: OWN },
  crashAfter: { served: [HALF], answer: OWN },
  cancelAfter: { served: [HALF], answer: OWN },
  stale: { served: [HALF], answer: OWN },
  slept: { served: [HALF], answer: OWN },
};
const SMOOTH: Course = { served: [HALF], answer: OWN };

export function send(
  timeline: Timeline,
  process: Process,
  sent: { readonly call: Call; readonly trouble: WireKind | null },
): Promise<HttpAnswer> {
  const { call, trouble } = sent;
  const course = trouble === null ? SMOOTH : COURSES[trouble];
  const begun = timeline.now;
  const serve = trouble === 'stale' ? call.stale : call.serve;
  let answer: Answer | null = null;
  for (const after of course.served) {
    timeline.at(begun + after, () => {
      answer = serve();
    });
  }
  const settle = (): HttpAnswer => {
    if (trouble === 'cancelAfter') process.cancel();
    return arrived({ course, trouble, answer, at: begun + HALF });
  };
  const after = course.answer.kind === 'none' ? course.answer.after : CALL;
  const end = begun + (after === 'deadline' ? call.deadline : after);
  if (trouble === 'crashAfter') process.die();
  if (trouble === 'slept') {
    process.paused += SLEEP;
    return process.wait(end + SLEEP, settle, null);
  }
  return process.wait(end, settle, {
    within: HURRY,
    settle: () => notAnswered('ABORTED').answer,
  });
}

function arrived(what: {
  readonly course: Course;
  readonly trouble: WireKind | null;
  readonly answer: Answer | null;
  readonly at: number;
}): HttpAnswer {
  const { course, trouble, answer, at } = what;
  if (course.answer.kind === 'none') return notAnswered(course.answer.code).answer;
  const { status, text } = course.answer.kind === 'other' ? course.answer : answer!;
  return {
    kind: 'answer',
    status,
    headers: status === 429 ? { 'retry-after': '30' } : {},
    text: trouble === 'truncated' ? text.slice(0, Math.floor(text.length / 2)) : text,
    // The Date header knows whole seconds only.
    serverTime: Math.floor(at / SECOND) * SECOND,
  };
}

function other(status: number, text: string): Course['answer'] {
  return { kind: 'other', status, text };
}

function google(code: number, status: string): string {
  return JSON.stringify({ error: { code, message: 'Injected by the fault suite.', status } });
}
