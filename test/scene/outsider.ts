/** What others do to the service of a scene, behind the action's back. */
import { decodeService } from '../sandbox/cloud-run/validate.ts';
import { until } from './evidence.ts';
import type { Scene } from './scene.ts';

export type Shape = {
  /** Added to the annotations of the template. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Added to the spec of the template. */
  readonly spec?: object;
  /** Added to its container. */
  readonly container?: object;
};

/** Somebody gives everything to the latest ready revision, whichever that is; tags stay. */
export function followLatest({ sandbox, service }: Scene): void {
  const { metadata, spec, ...rest } = sandbox.model.get(service);
  const { resourceVersion: _, ...unfenced } = metadata;
  const tagged = spec.traffic.filter((row) => row.tag !== undefined);
  const tags = tagged.map(({ percent: _percent, ...row }) => row);
  const traffic = [{ latestRevision: true, percent: 100 }, ...tags];
  const wanted = { ...rest, metadata: unfenced, spec: { ...spec, traffic } };
  sandbox.model.replace(decodeService(wanted), { dryRun: false, by: 'outsider@sandbox.example' });
}

/** Somebody makes a revision of that image; who is served does not change if the traffic is pinned. */
export function makeRevision({ sandbox, service }: Scene, image: string): void {
  const { metadata, spec, ...rest } = sandbox.model.get(service);
  const { resourceVersion: _, ...unfenced } = metadata;
  const { template } = spec;
  const { name: _name, ...unnamed } = template.metadata ?? {};
  const [container] = template.spec.containers;
  const made = { ...template.spec, containers: [{ ...container, image }] };
  const wanted = {
    ...rest,
    metadata: unfenced,
    spec: { ...spec, template: { metadata: unnamed, spec: made } },
  };
  sandbox.model.replace(decodeService(wanted), { dryRun: false, by: 'outsider@sandbox.example' });
}

/** Somebody deploys the service anew with fields of their own; resolves when that is served. */
export async function reshape(scene: Scene, shape: Shape): Promise<void> {
  const { sandbox, service } = scene;
  const { metadata, spec, status, ...rest } = sandbox.model.get(service);
  const before = status.latestReadyRevisionName;
  const { resourceVersion: _, ...unfenced } = metadata;
  const { template } = spec;
  const [container] = template.spec.containers;
  const wanted = {
    ...rest,
    status,
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
  // Ready comes before the traffic does.
  await until('the new template is served', () => {
    const { latestReadyRevisionName = '' } = sandbox.model.get(service).status;
    return latestReadyRevisionName !== before && scene.served()[latestReadyRevisionName] === 100;
  });
}
