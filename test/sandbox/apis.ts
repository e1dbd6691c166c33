import type { Answer, Call, Handler } from './contract.ts';

/** Which API a request is for. */
const APIS: readonly (readonly [path: RegExp, api: string, title: string])[] = [
  [/^\/apis\/serving\.knative\.dev\//, 'run.googleapis.com', 'Cloud Run Admin API'],
  [/^\/v2\/projects\//, 'run.googleapis.com', 'Cloud Run Admin API'],
  [/^\/v3\/projects\//, 'monitoring.googleapis.com', 'Cloud Monitoring API'],
  [/^\/v2\/entries:list$/, 'logging.googleapis.com', 'Cloud Logging API'],
  [
    /\/serviceAccounts\/[^/]+:testIamPermissions$/,
    'iam.googleapis.com',
    'Identity and Access Management (IAM) API',
  ],
  [
    /\/serviceAccounts\/[^/]+:generate/,
    'iamcredentials.googleapis.com',
    'IAM Service Account Credentials API',
  ],
];

/** What every API of Google answers in a project that has not enabled it: google.rpc.ErrorInfo. */
export function disabledApis(projectNumber: string): {
  readonly disabled: Set<string>;
  readonly handler: Handler;
} {
  const disabled = new Set<string>();
  const handler = ({ path }: Call): Answer | null => {
    const [, api, title] = APIS.find(([pattern]) => pattern.test(path)) ?? [];
    if (api === undefined || !disabled.has(api)) return null;
    const page = `https://console.developers.google.com/apis/api/${api}/overview?project=${projectNumber}`;
    const message = `${title} has not been used in project ${projectNumber} before or it is disabled. Enable it by visiting ${page} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`;
    const info = {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'SERVICE_DISABLED',
      domain: 'googleapis.com',
      metadata: { service: api, consumer: `projects/${projectNumber}`, activationUrl: page },
    };
    return {
      status: 403,
      body: { error: { code: 403, message, status: 'PERMISSION_DENIED', details: [info] } },
    };
  };
  return { disabled, handler };
}
