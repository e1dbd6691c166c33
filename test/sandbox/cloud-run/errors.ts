import type { Answer } from '../contract.ts';

/**
 * Errors as Google APIs send them: https://cloud.google.com/apis/design/errors (google.rpc.Status
 * over HTTP) and the mapping in google/rpc/code.proto.
 */
const codes = {
  INVALID_ARGUMENT: { grpc: 3, http: 400 },
  NOT_FOUND: { grpc: 5, http: 404 },
  ALREADY_EXISTS: { grpc: 6, http: 409 },
  PERMISSION_DENIED: { grpc: 7, http: 403 },
  FAILED_PRECONDITION: { grpc: 9, http: 400 },
  ABORTED: { grpc: 10, http: 409 },
  UNIMPLEMENTED: { grpc: 12, http: 501 },
  INTERNAL: { grpc: 13, http: 500 },
  UNAUTHENTICATED: { grpc: 16, http: 401 },
} as const;

export type Status = keyof typeof codes;

export class ApiError extends Error {
  readonly status: Status;
  readonly details: readonly object[];

  constructor(status: Status, message: string, details: readonly object[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

export function grpcCode(status: Status): number {
  return codes[status].grpc;
}

export function errorAnswer(error: ApiError): Answer {
  const { http } = codes[error.status];
  return {
    status: http,
    headers: error.status === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {},
    body: {
      error: {
        code: http,
        message: error.message,
        status: error.status,
        ...(error.details.length === 0 ? {} : { details: error.details }),
      },
    },
  };
}

export function badRequest(message: string, field: string | null = null): ApiError {
  const violations = { fieldViolations: [{ field, description: message }] };
  return new ApiError(
    'INVALID_ARGUMENT',
    message,
    field === null ? [] : [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', ...violations }],
  );
}

/** Text of the JSON transcoder in front of every Google API. */
export function unknownName(name: string, at: string): ApiError {
  const message = `Invalid JSON payload received. Unknown name "${name}"${at === '' ? '' : ` at '${at}'`}: Cannot find field.`;
  return badRequest(message, at);
}

/** Text reported for v1 PUT with a stale version; the numbers are microseconds of the epoch. */
export function conflict(resource: string, specified: bigint, current: bigint): ApiError {
  return new ApiError(
    'ABORTED',
    `Conflict for resource '${resource}': version '${specified}' was specified but current version is '${current}'.`,
  );
}

/** Text reported in terraform-provider-google#14569 and google-cloud-python#14259. */
export function revisionExists(name: string): ApiError {
  return new ApiError(
    'ALREADY_EXISTS',
    `Revision named '${name}' with different configuration already exists.`,
  );
}

export type Place = { readonly project: string; readonly region: string };

export function notFound(kind: 'SERVICE' | 'REVISION', name: string, place: Place): ApiError {
  return new ApiError(
    'NOT_FOUND',
    `Resource '${name}' of kind '${kind}' in region '${place.region}' in project '${place.project}' does not exist.`,
  );
}

export function denied(permission: string, resource: string): ApiError {
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'IAM_PERMISSION_DENIED',
    domain: 'iam.googleapis.com',
    metadata: { permission, resource },
  };
  return new ApiError(
    'PERMISSION_DENIED',
    `Permission '${permission}' denied on resource '${resource}' (or resource may not exist).`,
    [info],
  );
}

export function unauthenticated(): ApiError {
  return new ApiError(
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
  );
}
