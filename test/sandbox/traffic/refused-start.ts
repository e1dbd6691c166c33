import type { RevisionSpec, StartResult } from '../contract.ts';
import type { Behaviour } from './revisions.ts';

type Failed = Extract<StartResult, { kind: 'failed' }>;

const ACCOUNT = '123456789012-compute@developer.gserviceaccount.com';
const SECRET = 'projects/123456789012/secrets/token/versions';
const ENV = 'spec.template.spec.containers[0].env[0].value_from.secret_key_ref.name';

/**
 * What Cloud Run says where it starts no container at all; null: it starts one. Reasons as in
 * google/cloud/run/v2/condition.proto, texts as its troubleshooting page and public reports have them.
 */
export function refusedStart({ start }: Behaviour, { image }: RevisionSpec): Failed | null {
  switch (start) {
    case 'listens':
    case 'crashes':
    case 'never-listens':
      return null;
    case 'no-pull':
      return failed(
        'ContainerPermissionDenied',
        `Google Cloud Run Service Agent service-123456789012@serverless-robot-prod.iam.gserviceaccount.com must have permission to read the image, ${image}. Ensure that the provided container image URL is correct and that the above account has permission to access the image.`,
      );
    case 'no-import':
      return failed('RevisionFailed', 'Container import failed:');
    case 'arm':
      return failed(
        'RevisionFailed',
        `Cloud Run does not support image '${image}': Container manifest type 'application/vnd.oci.image.index.v1+json' must support amd64/linux.`,
      );
    case 'no-secret':
      return failed(
        'SecretsAccessCheckFailed',
        `${ENV}: Permission denied on secret: ${SECRET}/latest for Revision service account ${ACCOUNT}. The service account used must be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.`,
      );
    case 'no-version':
      return failed('SecretsAccessCheckFailed', `${ENV}: Secret ${SECRET}/9 was not found`);
    case 'no-probe':
      return failed(
        'HealthCheckContainerError',
        'The user-provided container failed the configured startup probe checks. Logs for this revision might contain more information.',
      );
  }
}

function failed(reason: string, message: string): Failed {
  return { kind: 'failed', reason, message };
}
