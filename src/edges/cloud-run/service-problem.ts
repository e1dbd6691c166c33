/** What Cloud Run's refusals mean, and what a person can do. `error.status` decides, not the number. */
import { BROKEN_OFF, Problem } from '../../core/problem.ts';
import type { ServiceRef } from '../../core/types.ts';
import type { HttpAnswer } from '../http.ts';
import { asText, at, parseJson } from '../json.ts';
import type { JsonValue } from '../json.ts';

type Answered = Extract<HttpAnswer, { kind: 'answer' }>;

/** Google's error body: a canonical status, and foreign text cut to what anybody reads. */
export type GoogleError = { readonly status: string; readonly message: string };

const MESSAGE_LENGTH = 500;

/** Takes out of a message what nobody is to read. */
type Hide = (text: string) => string;

/** null: the body is not Google's error, so somebody else may have written it. */
export function errorIn(answer: Answered, hide: Hide = (text) => text): GoogleError | null {
  const body = jsonIn(answer.text);
  const status = asText(at(body, 'error', 'status'));
  if (status === null) return null;
  // First, or the cut could leave a part of what is to be hidden.
  const message = hide(asText(at(body, 'error', 'message')) ?? '').slice(0, MESSAGE_LENGTH);
  return { status, message };
}

/** Why a read gave nothing to decide from. */
export function readProblem(
  answer: HttpAnswer,
  context: { readonly ref: ServiceRef; readonly permission: Permission; readonly hide?: Hide },
): Problem {
  if (answer.kind === 'no-answer') return unreachable(answer.why);
  const { ref, permission, hide } = context;
  const error = errorIn(answer, hide);
  if (answer.status === 404 && error !== null) return missing(ref);
  if (answer.status === 401) return badCredentials();
  if (answer.status === 403) return denied(permission, ref, error);
  if (answer.status === 429 || answer.status >= 500) return unreachable(answered(answer, error));
  return oddAnswer(answered(answer, error));
}

/** `creates`: there was no service. */
type Refused = {
  readonly ref: ServiceRef;
  readonly starts: boolean;
  readonly creates?: boolean;
};

/**
 * A refusal that will be the same next time; null when reading again may help. Only Google's own
 * words count: any page in between can say 403.
 */
export function refusal(
  answer: Answered,
  context: Refused & { readonly hide?: Hide },
): Problem | null {
  const error = errorIn(answer, context.hide);
  if (error === null) return null;
  if (answer.status === 409) return error.status === 'ALREADY_EXISTS' ? nameTaken(error) : null;
  if (answer.status === 403) return deniedWrite(error, context);
  if (answer.status === 404) return missing(context.ref);
  if (answer.status !== 400) return null;
  return new Problem('write-refused', {
    summary: `Cloud Run refused the change${said(error)}`,
    advice: 'Nothing was changed by it. Mend what the message names and re-run the job.',
  });
}

/** The proof of the fence had an answer that proves nothing either way. */
export function fenceProblem(answer: HttpAnswer, ref: ServiceRef, hide: Hide): Problem {
  if (answer.kind === 'no-answer') return unreachable(answer.why);
  const refused = refusal(answer, { ref, starts: false, hide });
  return refused ?? readProblem(answer, { ref, permission: 'run.services.update', hide });
}

export function staleProblem(): Problem {
  return oddAnswer('with an older state of the service than it has shown before');
}

export function noTimeProblem(): Problem {
  return oddAnswer('without a date, and every decision is made on its time');
}

export function noContainerProblem(): Problem {
  return new Problem('bad-answer', {
    summary: 'The template of the service has no container whose image could be changed.',
    advice: 'Deploy the service once with an image, then re-run the job.',
  });
}

export function recordProblem(): Problem {
  return new Problem('bad-input', {
    summary: 'The record of this rollout could not be read again once it is written.',
    advice: 'Use a shorter image reference or fewer stages.',
  });
}

function missing(ref: ServiceRef): Problem {
  return new Problem('service-missing', {
    summary: `There is no Cloud Run service ${ref.service} in ${ref.region} of project ${ref.project}.`,
    advice:
      'Check project_id, region and service. The first deployment of a service cannot be a canary: to make it all the same, with all traffic, set first_deploy: direct.',
  });
}

function deniedWrite(error: GoogleError, { ref, starts, creates = false }: Refused): Problem {
  // Only a new revision runs as somebody.
  const isActAs = starts && /actas/i.test(error.message);
  const written = creates ? 'run.services.create' : 'run.services.update';
  return denied(isActAs ? 'iam.serviceAccounts.actAs' : written, ref, error);
}

export type Permission = keyof typeof GRANTS;

const GRANTS = {
  'run.services.get': 'Grant roles/run.viewer or roles/run.developer on the service',
  'run.revisions.get': 'Grant roles/run.viewer or roles/run.developer on the service',
  'run.services.list': 'Grant roles/run.viewer on the project',
  'run.services.create': 'Grant roles/run.developer on the project',
  'run.services.update': 'Grant roles/run.developer on the service',
  'iam.serviceAccounts.actAs':
    'Grant roles/iam.serviceAccountUser on the service account that the service runs as',
} as const;

function denied(permission: Permission, ref: ServiceRef, error: GoogleError | null): Problem {
  return new Problem('denied', {
    summary: `Permission ${permission} is missing for service ${ref.service}${said(error)}`,
    advice: `${GRANTS[permission]} to the principal of this job.`,
  });
}

function nameTaken(error: GoogleError): Problem {
  return new Problem('revision-name-taken', {
    summary: `The name of the new revision is taken${said(error)}`,
    advice: 'A revision name is never used twice. Re-run the job: each attempt has its own name.',
  });
}

function badCredentials(): Problem {
  return new Problem('bad-credentials', {
    summary: 'Cloud Run does not accept the token of this job, not even a new one.',
    advice: 'Check the step that runs google-github-actions/auth; it must stand before this one.',
  });
}

function unreachable(why: string): Problem {
  return new Problem('unreachable', {
    summary: `Cloud Run could not be reached: ${why}.`,
    advice: BROKEN_OFF,
  });
}

function oddAnswer(how: string): Problem {
  return new Problem('bad-answer', {
    summary: `Cloud Run answered ${how}.`,
    advice: 'Re-run the job. If this happens again, look for a proxy that alters answers.',
  });
}

function answered(answer: Answered, error: GoogleError | null): string {
  const message = error === null || error.message === '' ? '' : ` (${withoutStop(error.message)})`;
  return `with HTTP ${answer.status}${message}`;
}

/** ": what Cloud Run says." or "." */
function said(error: GoogleError | null): string {
  return error === null || error.message === '' ? '.' : `: ${withoutStop(error.message)}.`;
}

function withoutStop(text: string): string {
  return text.trimEnd().replace(/\.$/, '');
}

function jsonIn(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
