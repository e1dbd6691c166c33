/** Secrets as variables and as files. One directory shows the files of one secret only. */
import type { Edit, SecretUse } from '../../core/template-types.ts';
import { noContainerProblem } from './service-problem.ts';
import { asList, asObject, asText, at, withAt } from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { aliasesFor, pruneAliases } from './secret-aliases.ts';
import type { NamedUse } from './secret-aliases.ts';
import { mountFiles, unmountFiles } from './secret-files.ts';
import { cannot } from './template-fault.ts';

export function editSecrets(
  template: JsonObject,
  { clears, values }: Extract<Edit, { kind: 'secrets' }>,
  serving: number,
): JsonObject {
  const { aliased, template: known } = aliasesFor(template, values, serving);
  const isFile = ({ target }: SecretUse) => target.startsWith('/');
  const variables = aliased.filter((use) => !isFile(use));
  const named = withVariables(known, { clears, variables, serving });
  const files = { clears, uses: aliased.filter(isFile) };
  const unmounted = clears ? unmountFiles(named, files.uses, serving) : named;
  return pruneAliases(mountFiles(unmounted, files, serving));
}

/** Takes variables of these names out, where they come from a secret. */
export function withoutSecrets(
  template: JsonObject,
  names: readonly string[],
  serving: number,
): JsonObject {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  const container = asObject(containers[serving]);
  const before = asList(at(container, 'env')) ?? [];
  const isGone = (one: JsonValue) =>
    isSecret(one) && names.some((name) => name === at(one, 'name'));
  if (container === null || !before.some(isGone)) return template;
  const env = before.filter((one) => !isGone(one));
  return withAt(template, ['spec', 'containers'], containers.with(serving, { ...container, env }));
}

function withVariables(
  template: JsonObject,
  change: {
    readonly clears: boolean;
    readonly variables: readonly NamedUse[];
    readonly serving: number;
  },
): JsonObject {
  const { clears, variables, serving } = change;
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  const container = asObject(containers[serving]);
  if (container === null) throw noContainerProblem();
  const before = asList(at(container, 'env')) ?? [];
  const useFor = (variable: JsonValue) =>
    variables.find(({ target }) => target === at(variable, 'name'));
  const kept = clears ? before.filter((one) => !isSecret(one) || useFor(one)) : before;
  const changed = kept.map((variable) => {
    const use = useFor(variable);
    if (use === undefined) return variable;
    if (!isSecret(variable)) throw otherSource(use.target);
    const known = asObject(at(variable, 'valueFrom', 'secretKeyRef')) ?? {};
    const referred = { ...known, ...reference(use) };
    return withAt(asObject(variable) ?? {}, ['valueFrom', 'secretKeyRef'], referred);
  });
  const fresh = variables.filter(
    ({ target }) => !kept.some((variable) => at(variable, 'name') === target),
  );
  const env = [
    ...changed,
    ...fresh.map((use) => ({ name: use.target, valueFrom: { secretKeyRef: reference(use) } })),
  ];
  if (env.length === 0 && before.length === 0) return template;
  return withAt(template, ['spec', 'containers'], containers.with(serving, { ...container, env }));
}

function isSecret(variable: JsonValue): boolean {
  return asObject(at(variable, 'valueFrom', 'secretKeyRef')) !== null;
}

function reference({ alias, version }: NamedUse): JsonObject {
  return { key: version, name: alias };
}

function otherSource(name: string) {
  return cannot({
    subject: 'secrets',
    value: asText(name),
    wrong: 'is a plain variable in the template in force',
    advice: 'Remove it there first, or choose another name: one name has one source.',
  });
}
