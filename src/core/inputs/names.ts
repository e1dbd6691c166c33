/**
 * Grammars of the names that end up in URLs, filters and commands. Anchored and ASCII only, so
 * that nothing behind them has to think of `..`, `%2f` or quotes.
 */
import { MAX_REVISION_NAME, MAX_TAG_AND_SERVICE, WAY_BACK } from '../rollout/identity.ts';
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import type { ServiceRef } from '../types.ts';

/** What `service` may say: a name, or a whole resource name as deploy-cloudrun accepts it. */
export type ServiceName = {
  readonly service: string;
  /** null: the text was only a name. */
  readonly home: { readonly project: string; readonly region: string } | null;
};

const QUALIFIED = /^projects\/([^/]*)\/locations\/([^/]*)\/services\/([^/]*)$/;

export function parseService(text: string): Parsed<ServiceName> {
  if (!text.includes('/')) {
    const service = parseServiceId(text);
    return service.ok ? taken({ service: service.value, home: null }) : service;
  }
  const match = QUALIFIED.exec(text);
  if (match === null) {
    return refused(
      text,
      'is not the full name of a service',
      'Write the name alone, or `projects/PROJECT/locations/REGION/services/SERVICE`.',
    );
  }
  const project = parseProject(match[1] ?? '');
  const region = parseRegion(match[2] ?? '');
  const service = parseServiceId(match[3] ?? '');
  if (project.ok && region.ok && service.ok) {
    const home = { project: project.value, region: region.value };
    return taken({ service: service.value, home });
  }
  return {
    ok: false,
    faults: [
      ...within(text, 'a project that', project),
      ...within(text, 'a region that', region),
      ...within(text, 'a service that', service),
    ],
  };
}

function within(text: string, what: string, part: Parsed<string>) {
  if (part.ok) return [];
  return part.faults.map(({ wrong, advice }) => ({
    value: text,
    wrong: `names ${what} ${wrong}`,
    advice,
  }));
}

/** Cloud Run v2 `Service.name`: lower case, digits, hyphens, fewer than 50 characters. */
function parseServiceId(text: string): Parsed<string> {
  const advice =
    'Write the service as `gcloud run services list` shows it: lower-case letters, digits and ' +
    'hyphens, a letter first, at most 49 characters.';
  if (text.length > 49) return refused(text, 'is too long', advice);
  if (!/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(text)) {
    return refused(text, 'is not a service name', advice);
  }
  return taken(text);
}

/**
 * With the `example.com:` of domain-scoped projects. The documented minimum of six characters is
 * left to the service: a shorter name harms nothing, and emulators use such names.
 */
export function parseProject(text: string): Parsed<string> {
  const advice = 'Write the project ID, as `gcloud projects list` shows it under PROJECT_ID.';
  if (/^\d+$/.test(text)) return refused(text, 'is a project number', advice);
  if (/^(?:[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}:)?[a-z][a-z0-9-]{0,28}[a-z0-9]$/.test(text)) {
    return taken(text);
  }
  return refused(text, 'is not a project ID', advice);
}

const AREAS = [
  'africa',
  'asia',
  'australia',
  'europe',
  'me',
  'northamerica',
  'southamerica',
  'us',
] as const;
const DIRECTION = '(?:central|north|south|east|west|(?:north|south)(?:east|west))';
/** Sovereign clouds put their country where others put a continent: `u-germany-northeast1`. */
const REGION = new RegExp(`^(?:${AREAS.join('|')}|u-[a-z]{2,20})-${DIRECTION}[1-9][0-9]?$`);
const SHAPED_LIKE_A_REGION = new RegExp(`^[a-z]{1,20}-${DIRECTION}[1-9][0-9]?$`);

export function parseRegion(text: string): Parsed<string> {
  if (REGION.test(text)) return taken(text);
  if (text.includes(',')) {
    return refused(
      text,
      'names several regions',
      'Write one region. For several, run one job per region with a matrix: each ramps by itself.',
    );
  }
  const advice = 'Write a Cloud Run region such as `us-central1` or `europe-west1`.';
  const zone = /^(.*)-[a-z]$/.exec(text);
  if (zone !== null && REGION.test(zone[1] ?? '')) {
    return refused(text, 'is a zone', 'Cloud Run lives in regions: leave out the last letter.');
  }
  if (REGION.test(text.toLowerCase().replaceAll(/[ _]/g, '-'))) {
    return refused(text, 'is not written as a region is', `${advice} Lower case, with hyphens.`);
  }
  if (SHAPED_LIKE_A_REGION.test(text)) {
    return refused(
      text,
      'is in no part of the world that has regions',
      `${advice} The first word is ${AREAS.slice(0, -1).join(', ')} or ${AREAS.at(-1)}.`,
    );
  }
  return refused(text, 'is not a region', advice);
}

export function parseTag(text: string, service: string): Parsed<string> {
  if (!/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(text)) {
    return refused(
      text,
      'is not a traffic tag',
      'Write lower-case letters, digits and hyphens, a letter first, such as `canary`.',
    );
  }
  if (text === WAY_BACK) {
    return refused(
      text,
      'is kept for the revision before the last promotion',
      'Choose another tag, such as `canary`.',
    );
  }
  const room = MAX_TAG_AND_SERVICE - service.length;
  if (text.length <= room) return taken(text);
  return refused(
    text,
    'is too long for this service',
    room > 0
      ? `Set tag to at most ${room} characters: tag and service name together may have ${MAX_TAG_AND_SERVICE}.`
      : `The service name leaves no room: tag and service name together may have ${MAX_TAG_AND_SERVICE} characters. Use a service with a shorter name.`,
  );
}

export function parseSuffix(text: string, service: string): Parsed<string> {
  const room = MAX_REVISION_NAME - service.length - 1;
  const advice =
    'Write lower-case letters, digits and hyphens, no hyphen first or last, at most ' +
    `${room} characters for this service.`;
  if (!/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(text)) {
    return refused(text, 'is not a suffix for a revision', advice);
  }
  return text.length <= room ? taken(text) : refused(text, 'is too long', advice);
}

const QUALIFIED_REVISION =
  /^projects\/([^/]*)\/locations\/([^/]*)\/services\/([^/]*)\/revisions\/([^/]*)$/;

/** A name, or the whole resource name that the v2 API and Terraform give. */
export function parseRevision(text: string, ref: ServiceRef): Parsed<string> {
  const advice = `Write it as \`gcloud run revisions list\` shows it: \`${ref.service}-…\`.`;
  const [, project, region, service, last] = QUALIFIED_REVISION.exec(text) ?? [];
  const name = last ?? text;
  // The API also names a project by its number.
  const elsewhere =
    last !== undefined &&
    (region !== ref.region ||
      service !== ref.service ||
      (project !== ref.project && !/^\d+$/.test(project ?? '')));
  if (elsewhere) return refused(text, 'is a revision of another service', advice);
  if (name.length > MAX_REVISION_NAME || !/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(name)) {
    return refused(text, 'is not the name of a revision', advice);
  }
  // A service that was refused has its own finding.
  return ref.service === '' || name.startsWith(`${ref.service}-`)
    ? taken(name)
    : refused(text, 'is not a revision of this service', advice);
}

const MOST_CHECK_NAME = 100;
/** Control characters, line separators, and those that reorder or hide text. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

export function parseCheckName(text: string): Parsed<string> {
  if (!text.isWellFormed() || INVISIBLE.test(text)) {
    return refused(
      text,
      'holds a character that cannot be seen',
      'Write one line of plain text, without control or direction characters.',
    );
  }
  if (Array.from(text).length > MOST_CHECK_NAME) {
    return refused(text, 'is too long', `Write at most ${MOST_CHECK_NAME} characters.`);
  }
  return taken(text);
}

/** The syntax of bearer tokens, RFC 6750 §2.1. The value itself is never part of an answer. */
export function parseToken(text: string): Parsed<string> {
  if (/^[A-Za-z0-9\-._~+/]+=*$/.test(text)) return taken(text);
  return refused(
    null,
    'is not a token',
    'Leave it out to use the token of the job, or pass a single secret without quotes or spaces.',
  );
}
