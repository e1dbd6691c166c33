import { randomUUID } from 'node:crypto';
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
import { ApiError, badRequest, grpcCode, notFound, type Status } from './errors.ts';
import { isObject, type Json } from './json.ts';
import type { ServiceObject } from './objects.ts';
import type { Operation } from './operations.ts';
import { enumWriter } from './v2-enums.ts';
import { etagOf, type View, viewRevision, viewService } from './v2-view.ts';
import { applyCreate, applyUpdate, readMask } from './v2-write.ts';
import { decodeService, type ServiceDraft } from './validate.ts';

/**
 * REST form of google/cloud/run/v2/{service,revision}.proto and google/longrunning/operations.proto,
 * as @google-cloud/run (integer enums, `$alt`) and apitools clients (string enums) ask.
 */
type Target = Front & { readonly call: Call; readonly by: string; readonly view: View };

const place = /^\/v2\/projects\/([^/]+)\/locations\/([^/]+)\/(.+)$/;
const services = /^services(?:\/([^/:]+))?(?::(\w+))?$/;
const revisions = /^services\/([^/]+)\/revisions(?:\/([^/:]+))?$/;
const operations = /^operations\/([^/:]+)$/;

export function v2Handler(front: Front): Handler {
  return (call) => {
    const [all, project = '', region = '', rest = ''] = place.exec(call.path) ?? [];
    if (all === undefined) return null;
    return answering(async () => {
      const by = identify(front.access, call);
      const where = front.model.place;
      checkProject(project, where);
      if (region !== where.region) throw notFound('SERVICE', rest, { ...where, region });
      const write = enumWriter(/enum-encoding=int/.test(call.query.get('$alt') ?? ''));
      const target = { ...front, call, by, view: { ...where, write } };
      const revision = revisions.exec(rest);
      if (revision !== null) return revisionCall(target, revision[1] ?? '', revision[2] ?? null);
      const operation = operations.exec(rest)?.[1];
      if (operation !== undefined) return getOperation(target, operation);
      const service = services.exec(rest);
      if (service === null) throw new ApiError('NOT_FOUND', `No such path: ${call.path}`);
      if (service[2] !== undefined) return testIamPermissions(target, service[1] ?? '', service[2]);
      return await serviceCall(target, service[1] ?? null);
    });
  };
}

async function serviceCall(target: Target, name: string | null): Promise<Answer> {
  const { model, access, call, view, by } = target;
  const resource = `projects/${view.project}/locations/${view.region}/services/${name ?? ''}`;
  switch (`${call.method} ${name === null ? 'all' : 'one'}`) {
    case 'GET one':
      need(access, 'run.services.get', resource);
      return { status: 200, body: show(target, model.get(name ?? '')) };
    case 'GET all': {
      need(access, 'run.services.list', resource);
      const all = model.list().map((service) => show(target, service));
      return listed('services', all, call);
    }
    case 'PATCH one':
      need(access, 'run.services.update', resource);
      return await update(target, name ?? '');
    case 'POST all':
      need(access, 'run.services.create', resource);
      return await create(target);
    case 'DELETE one': {
      need(access, 'run.services.delete', resource);
      const last = show(target, model.get(name ?? ''));
      const id = model.remove(name ?? '', { dryRun: isTrue(call, 'validateOnly'), by });
      return operationAnswer(target, id, { metadata: last, done: true, response: last });
    }
    default:
      throw new ApiError('UNIMPLEMENTED', `${call.method} is not implemented by the sandbox.`);
  }
}

async function update(target: Target, name: string): Promise<Answer> {
  const { model, call } = target;
  const body = jsonObject(call);
  const mask = readMask(call.query.get('updateMask'));
  const draft = () => {
    const current = model.get(name);
    checkEtag(model.rules.etagEnforced, body, current);
    return decodeService(applyUpdate(current, show(target, current), body, mask));
  };
  await openUrlsOf(target, draft());
  // Made again, so that nothing can come between the read and the write.
  return write(target, draft(), 'replace');
}

/** "May be used to detect modification conflict"; reported in August 2026 to be ignored. */
function checkEtag(enforced: boolean, body: Json, current: ServiceObject): void {
  if (enforced && body['etag'] !== undefined && body['etag'] !== etagOf(current)) {
    const name = current.metadata.name;
    throw new ApiError('ABORTED', `Conflict for resource '${name}': the etag does not match.`);
  }
}

async function create(target: Target): Promise<Answer> {
  const name = target.call.query.get('serviceId') ?? '';
  if (name === '') throw badRequest('service_id: required field not set.', 'service_id');
  const draft = decodeService(applyCreate(name, jsonObject(target.call)));
  await openUrlsOf(target, draft);
  return write(target, draft, 'create');
}

function write(target: Target, draft: ServiceDraft, kind: 'create' | 'replace'): Answer {
  const { model, call, by } = target;
  needActAs(target, draft);
  needImage(target, draft);
  needQuota(target, draft);
  const dryRun = isTrue(call, 'validateOnly');
  const service =
    kind === 'create' ? model.create(draft, { dryRun, by }) : model.replace(draft, { dryRun, by });
  if (dryRun) {
    const shown = viewService(service, 0, target.view);
    return operationAnswer(target, randomUUID(), { metadata: shown, done: true, response: shown });
  }
  const id = service.metadata.annotations['run.googleapis.com/operation-id'] ?? '';
  return getOperation({ ...target, access: { ...target.access, granted: () => true } }, id);
}

function getOperation(target: Target, id: string): Answer {
  const { model, access, view } = target;
  need(access, 'run.operations.get', `projects/${view.project}/locations/${view.region}`);
  const operation = model.operation(id);
  if (operation === null) throw new ApiError('NOT_FOUND', `Operation '${id}' does not exist.`);
  return operationAnswer(target, id, progress(target, operation));
}

function progress(target: Target, operation: Operation): Json {
  const { model } = target;
  const service = model.list().find(({ metadata }) => metadata.uid === operation.uid);
  if (service === undefined) return { done: true, response: { name: operation.service } };
  const metadata = show(target, service);
  if (!model.isDone(operation)) return { metadata };
  const [ready] = service.status.conditions;
  if (ready?.status !== 'False' || service.metadata.generation !== operation.generation) {
    return { metadata, done: true, response: metadata };
  }
  const code = grpcCode(internal.includes(ready.reason ?? '') ? 'INTERNAL' : failed);
  return { metadata, done: true, error: { code, message: ready.message } };
}

/** Codes as reported: 9 for a revision that is not ready, 13 for one that is gone. */
const internal = ['Internal', 'RevisionMissing'];
const failed: Status = 'FAILED_PRECONDITION';

function operationAnswer(target: Target, id: string, parts: Json): Answer {
  const { project, region } = target.view;
  const typed = (value: unknown) =>
    isObject(value)
      ? { '@type': 'type.googleapis.com/google.cloud.run.v2.Service', ...value }
      : undefined;
  const { metadata, response, ...rest } = parts;
  return {
    status: 200,
    body: {
      name: `projects/${project}/locations/${region}/operations/${id}`,
      metadata: typed(metadata),
      ...rest,
      response: typed(response),
    },
  };
}

function revisionCall(target: Target, service: string, name: string | null): Answer {
  const { model, access, call, view, by } = target;
  const resource = `projects/${view.project}/locations/${view.region}/services/${service}/revisions/${name ?? ''}`;
  const mine = () =>
    model
      .revisions(service === '-' ? null : service)
      .filter((revision) => name === null || revision.metadata.name === name);
  if (name !== null && mine().length === 0) throw notFound('REVISION', name, view);
  const shown = () => mine().map((revision) => viewRevision(revision, view));
  switch (`${call.method} ${name === null ? 'all' : 'one'}`) {
    case 'GET one':
      need(access, 'run.revisions.get', resource);
      return { status: 200, body: shown()[0] };
    case 'GET all':
      need(access, 'run.revisions.list', resource);
      return listed('revisions', shown(), call);
    case 'DELETE one': {
      need(access, 'run.revisions.delete', resource);
      const [last] = shown();
      model.removeRevision(name ?? '', { dryRun: isTrue(call, 'validateOnly'), by });
      const type = 'type.googleapis.com/google.cloud.run.v2.Revision';
      const path = `projects/${view.project}/locations/${view.region}/operations/${randomUUID()}`;
      return {
        status: 200,
        body: { name: path, done: true, response: { '@type': type, ...last } },
      };
    }
    default:
      throw new ApiError('UNIMPLEMENTED', `${call.method} is not implemented by the sandbox.`);
  }
}

/** "If the resource does not exist, this will return an empty set" (google/iam/v1/iam_policy.proto). */
function testIamPermissions(target: Target, name: string, verb: string): Answer {
  const { model, access, call } = target;
  if (verb !== 'testIamPermissions' || call.method !== 'POST') {
    throw new ApiError('UNIMPLEMENTED', `:${verb} is not implemented by the sandbox.`);
  }
  const asked = jsonObject(call)['permissions'];
  const permissions = Array.isArray(asked) ? asked.map(String) : [];
  const foreign = permissions.find((permission) => !permission.startsWith('run.'));
  if (foreign !== undefined) {
    throw badRequest(`Permission ${foreign} is not valid for this resource.`, 'permissions');
  }
  const exists = model.list().some((service) => service.metadata.name === name);
  const granted = exists ? permissions.filter((permission) => access.granted(permission)) : [];
  return { status: 200, body: granted.length === 0 ? {} : { permissions: granted } };
}

function show({ model, view }: Target, service: ServiceObject): Json {
  return viewService(service, model.lastGood(service.metadata.name), view);
}

function listed(key: string, all: readonly Json[], call: Call): Answer {
  const { items, next } = page(all, call.query.get('pageSize'), call.query.get('pageToken'));
  return {
    status: 200,
    body: { [key]: items, ...(next === null ? {} : { nextPageToken: next }) },
  };
}

function jsonObject(call: Call): Json {
  const body = call.body === '' ? {} : bodyOf(call);
  if (!isObject(body)) throw badRequest('Invalid JSON payload received. Expected an object.');
  return body;
}

function isTrue(call: Call, name: string): boolean {
  return call.query.get(name) === 'true';
}
