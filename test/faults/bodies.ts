/** Services on their way into the model and out of it. */
import { createHash } from 'node:crypto';
import type { ServiceObject } from '../sandbox/cloud-run/objects.ts';
import { decodeService } from '../sandbox/cloud-run/validate.ts';
import type { ServiceDraft } from '../sandbox/cloud-run/validate.ts';
import { Known } from './known.ts';
import { SERVICE } from './settings.ts';

const DRAFTS = new Known<ServiceDraft>();

/** @throws ApiError when it is no service. */
export function draftOf(body: string): ServiceDraft {
  return DRAFTS.of(body, (text) => decodeService(JSON.parse(text)));
}

/** The model takes its ids from chance; equal histories are to come to equal texts. */
export function named(service: ServiceObject): ServiceObject {
  const { metadata } = service;
  const { annotations, resourceVersion } = metadata;
  const operation = { 'run.googleapis.com/operation-id': resourceVersion };
  const fixed = { uid: SERVICE, annotations: { ...annotations, ...operation } };
  return { ...service, metadata: { ...metadata, ...fixed } };
}

const DIGESTS = new Map<string, string>();

export function digestOf(image: string): string {
  const known =
    DIGESTS.get(image) ??
    `${image.split(':')[0]}@sha256:${createHash('sha256').update(image).digest('hex')}`;
  DIGESTS.set(image, known);
  return known;
}
