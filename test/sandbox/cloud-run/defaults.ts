import { isObject, type Json } from './json.ts';
import type { Container, Template } from './objects.ts';

/**
 * Values the service fills in, so that a client finds more than it sent.
 * https://cloud.google.com/run/docs/reference/yaml/v1
 * https://cloud.google.com/run/docs/configuring/healthchecks
 */
export function withDefaults(template: Template, projectNumber: string): Template {
  const { containers } = template.spec;
  const withPorts = containers.findIndex(({ ports }) => (ports ?? []).length > 0);
  const serving = Math.max(0, withPorts);
  const [first, ...others] = containers;
  const filled = (container: Container, index: number) =>
    index === serving ? ingress(container) : probed(container, null);
  return {
    ...template,
    metadata: {
      ...template.metadata,
      annotations: {
        'autoscaling.knative.dev/maxScale': '100',
        ...template.metadata?.annotations,
      },
    },
    spec: {
      containerConcurrency: isBelowOneCpu(containers[serving]) ? 1 : 80,
      timeoutSeconds: 300,
      serviceAccountName: `${projectNumber}-compute@developer.gserviceaccount.com`,
      ...template.spec,
      containers: [
        filled(first, 0),
        ...others.map((container, index) => filled(container, index + 1)),
      ],
    },
  };
}

function isBelowOneCpu(container: Container | undefined): boolean {
  const limits = container?.resources?.['limits'];
  const cpu = isObject(limits) ? limits['cpu'] : undefined;
  return typeof cpu === 'string' && Number(cpu.replace(/m$/, 'e-3')) < 1;
}

function ingress(container: Container): Container {
  const [port, ...others] = container.ports ?? [];
  const ports = [{ name: 'http1', containerPort: 8080, ...port }, ...others];
  const served = ports[0]?.containerPort ?? 8080;
  return probed(
    {
      ...container,
      ports,
      resources: container.resources ?? { limits: { cpu: '1000m', memory: '512Mi' } },
      startupProbe: container.startupProbe ?? {
        timeoutSeconds: 240,
        periodSeconds: 240,
        failureThreshold: 1,
        tcpSocket: { port: served },
      },
    },
    served,
  );
}

/** `port` null: of a container that serves none, and has to name its own. */
function probed(container: Container, port: number | null): Container {
  const { startupProbe, livenessProbe } = container;
  return {
    ...container,
    ...(startupProbe === undefined ? {} : { startupProbe: probe(startupProbe, port) }),
    ...(livenessProbe === undefined ? {} : { livenessProbe: probe(livenessProbe, port) }),
  };
}

function probe(given: Json, port: number | null): Json {
  const ways = ['httpGet', 'tcpSocket', 'grpc'].flatMap((way) => {
    const how = given[way];
    return isObject(how) ? [[way, { ...(port === null ? {} : { port }), ...how }] as const] : [];
  });
  return {
    timeoutSeconds: 1,
    periodSeconds: 10,
    failureThreshold: 3,
    ...given,
    ...Object.fromEntries(ways),
  };
}
