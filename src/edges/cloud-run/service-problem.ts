/** What Cloud Run's refusals mean, and what a person can do. `error.status` decides, not the number. */
import { OVER_QUOTA, causeOf } from '../../core/doctor/cloud-run-words.ts';
import type { CauseKind, NextStep } from '../../core/doctor/cloud-run-words.ts';
import { grantOnProject, grantOnService, listServices } from '../../core/doctor/commands.ts';
import { disabledApi, disabledProblem } from '../../core/doctor/google-words.ts';
import type { GoogleRefusal } from '../../core/doctor/google-words.ts';
import { BROKEN_OFF, Problem, ServiceMissing } from '../../core/problem.ts';
import type { Instant, ServiceRef } from '../../core/types.ts';
import { googleRefusal } from '../google-refusal.ts';
import type { HttpAnswer } from '../http.ts';

type Answered = Extract<HttpAnswer, { kind: 'answer' }>;

const MESSAGE_LENGTH = 500;

/** Takes out of a message what nobody is to read. */
type Hide = (text: string) => string;

/** null: the body is not Google's error, so somebody else may have written it. */
export function errorIn(answer: Answered, hide: Hide = (text) => text): GoogleRefusal | null {
  const refusal = googleRefusal(answer.text);
  if (refusal === null) return null;
  // First, or the cut could leave a part of what is to be hidden.
  return { ...refusal, message: hide(refusal.message).slice(0, MESSAGE_LENGTH) };
}

/** Why a read gave nothing to decide from. */
export function readProblem(
  answer: HttpAnswer,
  context: { readonly ref: ServiceRef; readonly permission: Permission; readonly hide?: Hide },
): Problem {
  const { ref, permission, hide } = context;
  if (answer.kind === 'no-answer') return noAnswer(answer, ref);
  const error = errorIn(answer, hide);
  if (answer.status === 404 && error !== null) return missing(ref, answer.serverTime);
  if (answer.status === 401) return badCredentials();
  if (answer.status === 403) return disabled(error, ref) ?? denied(permission, ref, error);
  if (answer.status === 429) return overQuota(answered(answer, error));
  if (answer.status >= 500) return unreachable(answered(answer, error));
  return oddAnswer(answered(answer, error));
}

/** `creates`: there was no service. */
type Refused = {
  readonly ref: ServiceRef;
  readonly starts: boolean;
  readonly creates?: boolean;
  /** Of the canary; "" where it is not known. */
  readonly image?: string;
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
  if (answer.status === 403) return disabled(error, context.ref) ?? deniedWrite(error, context);
  if (answer.status === 404) return missing(context.ref, answer.serverTime);
  if (answer.status !== 400) return null;
  const cause = causeOf(error.message, { ref: context.ref, image: context.image ?? '' });
  return new Problem('write-refused', {
    summary: `Cloud Run refused the change${said(error)}`,
    advice:
      cause?.text ?? 'Nothing was changed by it. Mend what the message names and re-run the job.',
    commands: cause?.commands ?? [],
  });
}

/** The proof of the fence had an answer that proves nothing either way. */
export function fenceProblem(answer: HttpAnswer, ref: ServiceRef, hide: Hide): Problem {
  if (answer.kind === 'no-answer') return noAnswer(answer, ref);
  const refused = refusal(answer, { ref, starts: false, hide });
  return refused ?? readProblem(answer, { ref, permission: 'run.services.update', hide });
}

export function staleProblem(): Problem {
  return oddAnswer('with an older state of the service than it has shown before');
}

export function oddRevisionProblem(revision: string): Problem {
  return oddAnswer(`with something other than the revision ${revision}`);
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

function missing(ref: ServiceRef, at: Instant | null): Problem {
  return new ServiceMissing(at, {
    summary: `There is no Cloud Run service ${ref.service} in ${ref.region} of project ${ref.project}.`,
    advice:
      'Check project_id, region and service. The first deployment of a service cannot be a canary: to make it all the same, with all traffic, set first_deploy: direct. What is there:',
    commands: [listServices(ref)],
  });
}

/** A new revision runs as somebody, from an image: a start can be denied for more than the service. */
function deniedWrite(error: GoogleRefusal, context: Refused): Problem {
  const { ref, starts, creates = false, image = '' } = context;
  const cause = starts ? causeOf(error.message, { ref, image }) : null;
  const written = creates ? 'run.services.create' : 'run.services.update';
  if (cause === null) return denied(written, ref, error);
  const permission = STARTING[cause.kind] ?? '';
  const what =
    permission === '' ? 'Cloud Run refused the change' : `Permission ${permission} is missing`;
  return deniedFor(`${what} for service ${ref.service}${said(error)}`, cause);
}

/** What a start can lack beyond the right to change the service. */
const STARTING: Readonly<Partial<Record<CauseKind, string>>> = {
  'act-as': 'iam.serviceAccounts.actAs',
  'image-denied-to-job': 'artifactregistry.repositories.downloadArtifacts',
};

function deniedFor(summary: string, { text, commands }: NextStep): Problem {
  return new Problem('denied', { summary, advice: text, commands });
}

function disabled(error: GoogleRefusal | null, { project }: ServiceRef): Problem | null {
  const api = error === null ? null : disabledApi(error, 'run.googleapis.com');
  return api === null ? null : disabledProblem(api, project);
}

export type Permission = keyof typeof GRANTS;

const GRANTS = {
  'run.services.get': {
    text: 'Grant roles/run.viewer or roles/run.developer on the service to the principal of this job, and check project_id, region and service: Google says the same of a project that is not there.',
    command: (ref: ServiceRef) => grantOnService('roles/run.developer', ref),
  },
  'run.revisions.get': {
    text: 'Grant roles/run.viewer or roles/run.developer on the service to the principal of this job.',
    command: (ref: ServiceRef) => grantOnService('roles/run.developer', ref),
  },
  'run.services.list': {
    text: 'Grant roles/run.viewer on the project to the principal of this job.',
    command: ({ project }: ServiceRef) => grantOnProject('roles/run.viewer', project),
  },
  'run.services.create': {
    text: 'Grant roles/run.developer on the project to the principal of this job.',
    command: ({ project }: ServiceRef) => grantOnProject('roles/run.developer', project),
  },
  'run.services.update': {
    text: 'Grant roles/run.developer on the service to the principal of this job.',
    command: (ref: ServiceRef) => grantOnService('roles/run.developer', ref),
  },
} as const;

function denied(permission: Permission, ref: ServiceRef, error: GoogleRefusal | null): Problem {
  const { text, command } = GRANTS[permission];
  const summary = `Permission ${permission} is missing for service ${ref.service}${said(error)}`;
  return deniedFor(summary, { text, commands: [command(ref)] });
}

function nameTaken(error: GoogleRefusal): Problem {
  return new Problem('revision-name-taken', {
    summary: `The name of the new revision is taken${said(error)}`,
    advice: 'A revision name is never used twice. Re-run the job: each attempt has its own name.',
  });
}

export function badCredentials(): Problem {
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

function overQuota(why: string): Problem {
  return new Problem('unreachable', {
    summary: `Cloud Run could not be reached: ${why}.`,
    advice: `${OVER_QUOTA}. ${BROKEN_OFF}`,
  });
}

/** The host is that of the region. */
function noAnswer(
  { why, cause }: Extract<HttpAnswer, { kind: 'no-answer' }>,
  { region }: ServiceRef,
): Problem {
  return cause === 'unknown-host'
    ? new Problem('unreachable', {
        summary: `Cloud Run could not be reached: ${why}.`,
        advice: `Check that ${region} is a region of Cloud Run: gcloud run regions list. ${BROKEN_OFF}`,
      })
    : unreachable(why);
}

function oddAnswer(how: string): Problem {
  return new Problem('bad-answer', {
    summary: `Cloud Run answered ${how}.`,
    advice: 'Re-run the job. If this happens again, look for a proxy that alters answers.',
  });
}

function answered(answer: Answered, error: GoogleRefusal | null): string {
  const message = error === null || error.message === '' ? '' : ` (${withoutStop(error.message)})`;
  return `with HTTP ${answer.status}${message}`;
}

/** ": what Cloud Run says." or "." */
function said(error: GoogleRefusal | null): string {
  return error === null || error.message === '' ? '.' : `: ${withoutStop(error.message)}.`;
}

function withoutStop(text: string): string {
  return text.trimEnd().replace(/\.$/, '');
}
