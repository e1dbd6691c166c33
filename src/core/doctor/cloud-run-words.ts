/**
 * What Cloud Run's own words about a start or a refused change mean, and what a person does about it.
 * The texts are those of its troubleshooting page, of `Condition` in its proto and of public reports;
 * they may be worded anew any day, so a row asks for as little of them as tells it from the others.
 * A text without a row has no advice of its own, and is shown as it is.
 */
import { shellWord } from '../shell-word.ts';
import type { ServiceRef } from '../types.ts';
import {
  WHOEVER,
  describeImage,
  grantOnAccount,
  grantOnProject,
  grantOnRepository,
  grantOnSecret,
  listSecretVersions,
} from './commands.ts';
import { accountIn, emailIn, imageIn, portIn, secretsIn } from './quoted.ts';
import type { Secret } from './quoted.ts';

export type NextStep = { readonly text: string; readonly commands: readonly string[] };

export type Subject = {
  readonly ref: ServiceRef;
  /** Image of the canary, "" if it is not known. */
  readonly image: string;
};

/** `kind` is ours, for tests and for those who read the table. */
export type Cause = NextStep & { readonly kind: CauseKind };

type Row = {
  readonly kind: string;
  /** Of the message, or of the code of the condition. */
  readonly words: RegExp;
  readonly step: (said: string, subject: Subject) => NextStep;
};

/** The first that fits counts: several name an image or a secret in passing. */
const ROWS = [
  {
    kind: 'act-as',
    words: /iam\.serviceaccounts\.actas/i,
    step: (said) =>
      onAccount(
        'roles/iam.serviceAccountUser',
        said,
        'The principal of this job needs roles/iam.serviceAccountUser on the service account that the revision runs as, and that account must exist.',
      ),
  },
  {
    kind: 'agent-without-account',
    words: /service agent does not have permission to get access tokens/i,
    step: (_, { ref }) => ({
      text: 'The service agent of Cloud Run has lost its role in the project. Give it back:',
      commands: [grantOnProject('roles/run.serviceAgent', ref.project, SERVICE_AGENT)],
    }),
  },
  {
    kind: 'platform',
    words: /exec format error|must support (?:linux\/)?amd64|amd64\/linux|wrong architecture/i,
    step: () => ({
      text: 'The image is built for another processor: Cloud Run needs linux/amd64. Build it for that, push it and start again:',
      commands: ['docker build --platform=linux/amd64 .'],
    }),
  },
  {
    kind: 'secret-missing',
    words:
      /(?:\/secrets\/\S+\/versions\/|\bsecret (?:version|projects))[^]*(?:not found|does not exist|in (?:destroyed|disabled) state)/i,
    step: (said) => onSecret(said, MISSING_SECRET, listSecretVersions),
  },
  {
    kind: 'secret-denied',
    words:
      /denied on secret|secretmanager\.\S*access|SECRETS_ACCESS_CHECK_FAILED|SecretsAccessCheck/i,
    step: (said) =>
      onSecret(said, DENIED_SECRET, (secret) => grantOnSecret(secret, accountIn(said) ?? RUNTIME)),
  },
  {
    kind: 'image-denied-to-agent',
    words:
      /service agent[^]*must have permission to read the image|CONTAINER_PERMISSION_DENIED|ContainerPermissionDenied/i,
    step: (said, { image }) => ({
      text: 'The service agent of Cloud Run may not read the image. Where the image is of another project, it needs roles/artifactregistry.reader on the repository:',
      commands: onRepository(imageIn(said, image), accountIn(said) ?? SERVICE_AGENT),
    }),
  },
  {
    kind: 'image-denied-to-job',
    words:
      /must have permission to read the image|artifactregistry\.repositories\.downloadArtifacts|does not have access to image/i,
    step: (said, { image }) => ({
      text: 'The principal of this job may not read the image. It needs roles/artifactregistry.reader on the repository:',
      commands: onRepository(imageIn(said, image), WHOEVER),
    }),
  },
  {
    kind: 'image-policy',
    words:
      /CONTAINER_IMAGE_(?:UN)?AUTHORI|ContainerImage(?:Una|A)uthori|binary authorization|denied by attestor/i,
    step: () => ({
      text: 'The Binary Authorization policy of the project does not allow this image. Sign or attest it, or have the policy changed.',
      commands: [],
    }),
  },
  {
    kind: 'image-missing',
    words: /image\b[^]*not found|CONTAINER_?MISSING|manifest unknown/i,
    step: (said, { image }) => {
      const command = describeImage(imageIn(said, image));
      return {
        text: 'There is no such image. Check the name, and that it was pushed before this step:',
        commands: command === null ? [] : [command],
      };
    },
  },
  {
    kind: 'image-not-taken-in',
    words: /container import|importing (?:the )?container/i,
    step: () => ({
      text: 'Cloud Run could not take the image in. Re-run the job; if it fails again, push the image anew: a layer may be missing or damaged, or a file name in it may not be UTF-8.',
      commands: [],
    }),
  },
  {
    kind: 'instances',
    words:
      /max(?:imum)? instances|AllocPerProjectRegion|quota (?:violated|exceeded)|RESOURCE_EXHAUSTED/i,
    step: instances,
  },
  {
    kind: 'revisions',
    words: /ACTIVE_?REVISION_?LIMIT_?REACHED/i,
    step: () => ({
      text: 'Too many revisions serve traffic or have a tag in this region. Remove tags that nobody uses any more.',
      commands: [],
    }),
  },
  {
    kind: 'key',
    words: /ENCRYPTION_?KEY_|cloudkms\./i,
    step: () => ({
      text: 'Cloud Run may not use the encryption key of the service. Its service agent needs roles/cloudkms.cryptoKeyEncrypterDecrypter on the key, and the key must be enabled.',
      commands: [],
    }),
  },
  {
    kind: 'network',
    words: /VPC_?NETWORK_?NOT_?FOUND|vpc (?:access )?connector|subnet(?:work)?\b[^]*not found/i,
    step: () => ({
      text: 'The VPC network, subnet or connector that the revision names is not there or not ready. Check it, or change it in `flags`.',
      commands: [],
    }),
  },
  {
    kind: 'startup-probe',
    words: /startup probe/i,
    step: () => ({
      text: 'The container did not pass its startup probe. See its logs; then let the probe ask what the container answers, or give it more time: `--startup-probe` in `flags`.',
      commands: [],
    }),
  },
  {
    kind: 'container',
    words: /failed to start|listen on the port|HEALTH_?CHECK_?CONTAINER_?ERROR|application failed/i,
    step: (said, { image }) => ({
      text: `The container crashed, or did not listen on 0.0.0.0:${portIn(said)} in time. See its logs, and try the image with the same port:`,
      commands: [
        `docker run --rm -e PORT=${portIn(said)} -p ${portIn(said)}:${portIn(said)} ${image === '' ? 'IMAGE' : shellWord(image)}`,
      ],
    }),
  },
  {
    kind: 'launch-stage',
    words: /not supported in the declared launch stage/i,
    step: () => ({
      text: 'A setting of the template needs another launch stage. Deploy it once with `gcloud beta run deploy`, or take it out.',
      commands: [],
    }),
  },
  {
    kind: 'passing',
    words: /readiness deadline exceeded|internal error|try again later/i,
    step: () => ({
      text: 'This may have been a passing fault of Cloud Run. Re-run the job: it makes a new revision of the same image.',
      commands: [],
    }),
  },
] as const satisfies readonly Row[];

/** No sentence of Cloud Run is longer. */
const MOST_READ = 2_000;

export type CauseKind = (typeof ROWS)[number]['kind'];

/** null: nothing that this version knows better than Cloud Run says it itself. */
export function causeOf(text: string, subject: Subject): Cause | null {
  const said = text.slice(0, MOST_READ);
  const row = ROWS.find(({ words }) => words.test(said));
  return row === undefined ? null : { kind: row.kind, ...row.step(said, subject) };
}

/** Of requests, not of instances: it fills up again by itself. */
export const OVER_QUOTA =
  'The quota of requests to Cloud Run in this region is used up. Re-run the job in a few minutes; if it keeps happening, ask for more: https://console.cloud.google.com/iam-admin/quotas';

/** Known by the number of the project alone, which is not known here. */
const SERVICE_AGENT =
  'serviceAccount:service-PROJECT_NUMBER@serverless-robot-prod.iam.gserviceaccount.com';
const RUNTIME = 'serviceAccount:SERVICE_ACCOUNT_OF_THE_SERVICE';
const MISSING_SECRET =
  'A secret or a version of it that the revision uses is not there, disabled or destroyed. These are there:';
const DENIED_SECRET =
  'The service account that the revision runs as may not read a secret. It needs roles/secretmanager.secretAccessor:';

function onAccount(role: string, said: string, text: string): NextStep {
  const account = emailIn(said);
  return { text, commands: account === null ? [] : [grantOnAccount(role, account)] };
}

function onRepository(image: string, member: string): readonly string[] {
  const command = grantOnRepository(image, member);
  return command === null ? [] : [command];
}

/** Each secret that the text names, for they are said all at once. */
function onSecret(said: string, text: string, command: (secret: Secret) => string): NextStep {
  return { text, commands: [...new Set(secretsIn(said).map(command))].slice(0, 5) };
}

function instances(said: string): NextStep {
  const most = /set to (\d+) or fewer/i.exec(said)?.[1] ?? '0';
  const how = most === '0' ? 'with less cpu, memory or fewer instances' : `with at most ${most}`;
  return {
    text: `The quota of the region does not reach for that many instances of this size. Start again ${how}, as in \`flags: --max-instances=${most === '0' ? 'N' : most}\`, or ask for more: https://console.cloud.google.com/iam-admin/quotas`,
    commands: [],
  };
}
