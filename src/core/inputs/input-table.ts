/** The one list of commands and inputs. action.yml repeats it with descriptions; a test compares. */

export const COMMANDS = ['run', 'promote', 'rollback', 'status'] as const;
export type Command = (typeof COMMANDS)[number];

type Row = {
  /** What counts when the input is left out; "" for nothing. */
  readonly usual: string;
  /** The other commands find a rollout with its plan frozen in it. */
  readonly usedBy: 'every command' | 'run';
};

export const INPUTS = {
  command: { usual: 'run', usedBy: 'every command' },
  service: { usual: '', usedBy: 'every command' },
  region: { usual: 'us-central1', usedBy: 'every command' },
  project_id: { usual: '', usedBy: 'every command' },
  image: { usual: '', usedBy: 'run' },
  tag: { usual: '', usedBy: 'run' },
  no_traffic: { usual: 'true', usedBy: 'every command' },
  stages: { usual: '5% for 10m, 20% for 10m, 50% for 10m', usedBy: 'run' },
  min_requests: { usual: '100', usedBy: 'run' },
  max_error_rate: { usual: '', usedBy: 'run' },
  max_error_rate_increase: { usual: '0.5%', usedBy: 'run' },
  max_latency_p50: { usual: '', usedBy: 'run' },
  max_latency_p95: { usual: '', usedBy: 'run' },
  max_latency_p99: { usual: '', usedBy: 'run' },
  max_latency_increase: { usual: '25%', usedBy: 'run' },
  on_no_data: { usual: 'hold', usedBy: 'run' },
  on_cancel: { usual: 'rollback', usedBy: 'run' },
  no_data_timeout: { usual: '15m', usedBy: 'run' },
  deploy_timeout: { usual: '10m', usedBy: 'run' },
  hold_for: { usual: '24h', usedBy: 'run' },
  smoke_path: { usual: '/', usedBy: 'run' },
  smoke_status: { usual: '200-399', usedBy: 'run' },
  smoke_revision_header: { usual: '', usedBy: 'run' },
  allow_unfenced: { usual: 'false', usedBy: 'run' },
  check_name: { usual: '', usedBy: 'every command' },
  token: { usual: '', usedBy: 'every command' },
} as const satisfies Record<string, Row>;

export type InputName = keyof typeof INPUTS;

export const INPUT_NAMES = Object.keys(INPUTS).filter(isInputName);

export function isInputName(name: string): name is InputName {
  return Object.hasOwn(INPUTS, name);
}
