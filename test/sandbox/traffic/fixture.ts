import type { AccessLogEntry, RevisionSpec, SplitView } from '../contract.ts';
import { createTraffic } from './traffic.ts';
import type { Traffic, TrafficOptions } from './traffic.ts';

/** A service `web` whose split a test sets by hand, real revisions and its access log. */
export type Site = {
  readonly traffic: Traffic;
  readonly entries: AccessLogEntry[];
  split: Readonly<Record<string, number>>;
  tags: Readonly<Record<string, string>>;
  stop(): Promise<void>;
};

export function createSite(o: Partial<TrafficOptions> = {}): Site {
  const view: SplitView = {
    served: (service) =>
      service === 'web'
        ? Object.entries(site.split).map(([revision, percent]) => ({ revision, percent }))
        : [],
    tagged: (service, tag) => (service === 'web' ? (site.tags[tag] ?? null) : null),
  };
  const traffic = createTraffic({ now: Date.now, view, ...o });
  const site: Site = { traffic, entries: [], split: {}, tags: {}, stop: () => traffic.stop() };
  traffic.onRequest((entry) => site.entries.push(entry));
  return site;
}

export function spec(
  revision: string,
  tag: string,
  env: Record<string, string> = {},
): RevisionSpec {
  return {
    project: 'demo',
    region: 'us-central1',
    service: 'web',
    revision,
    image: `sandbox/app:${tag}`,
    env,
    port: 8080,
  };
}

/** Waits for a condition, with a deadline. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 25_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
