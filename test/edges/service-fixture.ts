/**
 * A v1 Service as `gcloud run services describe --format=json` shows one (Cloud Run Admin API v1,
 * namespaces.services; Knative Serving Service), deployed by gcloud and following LATEST.
 */
import type { Plan, RecordDraft } from '../../src/core/types.ts';
import { asObject, parseJson } from '../../src/edges/json.ts';
import type { JsonObject, JsonValue } from '../../src/edges/json.ts';
import { aChange, aPlan } from '../unit/build.ts';

export const SERVICE_TEXT = `{
  "apiVersion": "serving.knative.dev/v1",
  "kind": "Service",
  "metadata": {
    "name": "web",
    "namespace": "123456789012",
    "selfLink": "/apis/serving.knative.dev/v1/namespaces/123456789012/services/web",
    "uid": "7f1d1c5e-0000-4000-8000-000000000001",
    "resourceVersion": "AAZZJpwmJn4",
    "generation": 41,
    "creationTimestamp": "2026-01-05T09:00:00.000000Z",
    "labels": {"cloud.googleapis.com/location": "us-central1", "team": "café"},
    "annotations": {
      "run.googleapis.com/client-name": "gcloud",
      "run.googleapis.com/ingress": "all",
      "serving.knative.dev/creator": "someone@example.com",
      "example.com/unknown": "1.0"
    }
  },
  "spec": {
    "template": {
      "metadata": {
        "name": "web-00041-kib",
        "labels": {"client.knative.dev/nonce": "x"},
        "annotations": {"autoscaling.knative.dev/maxScale": "100"}
      },
      "spec": {
        "containerConcurrency": 80,
        "timeoutSeconds": 300,
        "serviceAccountName": "web@demo.iam.gserviceaccount.com",
        "containers": [
          {
            "image": "us-docker.pkg.dev/demo/web/web@sha256:aaaa",
            "ports": [{"name": "http1", "containerPort": 8080}],
            "env": [{"name": "PRECISE", "value": "1.0"}],
            "resources": {"limits": {"cpu": "1000m", "memory": "512Mi"}},
            "futureField": {"ratio": 1.0, "id": 12345678901234567890}
          }
        ]
      }
    },
    "traffic": [{"percent": 100, "latestRevision": true}]
  },
  "status": {
    "observedGeneration": 41,
    "conditions": [
      {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-20T10:00:00.000000Z"},
      {"type": "ConfigurationsReady", "status": "True"},
      {"type": "RoutesReady", "status": "True"}
    ],
    "latestReadyRevisionName": "web-00041-kib",
    "latestCreatedRevisionName": "web-00041-kib",
    "traffic": [{"revisionName": "web-00041-kib", "percent": 100, "latestRevision": true}],
    "url": "https://web-abc123-uc.a.run.app",
    "address": {"url": "https://web-abc123-uc.a.run.app"}
  }
}`;

/** The service with the values at some paths ("spec.traffic") replaced; undefined removes. */
export function service(changes: Readonly<Record<string, unknown>> = {}): JsonObject {
  let raw: unknown = JSON.parse(SERVICE_TEXT);
  for (const [path, value] of Object.entries(changes)) raw = replaced(raw, path.split('.'), value);
  return object(parseJson(JSON.stringify(raw)));
}

function replaced(value: unknown, [key, ...rest]: readonly string[], next: unknown): unknown {
  if (key === undefined) return next;
  const own = typeof value === 'object' && value !== null ? value : {};
  return { ...own, [key]: replaced(Reflect.get(own, key), rest, next) };
}

export function object(value: JsonValue): JsonObject {
  return asObject(value)!;
}

export const CANARY = 'web-c8y7innm-1';
export const STABLE = 'web-00041-kib';
export const IMAGE = 'us-docker.pkg.dev/demo/web/web@sha256:bbbb';
export const NOW = Date.UTC(2026, 10, 20, 15, 4, 31);

/** Of a start: its change is the image of `draft`. */
export const PLAN: Plan = aPlan({ change: aChange({ image: IMAGE }), tag: 'canary' });

export function draft(changes: Partial<RecordDraft> = {}): RecordDraft {
  return {
    version: 1,
    rolloutId: '683120945-19482736450',
    startedBy: 1,
    starterAttempt: 1,
    owner: '683120945-19482736450',
    attempt: 1,
    phase: 'active',
    stage: 0,
    percents: [0, 5, 50, 100],
    planHash: '5be0a1f7',
    stable: STABLE,
    canary: CANARY,
    clone: null,
    tag: 'canary',
    image: IMAGE,
    commit: '0123456789abcdef0123456789abcdef01234567',
    runUrl: 'https://github.com/acme/web/actions/runs/19482736450',
    at: NOW,
    due: NOW + 900_000,
    servedAt: null,
    changedAt: [NOW],
    reason: 'started',
    followedLatest: true,
    minInstances: null,
    history: [],
    ...changes,
  };
}
