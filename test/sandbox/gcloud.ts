/**
 * Environment that makes real gcloud talk to the sandbox. It puts the region before the host of the
 * override, so the sandbox is also its HTTP proxy; https://cloud.google.com/sdk/docs/properties.
 */
export function gcloudEnvironment(sandbox: {
  readonly base: string;
  readonly project: string;
  readonly region: string;
  readonly accessToken: string;
  /** An empty directory. */
  readonly configDirectory: string;
}): Record<string, string> {
  const { hostname, port } = new URL(sandbox.base);
  return {
    CLOUDSDK_CONFIG: sandbox.configDirectory,
    CLOUDSDK_AUTH_ACCESS_TOKEN: sandbox.accessToken,
    CLOUDSDK_CORE_PROJECT: sandbox.project,
    CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: 'true',
    CLOUDSDK_CORE_DISABLE_FILE_LOGGING: '1',
    CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API: 'false',
    CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: '1',
    CLOUDSDK_RUN_REGION: sandbox.region,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: `http://run.sandbox.test:${port}/`,
    CLOUDSDK_PROXY_TYPE: 'http',
    CLOUDSDK_PROXY_ADDRESS: hostname,
    CLOUDSDK_PROXY_PORT: port,
  };
}
