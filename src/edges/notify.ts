/**
 * Posts each transition of a rollout to an address of the user's, as soon as it happens. Nothing
 * waits for it but the end of the step, and that not long; what fails is one warning. The address is
 * a secret: it stands in no message, and nothing that comes back is shown but the status.
 */
import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';

import { isLoopback } from '../core/loopback.ts';
import type { Notification } from '../core/report/report-notification.ts';
import type { Instant, Millis } from '../core/types.ts';
import { createAddressRules, isPrivateName, resolveHost } from './http-address.ts';
import type { Resolve } from './http-address.ts';
import { Late, within } from './http-time.ts';
import type { Pressed } from './http-time.ts';
import type { PinnedPost } from './http.ts';

export type NotifierOptions = Pressed & {
  readonly url: string;
  /** null: not signed. */
  readonly secret: string | null;
  readonly http: PinnedPost;
  /** A body is seen by others than the runner's masks. */
  readonly redact: (text: string) => string;
  readonly warn: (text: string) => void;
  readonly resolve?: Resolve;
};

type Due = Notification & {
  /** Server time when it was told, and our own clock then. */
  readonly at: Instant;
  readonly told: Millis;
};

const PATIENCE: Millis = 10_000;
/** A receiver this slow has got enough of them. */
const LONGEST_FLUSH: Millis = 20_000;

/** What goes wrong here, fit to be shown. */
class Unsent extends Error {}

/** It never throws, and only `flush` makes anybody wait. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #kindOf = createAddressRules();
  /** The order is part of the story, so there is one at a time. */
  #queue: readonly Due[] = [];
  #work: Promise<void> | null = null;
  #last = '';
  #hasWarned = false;
  #isBehind = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** `at`: server time, so that a signature does not hang on the clock of a runner. */
  tell(render: () => Notification | null, at: Instant): void {
    try {
      const notification = render();
      if (notification === null || notification.id === this.#last) return;
      this.#last = notification.id;
      const body = this.#options.redact(notification.body);
      const told = this.#options.clock.monotonic();
      this.#queue = [...this.#queue, { ...notification, body, at, told }];
    } catch {
      this.#warn('the message could not be written');
      return;
    }
    this.#work ??= this.#drain();
  }

  /** true: the end was not heard for want of time, so somebody with more of it may try again. */
  isBehind(): boolean {
    return this.#isBehind;
  }

  async flush(): Promise<void> {
    const work = this.#work;
    if (work === null) return;
    await within(this.#options, LONGEST_FLUSH, () => work).catch(() => {
      this.#isBehind = true;
      this.#warn('there was no time left');
    });
  }

  async #drain(): Promise<void> {
    for (let due = this.#take(); due !== undefined; due = this.#take()) await this.#send(due);
    this.#work = null;
  }

  /** In a hurry only the newest is worth its time. */
  #take(): Due | undefined {
    if (this.#options.hurry.aborted) this.#queue = this.#queue.slice(-1);
    const [first, ...rest] = this.#queue;
    this.#queue = rest;
    return first;
  }

  async #send(due: Due): Promise<void> {
    try {
      await within(this.#options, PATIENCE, (signal) => this.#post(due, signal));
      this.#isBehind = false;
    } catch (error) {
      this.#isBehind = due.isLast && error instanceof Late;
      if (error instanceof Late) this.#warn('there was no answer in time');
      else this.#warn(error instanceof Unsent ? error.message : 'something unexpected happened');
    }
  }

  async #post({ body, id, at, told }: Due, signal: AbortSignal): Promise<void> {
    const { url, secret, clock, http } = this.#options;
    const address = await this.#addressOf(url);
    const seconds = Math.floor((at + clock.monotonic() - told) / 1000);
    const answer = await http.tell({
      url,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'cloud-run-canary',
        'x-canary-id': id,
        'x-canary-timestamp': String(seconds),
        ...(secret === null ? {} : { 'x-canary-signature': signature(secret, seconds, body) }),
      },
      body,
      deadlineMs: PATIENCE,
      signal,
      lookup: async () => ({ address, family: isIP(address) === 6 ? 6 : 4 }),
    });
    if (signal.aborted) throw new Late('too late');
    if (answer.kind === 'no-answer') throw new Unsent(answer.why);
    if (answer.status < 200 || answer.status > 299) {
      throw new Unsent(`it was answered ${answer.status}`);
    }
  }

  /** One address that may be connected to, as with the probes: nothing inside the runner's network. */
  async #addressOf(url: string): Promise<string> {
    const { hostname } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    // Written by the user, so it is meant: a receiver on this machine.
    const isMeant = isLoopback(hostname);
    if (!isMeant && isPrivateName(host)) throw new Unsent(NOT_PUBLIC);
    const { resolve = resolveHost } = this.#options;
    const addresses = isIP(host) === 0 ? await resolve(host).catch(() => []) : [host];
    const [address] = addresses;
    if (address === undefined) throw new Unsent('its host name could not be resolved');
    const kinds = new Set(addresses.map(this.#kindOf));
    if (kinds.size !== 1 || !kinds.has(isMeant ? 'loopback' : 'public')) {
      throw new Unsent(NOT_PUBLIC);
    }
    return address;
  }

  #warn(why: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.warn(
      `Not every transition was posted to notify_url: ${why}. The rollout goes on without it.`,
    );
  }
}

const NOT_PUBLIC = 'its host is not an address on the public internet';

/** Over time and body together, so that an old message cannot be sent again under a new time. */
function signature(secret: string, seconds: number, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
