/** What goes into the namespace, and what comes out of it. */
import type { LoadStats } from '../sandbox/traffic/load.ts';
import type { Certificates } from './certificates.ts';

export type Assignment = {
  readonly image: string;
  readonly certificates: Certificates;
  /** Whether the action is told of the authority behind the certificates. */
  readonly isTrusted: boolean;
};

type Step = { readonly exitCode: number | null; readonly log: string };

export type Facts = {
  readonly main: Step & { readonly outputs: Readonly<Record<string, string>> };
  readonly post: Step;
  /** Every request of the action to an API, in order. */
  readonly requests: readonly {
    readonly method: string;
    readonly host: string;
    readonly path: string;
    readonly query: string;
    readonly status: number | null;
  }[];
  /** Requests that came through the canary's own address. */
  readonly smokeProbes: number;
  readonly stable: string;
  readonly served: readonly { readonly revision: string; readonly percent: number }[];
  readonly checkRuns: readonly {
    readonly name: string;
    readonly status: string;
    readonly conclusion: string | null;
  }[];
  readonly users: LoadStats;
  /** Packets without a route: one that was sent on purpose, and those of the run. */
  readonly strays: { readonly control: number; readonly during: number };
  readonly seconds: number;
};
