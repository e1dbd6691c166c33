/** The exact command that mends a finding. Every value is one harmless word. */
import { shellWord } from '../shell-word.ts';
import type { ServiceRef } from '../types.ts';

/** Stands for whoever this job is, where that is not known: see `principal.ts`. */
export const WHOEVER = '$MEMBER';
/** Stands for the repository's own identity, before it acts as a service account. */
export const REPOSITORY = '$REPOSITORY_IDENTITY';

export function enableApi(api: string, project: string): string {
  return `gcloud services enable ${shellWord(api)} --project=${shellWord(project)}`;
}

export function grantOnService(role: string, ref: ServiceRef): string {
  const { project, region, service } = ref;
  return `gcloud run services add-iam-policy-binding ${shellWord(service)} --project=${shellWord(project)} --region=${shellWord(region)}${granted(role)}`;
}

export function grantOnProject(role: string, project: string, member = WHOEVER): string {
  return `gcloud projects add-iam-policy-binding ${shellWord(project)}${granted(role, member)}`;
}

export function grantOnAccount(role: string, account: string, member = WHOEVER): string {
  return `gcloud iam service-accounts add-iam-policy-binding ${shellWord(account)}${projectOf(account)}${granted(role, member)}`;
}

type Secret = { readonly project: string; readonly secret: string };

export function grantOnSecret({ project, secret }: Secret, member: string): string {
  return `gcloud secrets add-iam-policy-binding ${shellWord(secret)} --project=${shellWord(project)}${granted('roles/secretmanager.secretAccessor', member)}`;
}

export function listSecretVersions({ project, secret }: Secret): string {
  return `gcloud secrets versions list ${shellWord(secret)} --project=${shellWord(project)}`;
}

export function listServices({ project, region }: ServiceRef): string {
  return `gcloud run services list --project=${shellWord(project)} --region=${shellWord(region)}`;
}

/** Artifact Registry's own host, project and repository; null: the image lies elsewhere. */
export function repositoryOf(image: string) {
  const [, location, project, repository] =
    /^([a-z0-9-]+)-docker\.pkg\.dev\/([^/\s]+)\/([^/\s:@]+)\//.exec(image) ?? [];
  if (location === undefined || project === undefined || repository === undefined) return null;
  return { location, project, repository };
}

/** null: no repository of Artifact Registry, so there is no such command. */
export function grantOnRepository(image: string, member = WHOEVER): string | null {
  const place = repositoryOf(image);
  if (place === null) return null;
  const { location, project, repository } = place;
  return `gcloud artifacts repositories add-iam-policy-binding ${shellWord(repository)} --location=${shellWord(location)} --project=${shellWord(project)}${granted('roles/artifactregistry.reader', member)}`;
}

export function describeImage(image: string): string | null {
  return repositoryOf(image) === null
    ? null
    : `gcloud artifacts docker images describe ${shellWord(image)}`;
}

/** A placeholder is filled in later, so it is not quoted yet. */
function granted(role: string, member = WHOEVER): string {
  const isOpen = member === WHOEVER || member === REPOSITORY;
  return ` --member=${isOpen ? member : shellWord(member)} --role=${shellWord(role)}`;
}

/** gcloud looks for an account in the project at hand unless told otherwise. */
function projectOf(account: string): string {
  const project = /@([^.@]+)\.iam\.gserviceaccount\.com$/.exec(account)?.[1];
  return project === undefined ? '' : ` --project=${shellWord(project)}`;
}
