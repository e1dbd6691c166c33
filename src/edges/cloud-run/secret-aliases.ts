/** Secrets of other projects: the template has a name of its own for each, kept in an annotation. */
import { checksum } from '../../core/checksum.ts';
import type { SecretUse } from '../../core/template-types.ts';
import { asList, asText, at } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { cannot } from './template-fault.ts';
import { withAnnotation } from './template-parts.ts';

/** A use by the name that the template has for its secret. */
export type NamedUse = SecretUse & { readonly alias: string };

/** `alias:projects/NUMBER/secrets/NAME`, separated by commas. */
export const SECRETS = 'run.googleapis.com/secrets';

/**
 * The same secret keeps the name it has, and a new one always gets the same. gcloud gives one secret
 * several names, so the one that stands where it is used comes first.
 */
export function aliasesFor(
  template: JsonObject,
  uses: readonly SecretUse[],
  serving: number,
): { readonly template: JsonObject; readonly aliased: readonly NamedUse[] } {
  const aliases = readAliases(template);
  const aliased = uses.map((use) => {
    if (use.project === null) return { ...use, alias: ownName(use, aliases) };
    const path = `projects/${use.project}/secrets/${use.secret}`;
    const known = [...aliases.keys()].filter((alias) => aliases.get(alias) === path);
    const present = nameAt(template, use.target, serving);
    const alias =
      known.find((name) => name === present) ??
      known[0] ??
      `${use.secret.slice(0, 5)}-${checksum(path)}`;
    aliases.set(alias, path);
    return { ...use, alias };
  });
  const isNew = aliases.size > readAliases(template).size;
  return { template: isNew ? withAliases(template, aliases) : template, aliased };
}

/** In the template a name that is an alias is never the secret of the service's own project. */
function ownName({ target, secret }: SecretUse, aliases: ReadonlyMap<string, string>): string {
  if (!aliases.has(secret)) return secret;
  throw cannot({
    subject: 'secrets',
    value: target,
    wrong: 'has a secret by a name that the template in force has for one of another project',
    advice:
      'Write `projects/NUMBER/secrets/SECRET:VERSION` if you mean that one; else rename one of the ' +
      'two, in the annotation run.googleapis.com/secrets or in Secret Manager.',
  });
}

/** What the template calls the secret of a variable, or of a directory; null: there is none. */
function nameAt(template: JsonObject, target: string, serving: number): string | null {
  const container = (asList(at(template, 'spec', 'containers')) ?? [])[serving];
  if (!target.startsWith('/')) {
    const variables = asList(at(container, 'env')) ?? [];
    const variable = variables.find((one) => at(one, 'name') === target);
    return asText(at(variable, 'valueFrom', 'secretKeyRef', 'name'));
  }
  const directory = target.slice(0, target.lastIndexOf('/'));
  const mounts = asList(at(container, 'volumeMounts')) ?? [];
  const name = at(
    mounts.find((mount) => at(mount, 'mountPath') === directory),
    'name',
  );
  const volumes = asList(at(template, 'spec', 'volumes')) ?? [];
  return asText(
    at(
      volumes.find((volume) => name !== undefined && at(volume, 'name') === name),
      'secret',
      'secretName',
    ),
  );
}

/** Without those that nothing uses any more. */
export function pruneAliases(template: JsonObject): JsonObject {
  const aliases = readAliases(template);
  const used = usedNames(template);
  const kept = new Map(Array.from(aliases).filter(([alias]) => used.has(alias)));
  return kept.size === aliases.size ? template : withAliases(template, kept);
}

export function readAliases(template: JsonObject): Map<string, string> {
  const text = asText(at(template, 'metadata', 'annotations', SECRETS)) ?? '';
  const pairs = text
    .split(',')
    .map((pair) => pair.trim())
    .filter((pair) => pair.includes(':'));
  return new Map(
    pairs.map((pair) => [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)]),
  );
}

function withAliases(template: JsonObject, aliases: ReadonlyMap<string, string>): JsonObject {
  const pairs = Array.from(aliases, ([alias, path]) => `${alias}:${path}`);
  return withAnnotation(template, SECRETS, pairs.length === 0 ? null : pairs.sort().join(','));
}

function usedNames(template: JsonObject): ReadonlySet<string | null> {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  const variables = containers.flatMap((container) => asList(at(container, 'env')) ?? []);
  const volumes = asList(at(template, 'spec', 'volumes')) ?? [];
  return new Set([
    ...variables.map((variable) => asText(at(variable, 'valueFrom', 'secretKeyRef', 'name'))),
    ...volumes.map((volume) => asText(at(volume, 'secret', 'secretName'))),
  ]);
}
