/** A v1 Service with every field that matters, as the discovery document of run.googleapis.com lists them, and some that are not in it. */
import { parseJson } from '../../src/edges/json.ts';
import type { JsonObject } from '../../src/edges/json.ts';
import { object } from './service-fixture.ts';

export function fullService(): JsonObject {
  return object(parseJson(TEXT));
}

const TEXT = `{
  "apiVersion": "serving.knative.dev/v1",
  "kind": "Service",
  "metadata": {
    "name": "web", "namespace": "123456789012", "uid": "7f1d1c5e-0000-4000-8000-000000000001",
    "selfLink": "/apis/serving.knative.dev/v1/namespaces/123456789012/services/web",
    "resourceVersion": "AAZZJpwmJn4", "generation": 41,
    "creationTimestamp": "2026-01-05T09:00:00.000000Z", "deletionGracePeriodSeconds": 0,
    "finalizers": ["example.com/hold"],
    "ownerReferences": [{"apiVersion": "v1", "kind": "Thing", "name": "t", "uid": "u", "controller": true}],
    "labels": {"cloud.googleapis.com/location": "us-central1", "team": "shop"},
    "annotations": {
      "run.googleapis.com/client-name": "gcloud", "run.googleapis.com/client-version": "528.0.0",
      "run.googleapis.com/ingress": "all", "run.googleapis.com/ingress-status": "all",
      "run.googleapis.com/description": "The shop", "run.googleapis.com/launch-stage": "BETA",
      "run.googleapis.com/minScale": "3", "run.googleapis.com/custom-audiences": "[\\"https://shop\\"]",
      "run.googleapis.com/binary-authorization": "default",
      "serving.knative.dev/creator": "ada@example.com", "serving.knative.dev/lastModifier": "ada@example.com",
      "example.com/unknown": "1.0"
    }
  },
  "spec": {
    "template": {
      "metadata": {
        "name": "web-00041-kib",
        "labels": {"client.knative.dev/nonce": "x", "team": "shop", "run.googleapis.com/startupProbeType": "Custom"},
        "annotations": {
          "autoscaling.knative.dev/minScale": "1", "autoscaling.knative.dev/maxScale": "100",
          "run.googleapis.com/cpu-throttling": "false", "run.googleapis.com/startup-cpu-boost": "true",
          "run.googleapis.com/sessionAffinity": "true", "run.googleapis.com/execution-environment": "gen2",
          "run.googleapis.com/cloudsql-instances": "demo:us-central1:db",
          "run.googleapis.com/network-interfaces": "[{\\"network\\":\\"n\\",\\"subnetwork\\":\\"s\\"}]",
          "run.googleapis.com/vpc-access-egress": "private-ranges-only",
          "run.googleapis.com/container-dependencies": "{\\"app\\":[\\"side\\"]}",
          "run.googleapis.com/secrets": "far-1:projects/42/secrets/far",
          "example.com/future": "yes"
        }
      },
      "spec": {
        "containerConcurrency": 250, "timeoutSeconds": 300,
        "serviceAccountName": "web@demo.iam.gserviceaccount.com",
        "nodeSelector": {"run.googleapis.com/accelerator": "nvidia-l4"},
        "runtimeClassName": "gvisor", "enableServiceLinks": false,
        "containers": [
          {
            "name": "side", "image": "us-docker.pkg.dev/demo/web/side:1",
            "env": [{"name": "A", "value": "side"}], "resources": {"limits": {"cpu": "500m", "memory": "128Mi"}},
            "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]
          },
          {
            "name": "app", "image": "us-docker.pkg.dev/demo/web/web:1", "imagePullPolicy": "Always",
            "command": ["/app"], "args": ["--fast"], "workingDir": "/srv",
            "ports": [{"name": "http1", "containerPort": 8080, "protocol": "TCP"}],
            "env": [
              {"name": "A", "value": "1", "future": {"ratio": 1.0}},
              {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "token", "key": "latest", "optional": false}}},
              {"name": "FAR", "valueFrom": {"secretKeyRef": {"name": "far-1", "key": "2"}}}
            ],
            "resources": {"limits": {"cpu": "2", "memory": "512Mi", "nvidia.com/gpu": "1"}, "requests": {"cpu": "1"}},
            "volumeMounts": [
              {"name": "tls", "mountPath": "/etc/tls", "readOnly": true},
              {"name": "scratch", "mountPath": "/scratch", "subPath": "app"}
            ],
            "startupProbe": {"tcpSocket": {"port": 8080}, "timeoutSeconds": 240, "periodSeconds": 240, "failureThreshold": 1},
            "livenessProbe": {"httpGet": {"path": "/ok", "port": 8080, "httpHeaders": [{"name": "X", "value": "1"}]}},
            "securityContext": {"runAsUser": 1000}, "terminationMessagePath": "/dev/log",
            "futureField": {"ratio": 1.0, "id": 12345678901234567890}
          }
        ],
        "volumes": [
          {"name": "tls", "secret": {"secretName": "tls", "defaultMode": 292, "items": [{"key": "3", "path": "cert", "mode": 256}]}},
          {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
          {"name": "bucket", "csi": {"driver": "gcsfuse.run.googleapis.com", "readOnly": true, "volumeAttributes": {"bucketName": "b"}}}
        ],
        "futureSpec": [1e3, {"deep": [null, false]}]
      }
    },
    "traffic": [{"percent": 100, "latestRevision": true}, {"revisionName": "web-00040-abc", "tag": "prev", "url": "https://prev"}],
    "futureTop": {"kept": true}
  },
  "status": {
    "observedGeneration": 41,
    "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-20T10:00:00.000000Z", "severity": "Info"}],
    "latestReadyRevisionName": "web-00041-kib", "latestCreatedRevisionName": "web-00041-kib",
    "traffic": [{"revisionName": "web-00041-kib", "percent": 100, "latestRevision": true}],
    "url": "https://web-abc123-uc.a.run.app", "address": {"url": "https://web-abc123-uc.a.run.app"}
  }
}`;
