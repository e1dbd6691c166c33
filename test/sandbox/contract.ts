/**
 * What the parts of the sandbox owe each other. The sandbox is a program of its own: nothing here
 * comes from `src`, and no part of it uses a package by which `src` speaks to Google or GitHub.
 */

/** One request as a handler sees it. `path` is still percent-encoded and has no query. */
export type Call = {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Base URL under which the client reached the sandbox, e.g. "http://127.0.0.1:4711". */
  readonly base: string;
};

/** `body`: a string is sent as it is, anything else as JSON, undefined as no body. */
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** null: the path is not this handler's. */
export type Handler = (call: Call) => Answer | null | Promise<Answer | null>;

/** Epoch milliseconds of the sandbox. Injected, so that the service model can run in virtual time. */
export type Now = () => number;

export type RevisionSpec = {
  readonly project: string;
  readonly region: string;
  readonly service: string;
  readonly revision: string;
  /** Image reference of the first container; the runtime reads the behaviour from it. */
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
};

export type StartResult =
  | { readonly kind: 'ready'; /** resolved image */ readonly digest: string }
  | {
      readonly kind: 'failed';
      /** Reason as in the v1 condition, e.g. "HealthCheckContainerError", "ContainerMissing". */
      readonly reason: string;
      readonly message: string;
    };

/** What really runs revisions. Real processes in the sandbox; a script in virtual time. */
export interface Runtime {
  start(spec: RevisionSpec): Promise<StartResult>;
  stop(revision: string): Promise<void>;
}

/** What the traffic side needs to know of the service model; read at every request. */
export interface SplitView {
  /** Percent rows that are really being served now, by revision name. */
  served(service: string): readonly { readonly revision: string; readonly percent: number }[];
  /** Revision behind a tag as served now, or null. */
  tagged(service: string, tag: string): string | null;
}

/**
 * One request to a revision. Metrics are computed from those that reached it and from nothing else;
 * the request log has those that found no instance as well.
 */
export type AccessLogEntry = {
  readonly service: string;
  readonly revision: string;
  /** null: through the service's own URL. */
  readonly tag: string | null;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Sandbox clock, epoch ms, when the request ended. */
  readonly endedAt: number;
  readonly latencyMs: number;
};
