/** What others do to the service of a scene, behind the action's back. */
import { decodeService } from '../sandbox/cloud-run/validate.ts';
import type { Scene } from './scene.ts';

export type Shape = {
  /** Added to the annotations of the template. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Added to the spec of the template. */
  readonly spec?: object;
  /** Added to its container. */
  readonly container?: object;
};

/** Somebody deploys the service anew with fields of their own; resolves when that is served. */
export async function reshape({ sandbox, service }: Scene, shape: Shape): Promise<void> {
  const { metadata, spec, ...rest } = sandbox.model.get(service);
  const { resourceVersion: _, ...unfenced } = metadata;
  const { template } = spec;
  const [container] = template.spec.containers;
  const wanted = {
    ...rest,
    metadata: unfenced,
    spec: {
      ...spec,
      template: {
        metadata: {
          ...template.metadata,
          annotations: { ...template.metadata?.annotations, ...shape.annotations },
        },
        spec: {
          ...template.spec,
          ...shape.spec,
          containers: [{ ...container, ...shape.container }],
        },
      },
    },
  };
  sandbox.model.replace(decodeService(wanted), { dryRun: false, by: 'outsider@sandbox.example' });
  await sandbox.services.untilSettled(service);
}
