/** What is set on the container that gets the requests (Container of the v1 API). */
import type { Edit, ProbeSetting } from '../../core/template-types.ts';
import { asList, asObject, asText, asWhole, at, withAt } from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { cpuMillis, memoryBytes } from './quantities.ts';
import { cannot } from './template-fault.ts';
import { without } from './template-parts.ts';

type ContainerEdit = Extract<
  Edit,
  { kind: 'env' | 'limit' | 'words' | 'port' | 'http2' | 'probe' }
>;

export const DEFAULT_PORT = 8080;

export function editContainer(container: JsonObject, edit: ContainerEdit): JsonObject {
  switch (edit.kind) {
    case 'env':
      return withVariables(container, edit);
    case 'limit':
      return withLimit(container, edit);
    case 'words':
      return edit.to.length === 0
        ? without(container, edit.of)
        : { ...container, [edit.of]: edit.to };
    case 'port':
      return withPort(container, { containerPort: edit.to });
    case 'http2':
      return withPort(container, { name: edit.to ? 'h2c' : null });
    case 'probe':
      return withProbe(container, `${edit.of}Probe`, edit.to);
  }
}

/** Order and every unknown field stay; a name that is new goes to the end. */
function withVariables(
  container: JsonObject,
  { clears, values }: Extract<Edit, { kind: 'env' }>,
): JsonObject {
  const before = asList(at(container, 'env')) ?? [];
  const valueFor = (variable: JsonValue) =>
    values.find(({ name }) => name === at(variable, 'name'));
  const kept = clears ? before.filter((one) => isFromElsewhere(one) || valueFor(one)) : before;
  const changed = kept.map((variable) => {
    const value = valueFor(variable);
    if (value === undefined) return variable;
    if (isFromElsewhere(variable)) throw otherSource(value.name);
    return { ...asObject(variable), value: value.value };
  });
  const fresh = values.filter(
    ({ name }) => !kept.some((variable) => at(variable, 'name') === name),
  );
  const env = [...changed, ...fresh.map(({ name, value }) => ({ name, value }))];
  return env.length === 0 && before.length === 0 ? container : { ...container, env };
}

/** A secret or a configuration map. */
function isFromElsewhere(variable: JsonValue): boolean {
  return asObject(at(variable, 'valueFrom')) !== null;
}

function otherSource(name: string) {
  return cannot({
    subject: 'env_vars',
    value: name,
    wrong: 'is set from a secret in the template in force',
    advice: 'Leave it to `secrets`, or take it out there first: one name has one source.',
  });
}

/** `1` and `1000m` are the same, `1Gi` and `1024Mi`: the text that is there stays. */
function withLimit(
  container: JsonObject,
  { of, to }: Extract<Edit, { kind: 'limit' }>,
): JsonObject {
  const before = asText(at(container, 'resources', 'limits', of));
  const amount = of === 'cpu' ? cpuMillis : memoryBytes;
  const isSame = before !== null && amount(before) !== null && amount(before) === amount(to);
  return isSame ? container : withAt(container, ['resources', 'limits', of], to);
}

/** null takes a part away; one that is left out stays. A name needs a number beside it. */
function withPort(
  container: JsonObject,
  change: { readonly containerPort?: number | null; readonly name?: string | null },
): JsonObject {
  const [first] = asList(at(container, 'ports')) ?? [];
  let port = asObject(first) ?? {};
  for (const [key, value] of Object.entries(change)) {
    port = value === null ? without(port, key) : { ...port, [key]: value };
  }
  if (asText(at(port, 'name')) !== null && at(port, 'containerPort') === undefined) {
    port = { ...port, containerPort: DEFAULT_PORT };
  }
  const after = at(port, 'containerPort');
  const ported =
    after === undefined ? without(container, 'ports') : { ...container, ports: [port] };
  return withMovedProbe(ported, asWhole(at(first, 'containerPort')) ?? DEFAULT_PORT, after);
}

/** The startup probe that Cloud Run sets by itself asks the port that is served. */
function withMovedProbe(
  container: JsonObject,
  before: number,
  after: JsonValue | undefined,
): JsonObject {
  const probe = asObject(at(container, 'startupProbe', 'tcpSocket'));
  if (probe === null || asWhole(at(probe, 'port')) !== before) return container;
  const moved = after === undefined ? without(probe, 'port') : { ...probe, port: after };
  return withAt(container, ['startupProbe', 'tcpSocket'], moved);
}

function withProbe(
  container: JsonObject,
  field: 'startupProbe' | 'livenessProbe',
  settings: readonly ProbeSetting[] | null,
): JsonObject {
  if (settings === null) return without(container, field);
  let probe: JsonObject = {};
  for (const { name, value } of settings) {
    const [key = '', ...rest] = name.split('.');
    probe = withAt(probe, [key, ...rest], value);
  }
  return { ...container, [field]: probe };
}
