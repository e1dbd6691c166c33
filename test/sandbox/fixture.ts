import type { Runtime } from './contract.ts';
import { createLinks } from './cloud-run/links.ts';
import { ServiceModel } from './cloud-run/model.ts';
import type { Rules } from './cloud-run/state.ts';
import { v1Handler } from './cloud-run/v1.ts';
import { v2Handler } from './cloud-run/v2.ts';
import type { Faults } from './faults.ts';
import type { Journal } from './journal.ts';
import { openServer } from './server.ts';
import { createServices, type Services } from './services.ts';
import { createTimers } from './timers.ts';

/** Cloud Run alone, over real HTTP, with revisions that are ready at once (image "broken": never). */
export type CloudRunSite = {
  readonly base: string;
  readonly model: ServiceModel;
  readonly services: Services;
  readonly journal: Journal;
  readonly faults: Faults;
  /** Permissions that callers lack. */
  readonly lacking: Set<string>;
  readonly stop: () => Promise<void>;
};

export const token = { authorization: 'Bearer good' };

const runtime: Runtime = {
  start: async ({ image }) =>
    image === 'broken'
      ? { kind: 'failed', reason: 'ContainerMissing', message: `Image '${image}' not found.` }
      : { kind: 'ready', digest: `${image}@sha256:1` },
  stop: async () => undefined,
};

export async function openCloudRun(rules: Partial<Rules> = {}): Promise<CloudRunSite> {
  const timers = createTimers();
  const links = createLinks(async (service, tag) => `http://${tag ?? 'main'}.${service}.test`);
  const model = new ServiceModel({
    project: 'demo',
    projectNumber: '123456789012',
    region: 'us-central1',
    now: Date.now,
    schedule: timers.schedule,
    runtime,
    url: links.url,
    rules: { settleMs: 20, ...rules },
  });
  const lacking = new Set<string>();
  const access = {
    authenticate: (call: { headers: Readonly<Record<string, string>> }) =>
      call.headers['authorization'] === token.authorization && { email: 'deployer@demo.test' },
    granted: (permission: string) => !lacking.has(permission),
  };
  const front = { model, access, openUrls: links.open };
  const site = openServer(Date.now, [
    v1Handler({ ...front, schedule: timers.schedule }),
    v2Handler(front),
  ]);
  return {
    base: await site.server.listen(),
    model,
    services: createServices(model, links.open),
    journal: site.journal,
    faults: site.faults,
    lacking,
    stop: async () => {
      timers.stop();
      await site.server.close();
    },
  };
}

export async function ask(
  site: CloudRunSite,
  request: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = token,
) {
  const [method = '', path = ''] = request.split(' ');
  const sent = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${site.base}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: sent }),
  });
  const text = await answer.text();
  return { status: answer.status, text, body: JSON.parse(text) };
}
