/** What the tests of the GitHub fake have in common: a fake on a port and a real client. */
import { Octokit } from '@octokit/rest';
import { onTestFinished } from 'vitest';
import { githubHandler, type Github } from './handler.ts';
import { serve } from './serve.ts';

export const REPO = { owner: 'octo-org', repo: 'shop' };
export const SHA = 'a'.repeat(40);

type Plain = {
  readonly status: number;
  readonly headers: Headers;
  readonly json: { readonly id?: number; readonly message?: string };
};

export type Fixture = Github & {
  readonly octokit: Octokit;
  readonly base: string;
  readonly clock: { time: number };
  /** The same request without any client in between. */
  readonly plain: (method: string, path: string, body?: unknown) => Promise<Plain>;
};

export function silentOctokit(baseUrl: string, auth: string): Octokit {
  const silent = (): void => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  return new Octokit({ baseUrl, auth, log });
}

export async function startGithub(): Promise<Fixture> {
  const clock = { time: Date.parse('2026-11-20T15:00:00Z') };
  const github = githubHandler({ now: () => clock.time });
  const { base, close } = await serve(github.handler);
  onTestFinished(close);
  const { token } = github.controls;
  const plain: Fixture['plain'] = async (method, path, body) => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `token ${token}`, 'user-agent': 'test' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: answer.status,
      headers: answer.headers,
      json: JSON.parse(await answer.text()),
    };
  };
  return { ...github, clock, base, plain, octokit: silentOctokit(base, token) };
}

/** Status and message of a refused call. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; text: string }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && 'status' in error) {
      return { status: Number(error.status), text: error.message };
    }
    throw error;
  }
  throw new Error('The call was accepted');
}
