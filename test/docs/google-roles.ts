/** What examples/google grants, as the permissions that a sandbox can grant or leave out. */
import { read } from './pages.ts';

/**
 * Of each predefined role what a rollout uses. https://cloud.google.com/iam/docs/roles-permissions
 * Roles of the job's identity on its own account are not here: that it may come at all is no permission
 * of the account.
 */
const USED: Readonly<Record<string, readonly string[]>> = {
  'roles/iam.serviceAccountUser': ['iam.serviceAccounts.actAs'],
  'roles/artifactregistry.reader': ['artifactregistry.repositories.downloadArtifacts'],
  'roles/monitoring.viewer': ['monitoring.timeSeries.list', 'monitoring.metricDescriptors.get'],
  'roles/logging.viewer': ['logging.logEntries.list'],
};
const FEDERATION = 'roles/iam.workloadIdentityUser';

/** Of setup.sh; the Terraform files have the same. @throws for a role that nobody knows here. */
export function documentedPermissions(): readonly string[] {
  const script = read('examples/google/setup.sh');
  const [, own = ''] = /--permissions=(\S+)/.exec(script) ?? [];
  const roles = [...script.matchAll(/--role=(roles\/\S+)/g)].map(([, role = '']) => role);
  const lent = roles.flatMap((role) => {
    if (role === FEDERATION) return [];
    const used = USED[role];
    if (used === undefined) throw new Error(`What a rollout uses of ${role} is not written down.`);
    return used;
  });
  return [...own.split(','), ...lent];
}
