/** The real names of everything a rollout speaks to, and where they lead inside the namespace. */
import type { Address } from '../sandbox/traffic/traffic.ts';

export const TAG = 'canary';
export const HOSTS = {
  run: 'us-central1-run.googleapis.com',
  monitoring: 'monitoring.googleapis.com',
  logging: 'logging.googleapis.com',
  sts: 'sts.googleapis.com',
  iam: 'iamcredentials.googleapis.com',
  accounts: 'iam.googleapis.com',
  github: 'api.github.com',
  oidc: 'pipelines.actions.githubusercontent.com',
} as const;
const SERVICE = 'web-2kc6p7xoza-uc.a.run.app';
const CANARY = `${TAG}---${SERVICE}`;
/** Kept on the stable revision by a promotion. */
const PREVIOUS = `c-previous---${SERVICE}`;

export const API_ADDRESS = '127.0.0.2';
/** Probes go to public addresses only, so these are public ones; only `lo` answers to them here. */
const PUBLIC_ADDRESSES = {
  [SERVICE]: '34.143.72.2',
  [CANARY]: '34.143.73.2',
  [PREVIOUS]: '34.143.74.2',
} as const;

export const NAMES: readonly string[] = [...Object.values(HOSTS), SERVICE, CANARY, PREVIOUS];
export const ADDRESSES: readonly string[] = Object.values(PUBLIC_ADDRESSES);

export const HOSTS_FILE = [
  '127.0.0.1 localhost',
  `${API_ADDRESS} ${Object.values(HOSTS).join(' ')}`,
  ...Object.entries(PUBLIC_ADDRESSES).map(([name, address]) => `${address} ${name}`),
  '',
].join('\n');

type Tls = { readonly key: string; readonly cert: string };

/** Where Cloud Run says that the service and its tag are, and where they really listen. */
export function addressesWith(tls: Tls): (service: string, tag: string | null) => Address {
  return (_service, tag) => {
    const name = tag === null ? SERVICE : tag === TAG ? CANARY : PREVIOUS;
    return {
      listener: { host: PUBLIC_ADDRESSES[name], port: 443, tls },
      url: `https://${name}`,
    };
  };
}
