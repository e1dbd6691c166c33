import type { Answer, Call } from '../contract.ts';
import {
  ApiError,
  badRequest,
  denied,
  errorAnswer,
  type Place,
  unauthenticated,
} from './errors.ts';
import { withDefaults } from './defaults.ts';
import { parseJson, same } from './json.ts';
import type { ServiceModel } from './model.ts';
import type { ServiceDraft } from './validate.ts';

/** Who may do what, as both façades ask it. https://cloud.google.com/run/docs/reference/iam/permissions */
export type Access = {
  readonly authenticate: (call: Call) => boolean | { readonly email: string };
  readonly granted: (permission: string) => boolean;
  /** Told of each permission that a request could not do without, whether it was granted or not. */
  readonly onNeed?: (permission: string) => void;
};

/** What both façades work with. */
export type Front = {
  readonly model: ServiceModel;
  readonly access: Access;
  /** Opens the addresses of a service and its tags, before a write that will show them. */
  readonly openUrls: (service: string, tags: readonly string[]) => Promise<void>;
};

/** E-mail of the caller. */
export function identify(access: Access, call: Call): string {
  const who = access.authenticate(call);
  if (who === false) throw unauthenticated();
  return who === true ? 'caller@sandbox.example' : who.email;
}

export function need(access: Access, permission: string, resource: string): void {
  if (!holds(access, permission)) throw denied(permission, resource);
}

function holds({ granted, onNeed }: Access, permission: string): boolean {
  onNeed?.(permission);
  return granted(permission);
}

/** A new revision runs as its service account, and the caller must be allowed to act as that. */
export function needActAs(front: Front, draft: ServiceDraft): void {
  const template = withDefaults(draft.spec.template, front.model.place.projectNumber);
  const current = front.model.list().find((service) => service.metadata.name === draft.name);
  if (current !== undefined && same(current.spec.template, template)) return;
  if (holds(front.access, 'iam.serviceAccounts.actAs')) return;
  throw new ApiError(
    'PERMISSION_DENIED',
    `Permission 'iam.serviceaccounts.actAs' denied on service account ${String(template.spec['serviceAccountName'])} (or it may not exist).`,
  );
}

/**
 * Who deploys must be allowed to read the image, which Artifact Registry alone knows.
 * https://cloud.google.com/run/docs/troubleshooting, "missing permission to read the image"
 */
export function needImage(front: Front, draft: ServiceDraft): void {
  const permission = 'artifactregistry.repositories.downloadArtifacts';
  const { image } = draft.spec.template.spec.containers[0];
  if (!/^[a-z0-9-]+-docker\.pkg\.dev\//.test(image)) return;
  const current = front.model.list().find((service) => service.metadata.name === draft.name);
  if (current?.spec.template.spec.containers[0].image === image) return;
  if (holds(front.access, permission)) return;
  throw new ApiError(
    'PERMISSION_DENIED',
    `User must have permission to read the image, ${image}. Ensure that the provided container image URL is correct and that the above account has permission to access the image. If you just enabled the Cloud Run API, the permissions might take a few minutes to propagate.`,
  );
}

/** The quota of instances is checked against what a template asks for. The text is reported by several. */
export function needQuota({ model }: Front, draft: ServiceDraft): void {
  const annotations = draft.spec.template.metadata?.annotations ?? {};
  const asked = Number(annotations['autoscaling.knative.dev/maxScale'] ?? 0);
  const { mostInstances } = model.rules;
  if (asked <= mostInstances) return;
  throw badRequest(
    `spec.template.metadata.annotations[autoscaling.knative.dev/maxScale]: Max instances must be set to ${mostInstances} or fewer to set the requested total CPU.\nConsider running your workload in a region with greater capacity, or requesting an increase in quota for this region if you are seeing sustained usage near this limit, see https://cloud.google.com/run/quotas.\n\nQuota violated:\nCpuAllocPerProjectRegion requested: ${asked * 1000} allowed: ${mostInstances * 1000}`,
  );
}

export async function openUrlsOf(front: Front, draft: ServiceDraft): Promise<void> {
  await front.openUrls(
    draft.name,
    draft.spec.traffic.flatMap((target) => target.tag ?? []),
  );
}

/** A project may be named by its id or its number. */
export function checkProject(named: string, place: Place & { readonly projectNumber: string }) {
  if (named !== place.project && named !== place.projectNumber) {
    throw denied('run.services.get', `projects/${named}`);
  }
}

export function bodyOf(call: Call): unknown {
  try {
    return parseJson(call.body);
  } catch {
    throw badRequest('Invalid JSON payload received. Parser error.');
  }
}

export async function answering(work: () => Promise<Answer> | Answer): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiError) return errorAnswer(error);
    throw error;
  }
}

/** One page of a list; the token is the place to go on from. */
export function page<T>(
  items: readonly T[],
  size: string | null,
  token: string | null,
): { readonly items: readonly T[]; readonly next: string | null } {
  const from = token === null || token === '' ? 0 : Number(Buffer.from(token, 'base64').toString());
  if (!Number.isInteger(from) || from < 0) throw badRequest(`Invalid page token '${token}'.`);
  const wanted = Number(size ?? 0);
  const end = from + (wanted > 0 ? wanted : 100);
  return {
    items: items.slice(from, end),
    next: end < items.length ? Buffer.from(String(end)).toString('base64') : null,
  };
}
