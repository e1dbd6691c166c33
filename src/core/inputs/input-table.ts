/** The one list of commands and inputs. action.yml repeats it with descriptions; a test compares. */

export const COMMANDS = [
  'run',
  'deploy',
  'ramp',
  'promote',
  'rollback',
  'resume',
  'status',
  'reconcile',
] as const;
export type Command = (typeof COMMANDS)[number];

type Row = {
  /** What counts when the input is left out; "" for nothing. */
  readonly usual: string;
  /** A rollout's plan is fixed by the command that starts it; the others find it on the service. */
  readonly usedBy: 'every command' | 'a start' | readonly Command[];
};

export const INPUTS = {
  command: { usual: 'run', usedBy: 'every command' },
  service: { usual: '', usedBy: 'every command' },
  region: { usual: 'us-central1', usedBy: 'every command' },
  project_id: { usual: '', usedBy: 'every command' },
  image: { usual: '', usedBy: 'a start' },
  metadata: { usual: '', usedBy: 'a start' },
  revision: { usual: '', usedBy: 'a start' },
  first_deploy: { usual: 'refuse', usedBy: 'a start' },
  env_vars: { usual: '', usedBy: 'a start' },
  env_vars_update_strategy: { usual: 'merge', usedBy: 'a start' },
  secrets: { usual: '', usedBy: 'a start' },
  secrets_update_strategy: { usual: 'merge', usedBy: 'a start' },
  labels: { usual: '', usedBy: 'a start' },
  skip_default_labels: { usual: 'false', usedBy: 'a start' },
  suffix: { usual: '', usedBy: 'a start' },
  timeout: { usual: '', usedBy: 'a start' },
  flags: { usual: '', usedBy: 'a start' },
  tag: { usual: '', usedBy: 'a start' },
  keep_tag: { usual: 'false', usedBy: 'a start' },
  no_traffic: { usual: 'true', usedBy: 'every command' },
  stages: { usual: '5% for 10m, 20% for 10m, 50% for 10m', usedBy: 'a start' },
  to: { usual: '', usedBy: ['ramp', 'rollback'] },
  at: { usual: '', usedBy: ['promote'] },
  wait_for_verdict: { usual: 'true', usedBy: ['ramp'] },
  min_requests: { usual: '20', usedBy: 'a start' },
  confidence: { usual: 'normal', usedBy: 'a start' },
  max_error_rate: { usual: '', usedBy: 'a start' },
  max_error_rate_increase: { usual: '0.05%', usedBy: 'a start' },
  max_client_error_rate_increase: { usual: '1%', usedBy: 'a start' },
  max_latency_p50: { usual: '', usedBy: 'a start' },
  max_latency_p95: { usual: '', usedBy: 'a start' },
  max_latency_p99: { usual: '', usedBy: 'a start' },
  max_latency_increase: { usual: '10%', usedBy: 'a start' },
  max_memory: { usual: '95%', usedBy: 'a start' },
  latency_warm_up: { usual: '3', usedBy: 'a start' },
  on_no_data: { usual: 'hold', usedBy: 'a start' },
  on_inconclusive: { usual: 'promote', usedBy: 'a start' },
  on_cancel: { usual: 'rollback', usedBy: 'a start' },
  baseline: { usual: 'stable', usedBy: 'a start' },
  min_instances_during_rollout: { usual: '', usedBy: 'a start' },
  no_data_timeout: { usual: '15m', usedBy: 'a start' },
  deploy_timeout: { usual: '10m', usedBy: 'a start' },
  hold_for: { usual: '24h', usedBy: 'a start' },
  smoke_path: { usual: '/', usedBy: 'a start' },
  smoke_status: { usual: '200-399', usedBy: 'a start' },
  smoke_body: { usual: '', usedBy: 'a start' },
  smoke_revision_header: { usual: '', usedBy: 'a start' },
  smoke_probes: { usual: '50', usedBy: 'a start' },
  smoke_rate: { usual: '10', usedBy: 'a start' },
  smoke_auth: { usual: 'auto', usedBy: 'a start' },
  smoke_audience: { usual: '', usedBy: 'a start' },
  warm_up: { usual: 'off', usedBy: 'a start' },
  delete_failed_canary: { usual: 'false', usedBy: 'a start' },
  allow_unfenced: { usual: 'false', usedBy: 'a start' },
  dry_run: { usual: 'false', usedBy: 'a start' },
  check_name: { usual: '', usedBy: 'every command' },
  comment: { usual: 'never', usedBy: 'every command' },
  deployment: { usual: 'false', usedBy: 'every command' },
  deployment_environment: { usual: '', usedBy: 'every command' },
  notify_url: { usual: '', usedBy: 'every command' },
  notify_secret: { usual: '', usedBy: 'every command' },
  notify_format: { usual: 'generic', usedBy: 'every command' },
  token: { usual: '', usedBy: 'every command' },
} as const satisfies Record<string, Row>;

export type InputName = keyof typeof INPUTS;

export const INPUT_NAMES = Object.keys(INPUTS).filter(isInputName);

export function isInputName(name: string): name is InputName {
  return Object.hasOwn(INPUTS, name);
}

/** Values of these are never shown, whatever is wrong with them. */
const PRIVATE: readonly InputName[] = [
  'metadata',
  'env_vars',
  'secrets',
  'flags',
  'notify_url',
  'notify_secret',
];

export function isPrivate(name: InputName): boolean {
  return PRIVATE.includes(name);
}

const STARTING: readonly Command[] = ['run', 'deploy'];

export function isUsedBy(name: InputName, command: Command): boolean {
  const usedBy: Row['usedBy'] = INPUTS[name].usedBy;
  if (usedBy === 'every command') return true;
  return (usedBy === 'a start' ? STARTING : usedBy).includes(command);
}

export function isStarting(command: Command): boolean {
  return STARTING.includes(command);
}
