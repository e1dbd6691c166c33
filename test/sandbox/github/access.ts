/** Who may ask, how often, and whether anybody is at home. */
import { randomBytes } from 'node:crypto';
import type { Answer, Call, Now } from '../contract.ts';
import { Refusal } from './refusal.ts';
import { ACTIONS_LOGIN } from './resources.ts';
import type { Permission, Route } from './route.ts';

type Level = 'none' | 'read' | 'write';

/** Switches of a test; read at every request. */
export type AccessControls = {
  /** The one token that is good. */
  token: string;
  /** Whom it belongs to. */
  login: string;
  /** What the token may do, as in the job's `permissions`. */
  readonly permissions: Record<Permission, Level>;
  /** Requests per hour: 1,000 for a workflow's token in one repository. */
  hourlyLimit: number;
  /** Status every request gets while GitHub is unwell, or null. */
  down: number | null;
  /** Seconds in the Retry-After of such an answer, or null for none. */
  retryAfter: number | null;
};

export function accessControls(): AccessControls {
  return {
    token: `ghs_${randomBytes(18).toString('hex')}`,
    login: ACTIONS_LOGIN,
    permissions: {
      checks: 'write',
      issues: 'write',
      'pull-requests': 'write',
      deployments: 'write',
      actions: 'write',
      contents: 'read',
    },
    hourlyLimit: 1000,
    down: null,
    retryAfter: null,
  };
}

const HOUR = 3600;

export type RateLimit = {
  /** Counts a request and throws when there are none left. */
  readonly spend: () => void;
  readonly headers: () => Readonly<Record<string, string>>;
};

/** https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
export function rateLimit(controls: AccessControls, now: Now): RateLimit {
  let used = 0;
  let reset = 0;
  return {
    spend: () => {
      const seconds = Math.floor(now() / 1000);
      if (seconds >= reset) {
        used = 0;
        reset = seconds + HOUR;
      }
      if (used >= controls.hourlyLimit) {
        throw new Refusal(403, 'API rate limit exceeded for installation ID 15368.');
      }
      used += 1;
    },
    headers: () => ({
      'x-ratelimit-limit': String(controls.hourlyLimit),
      'x-ratelimit-remaining': String(Math.max(0, controls.hourlyLimit - used)),
      'x-ratelimit-used': String(used),
      'x-ratelimit-reset': String(reset),
      'x-ratelimit-resource': 'core',
    }),
  };
}

/** null: GitHub is up. */
export function outage({ down, retryAfter }: AccessControls): Answer | null {
  if (down === null) return null;
  return {
    status: down,
    ...(retryAfter === null ? {} : { headers: { 'retry-after': String(retryAfter) } }),
    body: { message: down === 429 ? 'Too many requests' : 'Server Error' },
  };
}

/** https://docs.github.com/rest/authentication/authenticating-to-the-rest-api */
export function authenticate(call: Call, controls: AccessControls): void {
  if ((call.headers['user-agent'] ?? '') === '') {
    const advice = 'Please make sure your request has a User-Agent header';
    throw new Refusal(403, `Request forbidden by administrative rules. ${advice}`);
  }
  const header = call.headers['authorization'];
  if (header === undefined) throw new Refusal(401, 'Requires authentication');
  const token = /^(?:token|bearer) (\S+)$/i.exec(header)?.[1];
  if (token !== controls.token) throw new Refusal(401, 'Bad credentials');
}

export function authorize({ permissions, level }: Route, controls: AccessControls): void {
  const isEnough = (held: Level): boolean => held === 'write' || held === level;
  if (permissions.some((permission) => isEnough(controls.permissions[permission]))) return;
  const accepted = permissions.map((name) => `${name.replaceAll('-', '_')}=${level}`).join('; ');
  throw new Refusal(403, 'Resource not accessible by integration', {
    headers: { 'x-accepted-github-permissions': accepted },
  });
}
