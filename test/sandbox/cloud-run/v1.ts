import type { Answer, Call, Handler } from '../contract.ts';
import {
  answering,
  bodyOf,
  checkProject,
  type Front,
  identify,
  need,
  needActAs,
  needImage,
  needQuota,
  openUrlsOf,
  page,
} from './access.ts';
import { ApiError, badRequest, notFound } from './errors.ts';
import type { Schedule } from './model.ts';
import { selects } from './selector.ts';
import { decodeService } from './validate.ts';

/**
 * The Knative façade. https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
 * (replaceService, dryRun), …/namespaces.revisions (labelSelector),
 * …/projects.locations.operations/wait; requests as gcloud 528 sends them.
 */
export type V1Options = Front & { readonly schedule: Schedule };

type Target = {
  readonly kind: 'services' | 'revisions' | 'operations';
  readonly name: string | null;
  readonly verb: string | null;
  readonly call: Call;
  readonly by: string;
};

const knative =
  /^\/apis\/serving\.knative\.dev\/v1\/namespaces\/([^/]+)\/(services|revisions)(?:\/([^/]+))?$/;
const located =
  /^\/v1\/projects\/([^/]+)\/locations\/([^/]+)\/(services|revisions|operations)(?:\/([^/:]+))?(?::(\w+))?$/;

export function v1Handler(options: V1Options): Handler {
  return (call) => {
    const named = knative.exec(call.path);
    const placed = located.exec(call.path);
    if (named === null && placed === null) return null;
    return answering(async () => {
      const by = identify(options.access, call);
      const { place } = options.model;
      if (named !== null) checkRegionalHost(call.host, place.region);
      if (placed !== null && placed[2] !== place.region && placed[2] !== '-') {
        throw notFound('SERVICE', placed[4] ?? '-', { ...place, region: placed[2] ?? '' });
      }
      checkProject(named?.[1] ?? placed?.[1] ?? '', place);
      const [kind, name, verb] =
        named === null ? [placed?.[3], placed?.[4], placed?.[5]] : [named[2], named[3]];
      const target = { name: name ?? null, verb: verb ?? null, call, by };
      if (verb === 'testIamPermissions') return permissionsOf(options, target);
      if (kind === 'services') return await services(options, { kind, ...target });
      if (kind === 'revisions') return revisions(options, { kind, ...target });
      return await operations(options, { kind: 'operations', ...target });
    });
  };
}

/** "Only when the endpoint is regional" (replaceService, name). */
function checkRegionalHost(host: string, region: string): void {
  if (/^run\.googleapis\.com(:\d+)?$/.test(host)) {
    throw badRequest('The namespaces form of a name needs a regional endpoint.');
  }
  const named = /^([a-z]+-[a-z]+\d+)-run\./.exec(host)?.[1];
  if (named !== undefined && named !== region) {
    throw new ApiError('NOT_FOUND', `The resource is not in region '${named}'.`);
  }
}

async function services(options: V1Options, target: Target): Promise<Answer> {
  const { model, access } = options;
  const { call, name, by } = target;
  const resource = `namespaces/${model.place.project}/services/${name ?? ''}`;
  switch (`${call.method} ${name === null ? 'all' : 'one'}`) {
    case 'GET one':
      need(access, 'run.services.get', resource);
      return { status: 200, body: model.get(name ?? '') };
    case 'GET all': {
      need(access, 'run.services.list', resource);
      const chosen = model
        .list()
        .filter((service) => selects(call.query.get('labelSelector'), service.metadata.labels));
      return list('ServiceList', chosen, call);
    }
    case 'PUT one':
    case 'POST all': {
      need(access, call.method === 'PUT' ? 'run.services.update' : 'run.services.create', resource);
      const draft = decodeService(bodyOf(call));
      if (name !== null && draft.name !== name) {
        throw badRequest(`metadata.name: '${draft.name}' is not the '${name}' of the URL.`);
      }
      const write = { dryRun: isDryRun(call), by };
      needActAs(options, draft);
      needImage(options, draft);
      needQuota(options, draft);
      await openUrlsOf(options, draft);
      return {
        status: 200,
        body: call.method === 'PUT' ? model.replace(draft, write) : model.create(draft, write),
      };
    }
    case 'DELETE one':
      need(access, 'run.services.delete', resource);
      model.remove(name ?? '', { dryRun: isDryRun(call), by });
      return success;
    default:
      throw new ApiError('UNIMPLEMENTED', `${call.method} is not implemented by the sandbox.`);
  }
}

/**
 * https://cloud.google.com/run/docs/reference/rest/v1/projects.locations.services/testIamPermissions;
 * "If the resource does not exist, this will return an empty set". gcloud asks it before a first
 * deployment.
 */
function permissionsOf({ access, model }: V1Options, { call, name }: Omit<Target, 'kind'>): Answer {
  const asked: unknown = bodyOf(call);
  const wanted: unknown =
    typeof asked === 'object' && asked !== null ? Reflect.get(asked, 'permissions') : undefined;
  if (!Array.isArray(wanted)) throw badRequest('permissions: required field not set.');
  const exists = model.list().some((service) => service.metadata.name === name);
  const granted = wanted.map(String).filter((permission) => exists && access.granted(permission));
  return { status: 200, body: granted.length === 0 ? {} : { permissions: granted } };
}

const success: Answer = { status: 200, body: { kind: 'Status', status: 'Success' } };

function revisions(options: V1Options, { call, name, by }: Target): Answer {
  const { model, access } = options;
  const resource = `namespaces/${model.place.project}/revisions/${name ?? ''}`;
  switch (`${call.method} ${name === null ? 'all' : 'one'}`) {
    case 'GET one':
      need(access, 'run.revisions.get', resource);
      return { status: 200, body: model.revision(name ?? '') };
    case 'GET all': {
      need(access, 'run.revisions.list', resource);
      const chosen = model
        .revisions(null)
        .filter((revision) => selects(call.query.get('labelSelector'), revision.metadata.labels));
      return list('RevisionList', chosen, call);
    }
    case 'DELETE one':
      need(access, 'run.revisions.delete', resource);
      model.removeRevision(name ?? '', { dryRun: isDryRun(call), by });
      return success;
    default:
      throw new ApiError('UNIMPLEMENTED', `${call.method} is not implemented by the sandbox.`);
  }
}

async function operations(options: V1Options, { call, name, verb }: Target): Promise<Answer> {
  const { model, access } = options;
  need(access, 'run.operations.get', `projects/${model.place.project}`);
  const operation = model.operation(name ?? '');
  if (operation === null) throw new ApiError('NOT_FOUND', `Operation '${name}' does not exist.`);
  if (verb === 'wait' && call.method === 'POST') {
    const timeout = new Promise<'over'>((resolve) => {
      options.schedule(waitMs(call.body), () => resolve('over'));
    });
    let turn: 'over' | 'changed' = 'changed';
    while (turn === 'changed' && !model.isDone(operation)) {
      turn = await Promise.race([model.nextChange().then(() => 'changed' as const), timeout]);
    }
  }
  const { project, region } = model.place;
  const path = `projects/${project}/locations/${region}/operations/${operation.id}`;
  if (!model.isDone(operation)) return { status: 200, body: { name: path } };
  const gone = !model.list().some((service) => service.metadata.uid === operation.uid);
  // A failure is told by the Ready condition of the service, which is what gcloud prints.
  const response = gone ? {} : model.get(operation.service);
  const type = gone ? 'google.protobuf.Empty' : 'google.cloud.run.v1.Service';
  return {
    status: 200,
    body: {
      name: path,
      done: true,
      response: { '@type': `type.googleapis.com/${type}`, ...response },
    },
  };
}

/** google.longrunning.WaitOperationRequest: a Duration such as "30s". */
function waitMs(body: string): number {
  const seconds = /"timeout"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(body)?.[1];
  return Math.min(Number(seconds ?? 30), 30) * 1000;
}

function list(kind: string, all: readonly object[], call: Call): Answer {
  const { items, next } = page(all, call.query.get('limit'), call.query.get('continue'));
  const metadata = next === null ? {} : { continue: next };
  return { status: 200, body: { apiVersion: 'serving.knative.dev/v1', kind, metadata, items } };
}

function isDryRun(call: Call): boolean {
  const value = call.query.get('dryRun');
  if (value !== null && value !== 'all') {
    throw badRequest(`dryRun: '${value}' is not supported; supported values: 'all'.`, 'dryRun');
  }
  return value === 'all';
}
