/** Where a rollout is told of besides log, job summary and check run. */
import { isConfidential } from '../loopback.ts';
import type { InputReader } from './input-reader.ts';
import { createInputReader } from './input-reader.ts';
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import { parseBoolean, parseWord } from './units.ts';

const COMMENTS = ['never', 'on_failure', 'always'] as const;
const FORMATS = ['generic', 'slack'] as const;

export type CommentWhen = (typeof COMMENTS)[number];
export type NotifyFormat = (typeof FORMATS)[number];

export type Channels = {
  readonly comment: CommentWhen;
  /** null: no Deployment is made. */
  readonly deployment: {
    /** null: the usual one of the service. */
    readonly environment: string | null;
  } | null;
  /** null: nobody is notified. */
  readonly notify: {
    /** Whoever knows it can post there: a secret. */
    readonly url: string;
    /** null: what is sent is not signed. */
    readonly secret: string | null;
    readonly format: NotifyFormat;
  } | null;
};

export const CHANNEL_SECRETS = ['notify_url', 'notify_secret'] as const;

export function readChannels(reader: InputReader): Channels {
  const comment = reader.read('comment', (text) => parseWord(text, COMMENTS)) ?? 'never';
  const isDeployment = reader.read('deployment', parseBoolean) === true;
  const environment = reader.read('deployment_environment', parseEnvironment);
  if (environment !== null && !isDeployment) {
    reader.refuse('deployment_environment', {
      value: environment,
      wrong: 'is given, but deployment is not true',
      advice: 'Set `deployment: true`, or remove it.',
    });
  }
  // Both come from secrets, which some runs do not get: without the address nobody is notified.
  const url = reader.read('notify_url', parseNotifyUrl);
  const secret = reader.read('notify_secret', parseNotifySecret);
  const format = reader.read('notify_format', (text) => parseWord(text, FORMATS)) ?? 'generic';
  return {
    comment,
    deployment: isDeployment ? { environment } : null,
    notify: url === null ? null : { url, secret, format },
  };
}

/** For the post step, long after main has refused what is wrong. */
export function channelsIn(raw: ReadonlyMap<string, string>): Channels {
  return readChannels(createInputReader(raw));
}

/** What must not be shown of an address: all of it, and by itself the part that is the secret. */
export function secretsOf({ notify }: Channels): readonly string[] {
  if (notify === null) return [];
  const { pathname, search } = new URL(notify.url);
  const path = `${pathname}${search}`;
  return [notify.url, ...(path.length >= LEAST_SECRET ? [path] : []), notify.secret ?? ''];
}

const LONGEST_ENVIRONMENT = 255;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

function parseEnvironment(text: string): Parsed<string> {
  const isOdd = !text.isWellFormed() || INVISIBLE.test(text);
  if (!isOdd && text.length <= LONGEST_ENVIRONMENT) return taken(text);
  return refused(
    text,
    'is not the name of an environment',
    `Write one line of plain text, at most ${LONGEST_ENVIRONMENT} characters.`,
  );
}

const LONGEST_URL = 2_000;

/** The address itself is never part of an answer. */
function parseNotifyUrl(text: string): Parsed<string> {
  const url = URL.parse(text);
  const isSafe = url !== null && isConfidential(url);
  // The parser leaves out what it finds odd; what is masked must be what was given.
  const isWritten = /^[\x21-\x7e]+$/.test(text) && text.length <= LONGEST_URL;
  const isPlain = url !== null && `${url.username}${url.password}${url.hash}` === '';
  if (isWritten && isSafe && isPlain) return taken(text);
  return refused(
    null,
    'is not an https address',
    'Write `https://HOST/PATH`, without a user and without `#`, best as `${{ secrets.NAME }}`.',
  );
}

/** Shorter ones are guessed, and as a mask they would black out half of the log. */
const LEAST_SECRET = 16;

function parseNotifySecret(text: string): Parsed<string> {
  if (text.length >= LEAST_SECRET) return taken(text);
  return refused(
    null,
    'is too short',
    `Use at least ${LEAST_SECRET} random characters, best as \`\${{ secrets.NAME }}\`.`,
  );
}
