import type { ServiceModel } from './cloud-run/model.ts';
import type { ServiceObject, TrafficTarget } from './cloud-run/objects.ts';
import { decodeService } from './cloud-run/validate.ts';

type NewService = {
  readonly name: string;
  readonly image: string;
  /** Name of the first revision; one is generated if it is not given. */
  readonly revision?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** true: the service follows LATEST, as one deployed in the usual way does; false: pinned. */
  readonly followsLatest?: boolean;
  /** Traffic tags on the first revision. */
  readonly tags?: readonly string[];
};

/** What a test or a demo does to services by hand, as an outsider would. */
export type Services = {
  /** A service whose first revision is ready and serves 100 %. */
  readonly create: (service: NewService) => Promise<ServiceObject>;
  /** Somebody else's change of the split; `tags` are kept as they are. */
  readonly setTraffic: (
    name: string,
    split: Readonly<Record<string, number>>,
  ) => Promise<ServiceObject>;
  /** Somebody else's change of annotations; null takes one away. */
  readonly annotate: (
    name: string,
    annotations: Readonly<Record<string, string | null>>,
  ) => ServiceObject;
  readonly untilSettled: (name: string) => Promise<ServiceObject>;
};

const outsider = { dryRun: false, by: 'outsider@sandbox.example' };

export function createServices(
  model: ServiceModel,
  openUrls: (service: string, tags: readonly string[]) => Promise<void>,
): Services {
  const untilSettled = (name: string) => settled(model, name);
  const put = (service: ServiceObject) => model.replace(decodeService(unfenced(service)), outsider);
  return {
    create: async (wanted) => {
      await openUrls(wanted.name, wanted.tags ?? []);
      model.create(decodeService(bodyOf(wanted)), outsider);
      const service = await untilSettled(wanted.name);
      if (service.status.conditions[0]?.status !== 'True') {
        throw new Error(`'${wanted.name}': ${service.status.conditions[0]?.message}`);
      }
      const traffic = firstTraffic(wanted, service.status.latestReadyRevisionName ?? '');
      if (traffic === null) return service;
      put({ ...service, spec: { ...service.spec, traffic } });
      return untilSettled(wanted.name);
    },
    setTraffic: async (name, split) => {
      const service = model.get(name);
      const percents = Object.entries(split).map(([revisionName, percent]) => ({
        revisionName,
        percent,
      }));
      put({ ...service, spec: { ...service.spec, traffic: [...percents, ...tagsOf(service)] } });
      return untilSettled(name);
    },
    annotate: (name, changes) => {
      const service = model.get(name);
      const all = Object.entries({ ...service.metadata.annotations, ...changes });
      const annotations = Object.fromEntries(
        all.flatMap(([key, text]) => (text === null ? [] : [[key, text]])),
      );
      return put({ ...service, metadata: { ...service.metadata, annotations } });
    },
    untilSettled,
  };
}

async function settled(model: ServiceModel, name: string): Promise<ServiceObject> {
  for (;;) {
    const service = model.get(name);
    const { metadata, status } = service;
    const isObserved = status.observedGeneration === metadata.generation;
    if (isObserved && status.conditions[0]?.status !== 'Unknown') return service;
    await model.nextChange();
  }
}

function firstTraffic(wanted: NewService, revisionName: string): readonly TrafficTarget[] | null {
  const tags = (wanted.tags ?? []).map((tag) => ({ tag, revisionName }));
  if (wanted.followsLatest !== false && tags.length === 0) return null;
  const all =
    wanted.followsLatest === false
      ? { revisionName, percent: 100 }
      : { latestRevision: true, percent: 100 };
  return [all, ...tags];
}

function tagsOf(service: ServiceObject): TrafficTarget[] {
  return service.spec.traffic.flatMap(({ percent: _percent, ...target }) =>
    target.tag === undefined ? [] : [target],
  );
}

function unfenced(service: ServiceObject): object {
  const { metadata, ...rest } = service;
  const { resourceVersion: _resourceVersion, ...others } = metadata;
  return { ...rest, metadata: others };
}

function bodyOf({ name, image, revision, env = {} }: NewService): object {
  const variables = Object.entries(env).map(([key, value]) => ({ name: key, value }));
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      template: {
        metadata: revision === undefined ? {} : { name: revision },
        spec: {
          containers: [
            {
              image,
              // Empty, it is no field at all to Cloud Run; gcloud leaves it out of what it sends back.
              ...(variables.length === 0 ? {} : { env: variables }),
            },
          ],
        },
      },
    },
  };
}
