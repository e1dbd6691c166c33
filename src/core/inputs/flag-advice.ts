/** What to write instead of a flag that a rollout cannot carry out. */

const TRAFFIC = 'Traffic is owned by the rollout: use `stages`, and leave the split to it.';
const SERVICE =
  'It is a setting of the whole service, in force at once for every revision: set it beforehand with ' +
  '`gcloud run services update`, or in a step of its own.';
const WHO = 'Remove it: the rollout acts as whom the step with google-github-actions/auth says.';
const GCLOUD = 'Remove it: it is about gcloud itself, and gcloud is not run.';
const OTHER =
  'This version does not translate it. Change the service beforehand, without traffic: `gcloud run ' +
  'services update SERVICE --no-traffic` with this flag.';

const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['--to-latest', TRAFFIC],
  ['--to-revisions', TRAFFIC],
  ['--to-tags', TRAFFIC],
  ['--set-tags', TRAFFIC],
  ['--update-tags', TRAFFIC],
  ['--remove-tags', TRAFFIC],
  ['--clear-tags', TRAFFIC],
  ['--traffic', TRAFFIC],
  ['--tag', 'Use the input `tag`.'],
  ['--image', 'Use the input `image`.'],
  ['--region', 'Use the input `region`.'],
  ['--project', 'Use the input `project_id`.'],
  ['--revision-suffix', 'Use the input `suffix`.'],
  ['--set-env-vars', 'Use `env_vars` with `env_vars_update_strategy: overwrite`.'],
  ['--update-env-vars', 'Use `env_vars`.'],
  ['--env-vars-file', 'Write the pairs into `env_vars`.'],
  ['--clear-env-vars', 'Write `env_vars: "{}"`.'],
  ['--remove-env-vars', 'Use `env_vars` with `env_vars_update_strategy: overwrite`.'],
  ['--set-secrets', 'Use `secrets` with `secrets_update_strategy: overwrite`.'],
  ['--update-secrets', 'Use `secrets`.'],
  ['--clear-secrets', 'Write `secrets: "{}"`.'],
  ['--remove-secrets', 'Use `secrets` with `secrets_update_strategy: overwrite`.'],
  ['--clear-labels', 'Write `labels: "{}"`.'],
  ['--impersonate-service-account', WHO],
  ['--account', WHO],
  ['--access-token-file', WHO],
  ['--billing-project', GCLOUD],
  ['--configuration', GCLOUD],
  ['--flags-file', GCLOUD],
  ['--flatten', GCLOUD],
  ['--trace-token', GCLOUD],
  ['--source', 'Build and push the image in an earlier step, then give it with `image`.'],
  ['--async', 'Remove it: to leave before the end, use the commands `deploy` and `resume`.'],
  ['--no-allow-unauthenticated', SERVICE],
  ['--min', SERVICE],
  ['--max', SERVICE],
  ['--service-min-instances', SERVICE],
  ['--service-max-instances', SERVICE],
  ['--scaling', SERVICE],
  ['--description', SERVICE],
  ['--update-annotations', SERVICE],
  ['--iap', SERVICE],
  ['--no-iap', SERVICE],
  ['--default-url', SERVICE],
  ['--no-default-url', SERVICE],
  ['--invoker-iam-check', SERVICE],
  ['--no-invoker-iam-check', SERVICE],
  ['--binary-authorization', SERVICE],
  ['--clear-binary-authorization', SERVICE],
  ['--breakglass', SERVICE],
  ['--set-custom-audiences', SERVICE],
  ['--add-custom-audiences', SERVICE],
  ['--remove-custom-audiences', SERVICE],
  ['--clear-custom-audiences', SERVICE],
  [
    '--no-deploy-health-check',
    'Remove it: a canary whose start nobody checks would get traffic before it can answer.',
  ],
]);

export function insteadOf(flag: string): string {
  return INSTEAD.get(flag) ?? OTHER;
}
