/** Credential files as google-github-actions/auth and the console write them. */
import { generateKeyPairSync } from 'node:crypto';

export const EMAIL = 'deployer@demo.iam.gserviceaccount.com';
export const REQUEST_TOKEN = 'github-request-token';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const PRIVATE_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

export function keyFile(): Record<string, unknown> {
  return {
    type: 'service_account',
    project_id: 'demo',
    private_key_id: 'abc123',
    private_key: PRIVATE_KEY,
    client_email: EMAIL,
    token_uri: 'https://oauth2.googleapis.com/token',
    universe_domain: 'googleapis.com',
  };
}

/** `base` stands in for all three hosts; null: the real ones. */
export function externalFile(base: string | null): Record<string, unknown> {
  return {
    universe_domain: 'googleapis.com',
    type: 'external_account',
    audience:
      '//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/github/providers/repo',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${base ?? 'https://sts.googleapis.com'}/v1/token`,
    credential_source: identitySource(base),
  };
}

export function identitySource(base: string | null): Record<string, unknown> {
  const oidc = base ?? 'https://run-actions-1-azure-eastus.actions.githubusercontent.com';
  return {
    url: `${oidc}/12//idtoken/34/56?api-version=2.0&audience=x`,
    headers: { Authorization: `Bearer ${REQUEST_TOKEN}` },
    format: { type: 'json', subject_token_field_name: 'value' },
  };
}

export function impersonationUrl(base: string | null): string {
  const host = base ?? 'https://iamcredentials.googleapis.com';
  return `${host}/v1/projects/-/serviceAccounts/${EMAIL}:generateAccessToken`;
}
