/**
 * Cancellation as the runner announces it: SIGINT, 7.5 s later SIGTERM, 2.5 s later the end
 * (actions/runner, ProcessInvoker.cs). The work of undoing goes on through all of them.
 */

const CANCELLING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type CancelSignal = (typeof CANCELLING)[number];

/** As much of `process` as is needed. */
export interface SignalSource {
  on(name: CancelSignal, listener: () => void): unknown;
  off(name: CancelSignal, listener: () => void): unknown;
}

export type SignalWatch = {
  /** Aborted by the first signal, for good. */
  readonly signal: AbortSignal;
  /** Gives the signals their default meaning back: the next one ends the process. */
  dispose(): void;
};

/**
 * The listeners stay after the first signal. Without one, SIGTERM would end the process in the
 * middle of the rollback that SIGINT has started.
 */
export function watchSignals(
  source: SignalSource,
  onCancel: (name: CancelSignal) => void,
): SignalWatch {
  const cancelled = new AbortController();
  const listeners = CANCELLING.map((name) => {
    const listener = (): void => {
      if (cancelled.signal.aborted) return;
      cancelled.abort();
      onCancel(name);
    };
    source.on(name, listener);
    return { name, listener };
  });
  return {
    signal: cancelled.signal,
    dispose() {
      for (const { name, listener } of listeners) source.off(name, listener);
    },
  };
}
