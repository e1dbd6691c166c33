import type { Answer } from '../contract.ts';

/** A google.rpc.Status in its JSON envelope: https://cloud.google.com/apis/design/errors */
export function refusal(code: number, status: string, message: string): Answer {
  return { status: code, body: { error: { code, message, status } } };
}

export function invalidArgument(message: string): Answer {
  return refusal(400, 'INVALID_ARGUMENT', message);
}

export function unauthenticated(): Answer {
  return refusal(
    401,
    'UNAUTHENTICATED',
    'Request is missing required authentication credential. Expected OAuth 2 access token, ' +
      'login cookie or other valid authentication credential.',
  );
}

export function permissionDenied(permission: string): Answer {
  return refusal(
    403,
    'PERMISSION_DENIED',
    `Permission ${permission} denied (or the resource may not exist).`,
  );
}
