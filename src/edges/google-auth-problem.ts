/** What to tell a person when no token could be had. Nothing of a request is repeated. */
import type { NextStep } from '../core/doctor/cloud-run-words.ts';
import {
  disabledApi,
  disabledProblem,
  exchangeStep,
  impersonationStep,
} from '../core/doctor/google-words.ts';
import type { IdentityFacts } from '../core/doctor/google-words.ts';
import { Problem } from '../core/problem.ts';
import type { Millis } from '../core/types.ts';
import { googleRefusal } from './google-refusal.ts';
import { certificateFault } from './http-answer.ts';

/**
 * Signing a token ourselves; asking GitHub who we are; exchanging that for a token of Google; having
 * an identity token made.
 */
export type TokenStep = 'sign' | 'identity' | 'exchange' | 'mint';

type Words = { readonly who: string; readonly refused: string; readonly advice: string };

const SIGN: Words = {
  who: 'The key of the service account',
  refused: 'could not be used to sign a token',
  advice: 'Make a new key, or better: use Workload Identity Federation, which needs none.',
};
const IDENTITY: Words = {
  who: 'GitHub',
  refused: 'gave this job no identity token',
  advice:
    'Give the job `permissions: id-token: write`, and let google-github-actions/auth run in the same job, before this action.',
};
const EXCHANGE: Words = {
  who: "Google's token service",
  refused: 'did not accept the identity of this job',
  advice:
    'Compare the workload identity provider, its attribute mapping and its condition with this repository, branch and environment.',
};
const IMPERSONATION: Words = {
  who: 'Google',
  refused: 'does not let this job act as the service account',
  advice:
    'Check that the service account exists, and that the identity of this repository has roles/iam.workloadIdentityUser on it.',
};

/** `error` is whatever the library threw; null: its answer held no token. `facts` null: with a key. */
export function tokenProblem(
  error: unknown,
  step: TokenStep,
  facts: IdentityFacts | null = null,
): Problem {
  const words = wordsFor(error, step, facts?.account ?? null);
  const status = statusOf(error);
  const fault = certificateFault(codeOf(error));
  if (fault !== null) return untrusted(words, fault);
  const isAnswer = step === 'sign' || error === null || hasWords(error);
  if (status === null ? !isAnswer : status >= 500 || status === 429) {
    return unreachable(words, status === null ? 'did not answer' : `answered ${status}`);
  }
  const disabled = facts === null ? null : disabledProblemOf(error, facts);
  if (disabled !== null) return disabled;
  const said = [IDENTITY, SIGN].includes(words) ? '' : saidBy(error);
  const next = facts === null ? null : nextStep(error, { words, said, status, facts });
  return new Problem('bad-credentials', {
    summary: `${words.who} ${words.refused}${status === null ? '' : ` (HTTP ${status})`}${said === '' ? '' : `: ${said}`}.`,
    advice: next?.text ?? words.advice,
    commands: next?.commands ?? [],
  });
}

/** The API that makes tokens of an account belongs to the project of that account. */
function disabledProblemOf(error: unknown, { account, audience }: IdentityFacts): Problem | null {
  const refused = googleRefusal(textOf(field(field(error, 'response'), 'data')));
  const api = refused === null ? null : disabledApi(refused, 'iamcredentials.googleapis.com');
  if (api === null) return null;
  const [, home] = /@([^.@]+)\.iam\.gserviceaccount\.com$/.exec(account ?? '') ?? [];
  const [, pool] = /\/projects\/([^/]+)\//.exec(audience) ?? [];
  return disabledProblem(api, home ?? pool ?? 'PROJECT');
}

function nextStep(
  error: unknown,
  about: {
    readonly words: Words;
    readonly said: string;
    readonly status: number | null;
    readonly facts: IdentityFacts;
  },
): NextStep | null {
  const { words, said, status, facts } = about;
  if (words === EXCHANGE) {
    const code = field(field(field(error, 'response'), 'data'), 'error');
    return exchangeStep(`${typeof code === 'string' ? code : ''} ${said}`, facts);
  }
  const denied = words === IMPERSONATION && (status === 403 || status === 404);
  return denied ? impersonationStep(facts) : null;
}

function textOf(data: unknown): string {
  if (typeof data === 'string') return data;
  return typeof data === 'object' && data !== null ? JSON.stringify(data) : '';
}

export function noTokenIn(ms: Millis, step: TokenStep): Problem {
  return unreachable(wordsFor(null, step), `did not answer within ${ms / 1000} s`);
}

function unreachable(words: Words, how: string): Problem {
  return new Problem('unreachable', {
    summary: `${words.who} ${how}, so there is no token for Google Cloud.`,
    advice: 'Re-run the job when the service is back.',
  });
}

function untrusted({ who }: Words, fault: string): Problem {
  return new Problem('unreachable', {
    summary: `${who} cannot be reached safely: ${fault.replace(/; .*$/, '')}.`,
    advice:
      'On a self-hosted runner behind a proxy, give the job the certificate of the proxy in NODE_EXTRA_CA_CERTS.',
  });
}

/** gaxios puts the code of the connection on the error or on what caused it. */
function codeOf(error: unknown): string {
  const code = field(error, 'code') ?? field(field(error, 'cause'), 'code');
  return typeof code === 'string' ? code : '';
}

function wordsFor(error: unknown, step: TokenStep, account: string | null = null): Words {
  if (step === 'sign') return SIGN;
  if (step === 'identity') return IDENTITY;
  if (step === 'mint') return mintWords(account);
  const url = field(field(error, 'config'), 'url');
  const path = url instanceof URL ? url.pathname : typeof url === 'string' ? url : '';
  if (path.endsWith(':generateIdToken')) return mintWords(account);
  return path.endsWith(':generateAccessToken') ? IMPERSONATION : EXCHANGE;
}

/** Google knows the caller, but says no. */
export function isDenied(error: unknown): boolean {
  return statusOf(error) === 403;
}

function mintWords(account: string | null): Words {
  const name = account ?? 'SERVICE_ACCOUNT';
  return {
    who: 'Google',
    refused: `made no identity token of ${account ?? 'the service account'} for this job`,
    advice: `Enable the IAM Service Account Credentials API, and let the account sign for itself: gcloud iam service-accounts add-iam-policy-binding ${name} --member=serviceAccount:${name} --role=roles/iam.serviceAccountOpenIdTokenCreator`,
  };
}

/** The library's own complaint that an answer held no token has neither a status nor a code. */
function hasWords(error: unknown): boolean {
  return field(error, 'code') === undefined && field(error, 'config') === undefined;
}

function statusOf(error: unknown): number | null {
  const status = field(error, 'status') ?? field(field(error, 'response'), 'status');
  return typeof status === 'number' ? status : null;
}

/** What Google says in words, in the form of its APIs or of OAuth. */
function saidBy(error: unknown): string {
  const data = field(field(error, 'response'), 'data');
  const said = field(data, 'error_description') ?? field(field(data, 'error'), 'message');
  if (typeof said !== 'string') return '';
  return said
    .replaceAll(/[A-Za-z0-9_+/=-]{40,}(?:\.[A-Za-z0-9_+/=-]+)*/g, '…')
    .slice(0, 300)
    .replace(/\.$/, '');
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
