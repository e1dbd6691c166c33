/** The GitHub Actions runner: the one place that uses its toolkit and its environment. */
import { basename } from 'node:path';
import * as core from '@actions/core';
import { NOBODY, named } from '../core/doctor/principal.ts';
import type { Principal } from '../core/doctor/principal.ts';
import { problemText } from '../core/problem.ts';
import type { Problem, ProblemCode } from '../core/problem.ts';
import type { Log } from '../engine/ports.ts';
import { readContext } from './runner-context.ts';
import type { RunContext } from './runner-context.ts';
import { parseState, writeState } from './runner-state.ts';
import type { PostState } from './runner-state.ts';
import { keepFile } from './runner-report.ts';
import { cutAnnotation, cutMarkdown, harmless, oneLine } from './runner-text.ts';

/** The runner throws more than 1 MiB away as a whole (actions/runner). */
const LARGEST_SUMMARY = 256 * 1024;
/** Shorter lines of a secret are words like "}", which would be masked everywhere. */
const SHORTEST_LINE = 8;
const STATE = 'rollout';
const HARMLESS = 'The rollout is not affected.';
const NO_CLEAN_UP =
  'The post step will not clean up after a cancelled run: should this one be cancelled, end what is left with the command rollback.';

/** Text is raw, and its commands are for nobody in particular. What cannot be written is a warning and changes nothing (S15). */
export interface Runner extends Log {
  endGroup(): void;
  /** Every input that was given, by its name in lower case; "" when it was given empty. */
  inputs(): ReadonlyMap<string, string>;
  /** @throws Problem `bad-input` outside of a job. */
  context(): Promise<RunContext>;
  /** A `fetch` that goes through the proxy of a self-hosted runner, as GitHub's own actions do. */
  githubFetch(): Promise<typeof globalThis.fetch>;
  /** Call it before the first use. */
  secret(value: string): void;
  /** Whom the commands are for in every text from now on. */
  setPrincipal(principal: Principal): void;
  /** Commands complete, and no secret known so far; for texts that do not go to the log. */
  redact(text: string): string;
  setOutputs(outputs: Readonly<Record<string, string>>): void;
  saveState(state: PostState): void;
  /** Why what is open in the state saved last was left so. */
  saveBrokeOff(code: ProblemCode): void;
  /** null: main has left nothing that can be relied on. */
  readState(): PostState | null;
  writeSummary(markdown: string): Promise<void>;
  /** Into a directory of its own for later steps of the job. Its path; "" when it is not there. */
  writeReport(json: string): Promise<string>;
  /** Shows the problem, once, and makes the step fail. */
  fail(problem: Problem): void;
}

export function createRunner(): Runner {
  // A log nobody reads any more is no reason to leave a rollout half done.
  process.stdout.on('error', () => {});
  return new ActionsRunner();
}

/** Main and post are told apart by the file the runner started, never by saved state. */
export function isPost(argv: readonly string[]): boolean {
  return basename(argv[1] ?? '') === 'post.js';
}

/** What could not be written, and how it goes on without. */
type Lost = { readonly what: string; readonly without: string };

type Toolkit = { readonly payload: unknown; readonly fetch: typeof globalThis.fetch };

class ActionsRunner implements Runner {
  /** Longest first: one form can hold another. */
  #secrets: readonly string[] = [];
  #principal = NOBODY;
  #isInGroup = false;
  #saved: PostState | null = null;
  #toolkit: Promise<Toolkit> | null = null;

  group(title: string): void {
    this.endGroup();
    core.startGroup(oneLine(this.redact(title)));
    this.#isInGroup = true;
  }

  endGroup(): void {
    if (this.#isInGroup) core.endGroup();
    this.#isInGroup = false;
  }

  line(text: string): void {
    core.info(harmless(this.redact(text)));
  }

  notice(text: string): void {
    core.notice(cutAnnotation(harmless(this.redact(text))));
  }

  warning(text: string): void {
    core.warning(cutAnnotation(harmless(this.redact(text))));
  }

  fail(problem: Problem): void {
    this.endGroup();
    const text = harmless(this.redact(problemText(problem)));
    const annotation = cutAnnotation(text);
    if (annotation !== text) core.info(text);
    core.setFailed(annotation);
  }

  inputs(): ReadonlyMap<string, string> {
    const names = Object.keys(process.env)
      .filter((name) => name.startsWith('INPUT_'))
      .map((name) => name.slice('INPUT_'.length).toLowerCase());
    return new Map(names.map((name) => [name, core.getInput(name)]));
  }

  async context(): Promise<RunContext> {
    const { payload } = await this.#loadToolkit();
    return readContext(process.env, payload);
  }

  async githubFetch(): Promise<typeof globalThis.fetch> {
    return (await this.#loadToolkit()).fetch;
  }

  /** Loaded late, because loading reads the event's file and throws when that is damaged. */
  async #loadToolkit(): Promise<Toolkit> {
    this.#toolkit ??= import('@actions/github/lib/utils').then(
      ({ context, defaults }) => ({
        payload: context.payload,
        fetch: defaults.request?.fetch ?? globalThis.fetch,
      }),
      () => {
        this.warning(
          'The event that started this run cannot be read. The rollout does not need it.',
        );
        return { payload: {}, fetch: globalThis.fetch };
      },
    );
    return this.#toolkit;
  }

  secret(value: string): void {
    if (value.trim() === '') return;
    const lines = value.split(/\r?\n/).filter((line) => line.trim().length >= SHORTEST_LINE);
    const forms = [value, ...lines].flatMap((plain) => [
      plain,
      plain.trim(),
      Buffer.from(plain).toString('base64'),
      Buffer.from(plain).toString('base64url'),
      encodeURIComponent(plain.toWellFormed()),
      JSON.stringify(plain).slice(1, -1),
    ]);
    const fresh = new Set(forms);
    for (const form of fresh.difference(new Set(this.#secrets))) core.setSecret(form);
    this.#secrets = [...fresh.union(new Set(this.#secrets))].sort((a, b) => b.length - a.length);
  }

  setPrincipal(principal: Principal): void {
    this.#principal = principal;
  }

  redact(text: string): string {
    const whole = named(text, this.#principal);
    return this.#secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), whole);
  }

  setOutputs(outputs: Readonly<Record<string, string>>): void {
    const file = { variable: 'GITHUB_OUTPUT', what: 'The outputs', without: HARMLESS };
    this.#writeFile(file, () => {
      for (const [name, value] of Object.entries(outputs)) {
        core.setOutput(name, this.redact(value));
      }
    });
  }

  saveState(state: PostState): void {
    this.#saved = state;
    const isOver = state.done || state.untold !== null;
    const without = isOver ? HARMLESS : NO_CLEAN_UP;
    const file = { variable: 'GITHUB_STATE', what: 'The state for the post step', without };
    this.#writeFile(file, () => core.saveState(STATE, writeState(state)));
  }

  saveBrokeOff(code: ProblemCode): void {
    const state = this.#saved;
    if (state === null || state.done || state.untold !== null) return;
    this.saveState({ ...state, brokeOff: code });
  }

  readState(): PostState | null {
    const text = core.getState(STATE);
    if (text === '') return null;
    const state = parseState(text);
    if (state === null) this.warning('The state that main left to the post step is damaged.');
    return state;
  }

  async writeSummary(markdown: string): Promise<void> {
    const text = cutMarkdown(this.redact(markdown), LARGEST_SUMMARY);
    try {
      // Each step has a file of its own; a second summary of the same step replaces the first.
      await core.summary.emptyBuffer().addRaw(text).write({ overwrite: true });
    } catch (error) {
      this.#notWritten({ what: 'The job summary', without: HARMLESS }, error);
    }
  }

  async writeReport(json: string): Promise<string> {
    try {
      return await keepFile(process.env['RUNNER_TEMP'] ?? '', this.redact(json));
    } catch (error) {
      this.#notWritten({ what: 'The file of the report', without: HARMLESS }, error);
      return '';
    }
  }

  /** Without its file the toolkit would fall back to log commands that the runner no longer obeys. */
  #writeFile({ variable, ...lost }: Lost & { readonly variable: string }, write: () => void): void {
    try {
      if ((process.env[variable] ?? '') === '') throw new Error(`${variable} is not set`);
      write();
    } catch (error) {
      this.#notWritten(lost, error);
    }
  }

  #notWritten({ what, without }: Lost, error: unknown): void {
    const why = error instanceof Error ? error.message : 'unknown error';
    this.warning(`${what} cannot be written: ${why}. ${without}`);
  }
}
