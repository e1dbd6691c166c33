/** Sets of inputs that are taken, as names and texts; whatever is secret in them is the planted secret. */
import { SECRET } from './fuzz-run.ts';

const SETS = [
  `service=web
image=us-docker.pkg.dev/demo/web/web:v1
region=europe-west1
project_id=demo
stages=5% for 10m, 20% for 10m..30m, 50% for 1h
env_vars=MODE=live,PASSWORD=${SECRET}
env_vars_update_strategy=merge
secrets=KEY=key:latest,/etc/file=other:3
labels=team=shop,stage=prod
timeout=5m
suffix=v1
tag=canary
token=${SECRET}`,
  `service=web
image=web@sha256:${'0'.repeat(64)}
flags=--cpu=2 --memory 512Mi --concurrency=80
min_requests=20
confidence=high
max_error_rate=1%
max_error_rate_increase=0.05%
max_client_error_rate_increase=1%
max_latency_p50=300ms
max_latency_p95=1500ms
max_latency_p99=3s
max_latency_increase=10%
latency_warm_up=3
max_memory=95%
on_no_data=hold
on_inconclusive=promote
on_cancel=rollback
no_data_timeout=15m
deploy_timeout=10m
hold_for=24h`,
  `service=web
image=web:v1
smoke_path=/healthz
HEAD /
POST /orders?key=1 200-299, 404
smoke_status=200-299, 404
smoke_body="ok"
smoke_revision_header=x-revision
smoke_probes=50
smoke_rate=10
smoke_auth=id_token
smoke_audience=https://web.example
warm_up=30s
baseline=fresh
min_instances_during_rollout=2
stages=auto
check_name=Canary: web
comment=on_failure
deployment=true
deployment_environment=web
notify_url=https://hooks.example/services/${SECRET}
notify_secret=${SECRET}
notify_format=slack
dry_run=true`,
  `command=ramp
service=web
to=25%
wait_for_verdict=false`,
  `command=promote
service=projects/demo/locations/europe-west1/services/web
at=20%`,
  `command=run
revision=web-00042-abc
service=web
first_deploy=refuse
allow_unfenced=true
delete_failed_canary=true
keep_tag=true`,
];

/** A line without a name goes on with the input before it. */
export const INPUT_SEEDS: readonly string[] = SETS.map((set) =>
  JSON.stringify(
    set.split(/\n(?=[a-z0-9_]+=)/).map((line) => {
      const end = line.indexOf('=');
      return [line.slice(0, end), line.slice(end + 1)];
    }),
  ),
);
