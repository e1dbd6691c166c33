/**
 * Where Google's services are asked. gcloud's own variables may point elsewhere, but never to a host
 * that is not Google's or this machine: they can be set by any earlier step of the job, and our token
 * goes there.
 */
import { isLoopback } from '../core/loopback.ts';
import type { Finding } from '../core/problem.ts';

/** Each without a slash at the end. */
export type Endpoints = {
  /** Base of v1 and v2 alike. */
  readonly run: string;
  readonly monitoring: string;
  readonly logging: string;
  readonly iam: string;
  /** googleapis.com, or the domain of a sovereign cloud. */
  readonly universe: string;
  /** Whether Cloud Run itself is on this machine: an emulator. */
  readonly loopback: boolean;
};

export type EndpointsRead =
  | {
      readonly ok: true;
      readonly endpoints: Endpoints;
      /** One for each override in force. */
      readonly notices: readonly string[];
    }
  | { readonly ok: false; readonly findings: readonly Finding[] };

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_UNIVERSE = 'googleapis.com';
const UNIVERSE_VARIABLES = ['GOOGLE_CLOUD_UNIVERSE_DOMAIN', 'CLOUDSDK_CORE_UNIVERSE_DOMAIN'];
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

export function endpointsFrom(env: Environment, region: string): EndpointsRead {
  const findings: Finding[] = [];
  const notices: string[] = [];
  const universe = readUniverse(env, { findings, notices });
  const choose = (name: string, usual: string): string => {
    const variable = `CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`;
    const given = env[variable] ?? '';
    if (given === '') return usual;
    const wrong = faultOf(given, universe);
    if (wrong !== null) {
      const value = withoutPassword(given);
      findings.push({ subject: variable, value, wrong, advice: adviceFor(universe) });
      return usual;
    }
    const base = new URL(given).origin;
    notices.push(`${variable} is set: requests go to ${base} instead of ${usual}.`);
    return base;
  };
  const endpoints = {
    run: choose('RUN', `https://${region}-run.${universe}`),
    monitoring: choose('MONITORING', `https://monitoring.${universe}`),
    logging: choose('LOGGING', `https://logging.${universe}`),
    iam: choose('IAM', `https://iam.${universe}`),
    universe,
  };
  if (findings.length > 0) return { ok: false, findings };
  return {
    ok: true,
    endpoints: { ...endpoints, loopback: isLoopback(new URL(endpoints.run).hostname) },
    notices,
  };
}

/** Whether `host` is a name below `domain`. */
export function isBelow(host: string, domain: string): boolean {
  return host.endsWith(`.${domain}`);
}

function readUniverse(env: Environment, out: { findings: Finding[]; notices: string[] }): string {
  const set = UNIVERSE_VARIABLES.flatMap((variable) => {
    const value = env[variable] ?? '';
    return value === '' || value === DEFAULT_UNIVERSE ? [] : [{ variable, value }];
  });
  const [first] = set;
  if (first === undefined) return DEFAULT_UNIVERSE;
  const other = set.find(({ value }) => value !== first.value);
  const fault = set.find(({ value }) => !DOMAIN.test(value));
  if (fault !== undefined || other !== undefined) {
    out.findings.push({
      subject: (fault ?? other ?? first).variable,
      value: (fault ?? other ?? first).value,
      wrong: fault === undefined ? `is not what ${first.variable} says` : 'is not a domain',
      advice: `Write the domain of the cloud, or nothing for ${DEFAULT_UNIVERSE}.`,
    });
    return DEFAULT_UNIVERSE;
  }
  out.notices.push(`${first.variable} is set: Google's services are looked for at ${first.value}.`);
  return first.value;
}

/**
 * null: acceptable. The text must be an origin exactly as the parser writes it, so that nothing can
 * hide in userinfo, escapes, odd spellings of an address, a path or a query.
 */
function faultOf(text: string, universe: string): string | null {
  if (!URL.canParse(text)) return 'is not a URL';
  const { protocol, origin, hostname, port } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'is neither https nor http';
  if (text !== origin && text !== `${origin}/`) return 'is more than a scheme, a host and a port';
  if (isLoopback(hostname)) return null;
  if (!isBelow(hostname, universe)) return 'names a host that is not trusted with the token';
  if (protocol !== 'https:') return 'is not https';
  return port === '' ? null : 'names a port';
}

/** Whatever stands before an @ may be a password. */
function withoutPassword(text: string): string {
  return text.replace(/^([a-z]{1,20}:\/\/)?.*@/s, '$1…@');
}

function adviceFor(universe: string): string {
  return `Unset it, or write https://HOST.${universe}/ or, for an emulator, http://127.0.0.1:PORT/.`;
}
