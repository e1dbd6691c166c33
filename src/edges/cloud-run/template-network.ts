/** Cloud SQL and direct VPC egress, which the template carries in annotations. */
import type { Edit } from '../../core/template-types.ts';
import { asList, asObject, asText, at, parseJson, stringifyJson } from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { Problem } from '../../core/problem.ts';
import { cannot } from './template-fault.ts';
import { withAnnotation, without } from './template-parts.ts';

type NetworkEdit = Extract<Edit, { kind: 'cloudsql' | 'network' | 'network-tags' | 'no-network' }>;

const CLOUDSQL = 'run.googleapis.com/cloudsql-instances';
export const INTERFACES = 'run.googleapis.com/network-interfaces';
const EGRESS = 'run.googleapis.com/vpc-access-egress';

export function editNetwork(template: JsonObject, edit: NetworkEdit): JsonObject {
  switch (edit.kind) {
    case 'cloudsql':
      return withInstances(template, edit);
    case 'network':
      return withInterface(template, edit.of === 'subnet' ? 'subnetwork' : 'network', edit.to);
    case 'network-tags':
      return withInterface(template, 'tags', edit.to.length === 0 ? null : edit.to);
    case 'no-network':
      return withAnnotation(withAnnotation(template, INTERFACES, null), EGRESS, null);
  }
}

function withInstances(
  template: JsonObject,
  { how, instances }: Extract<Edit, { kind: 'cloudsql' }>,
): JsonObject {
  const text = asText(at(template, 'metadata', 'annotations', CLOUDSQL)) ?? '';
  const before = text === '' ? [] : text.split(',').map((name) => name.trim());
  const after = {
    set: instances,
    add: [...new Set([...before, ...instances])],
    remove: before.filter((name) => !instances.includes(name)),
  }[how];
  return withAnnotation(template, CLOUDSQL, after.length === 0 ? null : after.join(','));
}

/** The first interface is the one that gcloud's flags speak of. */
function withInterface(template: JsonObject, key: string, value: JsonValue): JsonObject {
  const [first, ...others] = interfacesIn(template);
  const before = first ?? {};
  const after = value === null ? without(before, key) : { ...before, [key]: value };
  const isEmpty = Object.keys(after).length === 0;
  const list = isEmpty ? others : [after, ...others];
  if (list.length > 0) return withAnnotation(template, INTERFACES, stringifyJson(list));
  // Where nothing leads out any more, neither does a rule about what goes that way.
  return first === undefined ? template : editNetwork(template, { kind: 'no-network' });
}

function interfacesIn(template: JsonObject): readonly JsonObject[] {
  const text = asText(at(template, 'metadata', 'annotations', INTERFACES));
  if (text === null || text === '') return [];
  const list = asList(parsed(text)) ?? [];
  const interfaces = list.map((item) => asObject(item)).filter((item) => item !== null);
  if (list.length === 0 || interfaces.length < list.length) throw unreadable();
  return interfaces;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

function unreadable(): Problem {
  return cannot({
    subject: 'flags',
    value: null,
    wrong: `changes the network, but ${INTERFACES} of the template cannot be read`,
    advice: 'Set network and subnet once with `gcloud run services update SERVICE --no-traffic`.',
  });
}
