import type { Answer, Call, Handler } from '../contract.ts';

/** https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/testIamPermissions */
export function accountsHandler(o: {
  readonly authenticate: (call: Call) => boolean;
  readonly granted: (permission: string) => boolean;
}): Handler {
  return (call): Answer | null => {
    const isOurs = /^\/v1\/projects\/[^/]+\/serviceAccounts\/[^/:]+:testIamPermissions$/.test(
      call.path,
    );
    if (!isOurs || call.method !== 'POST') return null;
    if (!o.authenticate(call)) {
      const message = 'Request had invalid authentication credentials.';
      return { status: 401, body: { error: { code: 401, message, status: 'UNAUTHENTICATED' } } };
    }
    const { permissions = [] }: { permissions?: readonly string[] } = JSON.parse(call.body);
    const held = permissions.filter((permission) => o.granted(permission));
    // An empty list is no field at all.
    return { status: 200, body: held.length === 0 ? {} : { permissions: held } };
  };
}
