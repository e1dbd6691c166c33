/** Refusals that every API of Google has: one that is not enabled, an identity that is not taken. */
import { Problem } from '../problem.ts';
import type { NextStep } from './cloud-run-words.ts';
import { REPOSITORY, enableApi, grantOnAccount } from './commands.ts';

/** Google's error body as far as anybody looks at it. Texts are foreign. */
export type GoogleRefusal = {
  /** Canonical status, such as PERMISSION_DENIED. */
  readonly status: string;
  readonly message: string;
  /** Of its ErrorInfo; "" where there is none. */
  readonly reason: string;
  /** The API that its ErrorInfo names; "" where there is none. */
  readonly service: string;
};

const API = /^[a-z][a-z0-9-]*\.googleapis\.com$/;
const DISABLED = /API has not been used in project \S+ before or it is disabled/i;

/** The API that is not enabled, by ErrorInfo or by the words; null: that is not what is wrong. */
export function disabledApi(
  { reason, service, message }: GoogleRefusal,
  usual: string,
): string | null {
  if (reason !== 'SERVICE_DISABLED' && !DISABLED.test(message)) return null;
  return API.test(service) ? service : usual;
}

export function disabledProblem(api: string, project: string): Problem {
  return new Problem('denied', {
    summary: `The API ${api} is not enabled in project ${project}.`,
    advice: 'Enable it, wait a few minutes, then re-run the job:',
    commands: [enableApi(api, project)],
  });
}

/** As the file that google-github-actions/auth writes has them. */
export type IdentityFacts = {
  /** //iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/POOL/providers/NAME */
  readonly audience: string;
  /** Account that is acted as; null: none. */
  readonly account: string | null;
};

type Row = { readonly words: RegExp; readonly step: (facts: IdentityFacts) => NextStep };

/** RFC 8693 error codes and Google's descriptions of them, as in public reports. */
const EXCHANGE: readonly Row[] = [
  {
    words: /attribute condition|unauthorized_client/i,
    step: ({ audience }) => ({
      text: 'The attribute condition of the workload identity provider does not let this repository, branch or environment in. Compare it with this run:',
      commands: describeProvider(audience),
    }),
  },
  {
    words: /invalid_target|pool or provider is disabled or deleted/i,
    step: ({ audience }) => ({
      text: 'The workload identity provider is not there, disabled or deleted. Compare `workload_identity_provider` of google-github-actions/auth, which holds the number of the project, with what is there:',
      commands: listProviders(audience),
    }),
  },
  {
    words: /audience in ID token|does not match the expected audience|allowed audiences/i,
    step: ({ audience }) => ({
      text: 'The provider expects another audience of the identity token. Take `audience` out of google-github-actions/auth, or allow it at the provider:',
      commands: describeProvider(audience),
    }),
  },
  {
    words: /invalid value for "?audience/i,
    step: () => ({
      text: '`workload_identity_provider` of google-github-actions/auth must be the full name, projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER, with the number of the project.',
      commands: [],
    }),
  },
  {
    words: /mapped attribute|attribute mapping|google\.subject/i,
    step: ({ audience }) => ({
      text: 'The attribute mapping of the provider does not fit the identity of this job: google.subject may have 127 characters, and every attribute that the condition names must be mapped.',
      commands: describeProvider(audience),
    }),
  },
  {
    words: /stale to sign-in|expired|issued in the future/i,
    step: () => ({
      text: 'The identity token of the job was too old when it was used. Re-run the job; on a self-hosted runner set its clock.',
      commands: [],
    }),
  },
  {
    words: /issuer|signature|JWKS|connecting to the given credential/i,
    step: ({ audience }) => ({
      text: 'The provider does not trust the issuer of this token. For GitHub it is https://token.actions.githubusercontent.com, with a slug behind it for an enterprise that has its own:',
      commands: describeProvider(audience),
    }),
  },
];

/** null: the words of the exchange say nothing that is known here. */
export function exchangeStep(said: string, facts: IdentityFacts): NextStep | null {
  return EXCHANGE.find(({ words }) => words.test(said))?.step(facts) ?? null;
}

/** The exchanged identity may not act as the account, or there is none of that name. */
export function impersonationStep({ account }: IdentityFacts): NextStep {
  const text =
    'Give the identity of this repository roles/iam.workloadIdentityUser on the service account (roles/iam.serviceAccountTokenCreator is for service accounts and people), and check that the account exists. If the provider maps other attributes than `repository`, name one of those:';
  return {
    text,
    commands:
      account === null
        ? []
        : [grantOnAccount('roles/iam.workloadIdentityUser', account, REPOSITORY)],
  };
}

const NAME =
  /^\/\/iam\.googleapis\.com\/projects\/([\w:.-]+)\/locations\/([\w-]+)\/workloadIdentityPools\/([\w-]+)\/providers\/([\w-]+)$/;

function describeProvider(audience: string): readonly string[] {
  const [, project, location, pool, provider] = NAME.exec(audience) ?? [];
  return provider === undefined
    ? []
    : [
        `gcloud iam workload-identity-pools providers describe ${provider} --workload-identity-pool=${pool} --location=${location} --project=${project}`,
      ];
}

function listProviders(audience: string): readonly string[] {
  const [, project, location, pool] = NAME.exec(audience) ?? [];
  return pool === undefined
    ? []
    : [
        `gcloud iam workload-identity-pools providers list --workload-identity-pool=${pool} --location=${location} --project=${project} --show-deleted`,
      ];
}
