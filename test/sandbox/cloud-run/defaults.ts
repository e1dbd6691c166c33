import type { Container, Template } from './objects.ts';

/**
 * Values the service fills in, so that a client finds more than it sent.
 * https://cloud.google.com/run/docs/reference/yaml/v1
 */
export function withDefaults(template: Template, projectNumber: string): Template {
  const [first, ...others] = template.spec.containers;
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
      containerConcurrency: 80,
      timeoutSeconds: 300,
      serviceAccountName: `${projectNumber}-compute@developer.gserviceaccount.com`,
      ...template.spec,
      containers: [ingress(first), ...others],
    },
  };
}

function ingress(container: Container): Container {
  const ports = container.ports ?? [];
  return {
    ...container,
    ports: ports.length > 0 ? ports : [{ name: 'http1', containerPort: 8080 }],
    resources: container.resources ?? { limits: { cpu: '1000m', memory: '512Mi' } },
  };
}
