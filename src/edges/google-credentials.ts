/**
 * The credential file, checked before the library sees it: the library accepts any host, plain HTTP,
 * files and programs. What is not known here is not handed on. Nothing of the
 * content is ever repeated in a finding.
 */
import { createPrivateKey } from 'node:crypto';

import { Problem } from '../core/problem.ts';
import type { Finding } from '../core/problem.ts';
import { isLoopback } from '../core/loopback.ts';
import { isBelow } from './endpoints.ts';
import { asObject, asText, at, parseJson } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';

export type Credentials =
  | {
      readonly kind: 'external';
      readonly audience: string;
      readonly subjectTokenType: string;
      readonly tokenUrl: string;
      /** null: the federated identity itself has the permissions. */
      readonly impersonationUrl: string | null;
      readonly identityUrl: string;
      readonly identityHeaders: Readonly<Record<string, string>>;
      readonly identityField: string;
    }
  | {
      readonly kind: 'key';
      readonly email: string;
      readonly key: string;
      readonly keyId: string | null;
      /** Where a signed assertion becomes an identity token. */
      readonly tokenUrl: string;
    };

export type CredentialsRead =
  | {
      readonly ok: true;
      readonly credentials: Credentials;
      /** null: the file does not say. */
      readonly project: string | null;
      /** Service account that acts in the end; null: the federated identity itself. */
      readonly email: string | null;
      /** To be masked before anything else happens. */
      readonly secrets: readonly string[];
    }
  | { readonly ok: false; readonly findings: readonly Finding[] };

type Rules = { readonly universe: string; readonly loopbackAllowed: boolean };

export const MOST_BYTES = 64 * 1024;
const GITHUB_OIDC = 'actions.githubusercontent.com';
/** What may stand behind scheme and host: no backslash, fragment, space or control character. */
const PLAIN_REST = /^(?::443)?(?:[/?][\x21\x22\x24-\x5b\x5d-\x7e]*)?$/;
const IMPERSONATION_PATH =
  /^\/v1\/projects\/-\/serviceAccounts\/([A-Za-z0-9._-]+@[A-Za-z0-9.-]+):generateAccessToken$/;

export function readCredentials(text: string, rules: Rules): CredentialsRead {
  const raw = decode(text);
  if (raw === null) return refused(finding('its text', 'is not a JSON object'));
  const universe = asText(at(raw, 'universe_domain')) ?? 'googleapis.com';
  if (universe !== rules.universe) {
    return refused(finding('universe_domain', `is not ${rules.universe}, where the services are`));
  }
  const type = asText(at(raw, 'type'));
  if (type === 'external_account') return readExternal(raw, rules);
  if (type === 'service_account') return readKey(raw, rules);
  return refused(finding('its type', 'is neither external_account nor service_account'));
}

function readKey(raw: JsonObject, rules: Rules): CredentialsRead {
  const email = asText(at(raw, 'client_email'));
  const key = asText(at(raw, 'private_key'));
  if (email === null || !/^[^\s@]+@[^\s@]+$/.test(email)) {
    return refused(finding('client_email', 'is missing or is not an address'));
  }
  if (key === null || !isPrivateKey(key)) {
    return refused(finding('private_key', 'is missing or is not a private key'));
  }
  const credentials = {
    kind: 'key',
    email,
    key,
    keyId: asText(at(raw, 'private_key_id')),
    tokenUrl: keyTokenUrl(raw, rules),
  } as const;
  const project = asText(at(raw, 'project_id'));
  return { ok: true, credentials, project, email, secrets: [key] };
}

/** Old key files name another host, and no access token comes from there: so none is refused for it. */
function keyTokenUrl(raw: JsonObject, rules: Rules): string {
  const text = asText(at(raw, 'token_uri')) ?? '';
  const isTrusted = (host: string) => isService(host, 'oauth2', rules.universe);
  return isAllowed(text, isTrusted, rules) ? text : `https://oauth2.${rules.universe}/token`;
}

/** Service account that acts in the end; null: the federated identity itself. */
export function accountOf(credentials: Credentials): string | null {
  if (credentials.kind === 'key') return credentials.email;
  const { impersonationUrl } = credentials;
  return impersonationUrl === null ? null : emailIn(impersonationUrl);
}

type External = Extract<Credentials, { kind: 'external' }>;

function readExternal(raw: JsonObject, rules: Rules): CredentialsRead {
  const source = asObject(at(raw, 'credential_source')) ?? {};
  const headers = readHeaders(at(source, 'headers'));
  const impersonation = at(raw, 'service_account_impersonation_url');
  const external: External = {
    kind: 'external',
    audience: asText(at(raw, 'audience')) ?? '',
    subjectTokenType: asText(at(raw, 'subject_token_type')) ?? '',
    tokenUrl: asText(at(raw, 'token_url')) ?? '',
    impersonationUrl: impersonation === undefined ? null : (asText(impersonation) ?? ''),
    identityUrl: asText(at(source, 'url')) ?? '',
    identityHeaders: headers ?? {},
    identityField: asText(at(source, 'format', 'subject_token_field_name')) ?? '',
  };
  const findings = [
    ...sourceFindings(source, headers),
    ...missingFindings(external),
    ...hostFindings(external, rules),
  ];
  if (findings.length > 0) return { ok: false, findings };
  const email = accountOf(external);
  const secrets = Object.values(external.identityHeaders).map(withoutScheme);
  return { ok: true, credentials: external, project: null, email, secrets };
}

function sourceFindings(source: JsonObject, headers: object | null): readonly Finding[] {
  const name = 'credential_source';
  const strange = Object.keys(source).some((key) => !['url', 'headers', 'format'].includes(key));
  return [
    ...(strange ? [finding(name, 'takes the identity from something other than a URL')] : []),
    ...(headers === null ? [finding(`${name}.headers`, 'is not a list of plain headers')] : []),
    ...(asText(at(source, 'format', 'type')) === 'json'
      ? []
      : [finding(`${name}.format`, 'is not of type json')]),
  ];
}

function missingFindings(external: External): readonly Finding[] {
  const needed = [
    ['audience', external.audience],
    ['subject_token_type', external.subjectTokenType],
    ['credential_source.format.subject_token_field_name', external.identityField],
  ] as const;
  return needed.flatMap(([name, value]) => (value === '' ? [finding(name, 'is missing')] : []));
}

function hostFindings(external: External, rules: Rules): readonly Finding[] {
  const { tokenUrl, identityUrl, impersonationUrl } = external;
  const { universe } = rules;
  const wrong = 'does not lead to a host that is trusted with tokens';
  const impersonation = 'service_account_impersonation_url';
  const named = impersonationUrl === null || emailIn(impersonationUrl) !== null;
  const checks = [
    ['token_url', tokenUrl, (host: string) => isService(host, 'sts', universe)],
    ['credential_source.url', identityUrl, (host: string) => isBelow(host, GITHUB_OIDC)],
    [
      impersonation,
      impersonationUrl,
      (host: string) => isService(host, 'iamcredentials', universe),
    ],
  ] as const;
  return [
    ...checks.flatMap(([name, url, isTrusted]) =>
      url === null || isAllowed(url, isTrusted, rules) ? [] : [finding(name, wrong)],
    ),
    ...(named ? [] : [finding(impersonation, 'names no service account')]),
  ];
}

/** https on a trusted host and the usual port; or this machine, for an emulator. */
function isAllowed(text: string, isTrusted: (host: string) => boolean, rules: Rules): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  // The library reads the text itself: nothing in it may be read in two ways.
  if (!web || !text.startsWith(url.origin) || !PLAIN_REST.test(text.slice(url.origin.length))) {
    return false;
  }
  if (isLoopback(url.hostname)) return rules.loopbackAllowed;
  return url.protocol === 'https:' && url.port === '' && isTrusted(url.hostname);
}

/** `sts.googleapis.com`, and the regional form `sts.us-east1.rep.googleapis.com`. */
function isService(host: string, name: string, universe: string): boolean {
  return host.startsWith(`${name}.`) && isBelow(host, universe);
}

function emailIn(impersonationUrl: string): string | null {
  if (!URL.canParse(impersonationUrl)) return null;
  return IMPERSONATION_PATH.exec(new URL(impersonationUrl).pathname)?.[1] ?? null;
}

/** null: not an object of texts that may stand in a header. */
function readHeaders(value: JsonValue | undefined): Readonly<Record<string, string>> | null {
  if (value === undefined) return {};
  const object = asObject(value);
  if (object === null) return null;
  const entries = Object.entries(object).map(
    ([name, text]) => [name, asText(text) ?? '\n'] as const,
  );
  const plain = entries.every(
    ([name, text]) => /^[A-Za-z][A-Za-z0-9-]*$/.test(name) && /^[\x20-\x7e]*$/.test(text),
  );
  return plain ? Object.fromEntries(entries) : null;
}

/** "Bearer x" is masked as "x": the log may show it without its scheme. */
function withoutScheme(value: string): string {
  return value.replace(/^[A-Za-z]+ +/, '');
}

function decode(text: string): JsonObject | null {
  if (text.length > MOST_BYTES) return null;
  try {
    return asObject(parseJson(text));
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

function isPrivateKey(text: string): boolean {
  try {
    createPrivateKey(text);
    return true;
  } catch {
    return false;
  }
}

const ADVICE =
  'Use the file that google-github-actions/auth writes for Workload Identity Federation or for a service account key, unchanged.';

function finding(subject: string, wrong: string): Finding {
  return { subject: `credential file: ${subject}`, value: null, wrong, advice: ADVICE };
}

function refused(only: Finding): CredentialsRead {
  return { ok: false, findings: [only] };
}
