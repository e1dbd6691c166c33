import { disabledApis } from './apis.ts';
import type { Call, Now } from './contract.ts';
import type { Rules } from './cloud-run/state.ts';
import { createLinks } from './cloud-run/links.ts';
import { ServiceModel } from './cloud-run/model.ts';
import { v1Handler } from './cloud-run/v1.ts';
import { v2Handler } from './cloud-run/v2.ts';
import type { Faults } from './faults.ts';
import { type Github, githubHandler } from './github/handler.ts';
import type { Journal } from './journal.ts';
import { type Logging, loggingHandler } from './logging/handler.ts';
import { type Monitoring, monitoringHandler } from './monitoring/handler.ts';
import type { Listener } from './listener.ts';
import { openServer } from './server.ts';
import { createServices, type Services } from './services.ts';
import { accountsHandler } from './tokens/accounts.ts';
import { type Tokens, tokensHandler } from './tokens/handler.ts';
import { createTimers } from './timers.ts';
import { createDoor } from './traffic/door.ts';
import { type Address, createTraffic, type Traffic } from './traffic/traffic.ts';

export type SandboxOptions = {
  readonly project: string;
  readonly projectNumber: string;
  readonly region: string;
  readonly now: Now;
  readonly samplePeriodMs: number;
  readonly ingestDelayMs: number;
  /** Lifetime of an access token. */
  readonly lifetimeSeconds: number;
  /** A container that does not listen by then has failed; Cloud Run waits for four minutes. */
  readonly startDeadlineMs: number;
  /** How Cloud Run behaves where its documents leave a choice. */
  readonly rules: Partial<Rules>;
  /** IAM permissions of every caller. */
  readonly permissions: readonly string[] | 'all';
  readonly listener: Listener;
  /** Where services and their tags are found; left out: a free port on loopback each. */
  readonly addressOf?: (service: string, tag: string | null) => Address;
};

export type Sandbox = {
  /** Where everything listens: Cloud Run v1 and v2, Monitoring, Logging, tokens, GitHub. */
  readonly base: string;
  readonly options: SandboxOptions;
  readonly model: ServiceModel;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly services: Services;
  readonly traffic: Traffic;
  readonly monitoring: Monitoring;
  readonly logging: Logging;
  readonly github: Github;
  readonly tokens: Tokens;
  /** APIs that the project has not enabled, such as run.googleapis.com. */
  readonly disabledApis: Set<string>;
  /** One more address for the same dispatcher, e.g. a real host name with TLS. */
  readonly listen: (listener: Listener) => Promise<string>;
  /** Permissions that requests so far could not do without; to ask for one's permissions needs none. */
  readonly needed: ReadonlySet<string>;
  /** From now on. */
  readonly grant: (permissions: readonly string[] | 'all') => void;
  /** Makes a service private: from now on only these accounts may call it. */
  readonly protect: (service: string, accounts: readonly string[]) => void;
  readonly stop: () => Promise<void>;
};

const usual: SandboxOptions = {
  project: 'demo',
  projectNumber: '123456789012',
  region: 'us-central1',
  now: Date.now,
  samplePeriodMs: 1_000,
  ingestDelayMs: 2_000,
  lifetimeSeconds: 3_600,
  startDeadlineMs: 30_000,
  rules: {},
  permissions: 'all',
  listener: {},
};

export async function startSandbox(chosen: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const options = { ...usual, ...chosen };
  let { permissions } = options;
  const granted = (permission: string) => permissions === 'all' || permissions.includes(permission);
  const needed = new Set<string>();
  const onNeed = (permission: string) => void needed.add(permission);
  const holds = (permission: string) => {
    onNeed(permission);
    return granted(permission);
  };
  const timers = createTimers();
  const tokens = tokensHandler(options);
  const authenticate = (call: Call) => tokens.authenticate(call);
  const invokers = new Map<string, readonly string[]>();
  const door = { invokers, identityOf: tokens.identityOf };
  const { traffic, model, openUrls } = cloudRun(options, timers.schedule, door);
  const { grownBy } = traffic;
  const monitoring = monitoringHandler({ ...options, authenticate, holds, grownBy });
  traffic.onRequest((entry) => monitoring.record(entry));
  const logging = loggingHandler({ ...options, authenticate, holds });
  traffic.onLogged((entry) => logging.record(entry));
  const github = githubHandler(options);
  const front = { model, access: { authenticate, granted, onNeed }, openUrls };
  const apis = disabledApis(options.projectNumber);
  const { server, journal, faults } = openServer(options.now, [
    apis.handler,
    v1Handler({ ...front, schedule: timers.schedule }),
    v2Handler(front),
    monitoring.handler,
    logging.handler,
    tokens.handler,
    accountsHandler({ authenticate, granted }),
    github.handler,
  ]);
  const services = createServices(model, openUrls);
  const base = await server.listen(options.listener);
  const stop = async () => {
    timers.stop();
    await server.close();
    await traffic.stop();
  };
  const grant: Sandbox['grant'] = (next) => {
    permissions = next;
  };
  const protect: Sandbox['protect'] = (service, accounts) => void invokers.set(service, accounts);
  const telemetry = { monitoring, logging };
  const parts = { model, journal, faults, services, traffic, ...telemetry, github, tokens };
  const disabled = { disabledApis: apis.disabled };
  const doors = { listen: server.listen, needed, grant, protect, stop };
  return { base, options, ...parts, ...disabled, ...doors };
}

/** The traffic asks the model who is served, and the model starts revisions in the traffic. */
function cloudRun(
  options: SandboxOptions,
  schedule: (ms: number, run: () => void) => void,
  {
    invokers,
    identityOf,
  }: {
    readonly invokers: ReadonlyMap<string, readonly string[]>;
    readonly identityOf: Tokens['identityOf'];
  },
) {
  const traffic = createTraffic({
    now: options.now,
    startDeadlineMs: options.startDeadlineMs,
    admit: createDoor({
      annotations: (service) =>
        model.list().find(({ metadata }) => metadata.name === service)?.metadata.annotations ?? {},
      url: (service) => links.url(service, null),
      invokers: (service) => invokers.get(service) ?? null,
      identityOf,
    }),
    addressOf: options.addressOf,
    view: {
      served: (service) => model.served(service),
      tagged: (service, tag) => model.tagged(service, tag),
    },
  });
  const links = createLinks((service, tag) => traffic.urlFor(service, tag));
  const model = new ServiceModel({
    ...options,
    schedule,
    runtime: traffic.runtime,
    url: links.url,
  });
  return { traffic, model, openUrls: links.open };
}
