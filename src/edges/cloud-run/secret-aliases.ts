/** Secrets of other projects: the template has a name of its own for each, kept in an annotation. */
import { checksum } from '../../core/checksum.ts';
import type { SecretUse } from '../../core/template-types.ts';
import { asList, asText, at } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { withAnnotation } from './template-parts.ts';

/** A use by the name that the template has for its secret. */
export type NamedUse = SecretUse & { readonly alias: string };

/** `alias:projects/NUMBER/secrets/NAME`, separated by commas. */
const SECRETS = 'run.googleapis.com/secrets';

/** The same secret keeps the name it has, and a new one always gets the same. */
export function aliasesFor(
  template: JsonObject,
  uses: readonly SecretUse[],
): { readonly template: JsonObject; readonly aliased: readonly NamedUse[] } {
  const aliases = readAliases(template);
  const aliased = uses.map((use) => {
    if (use.project === null) return { ...use, alias: use.secret };
    const path = `projects/${use.project}/secrets/${use.secret}`;
    const known = Array.from(aliases).find(([, other]) => other === path)?.[0];
    const alias = known ?? `${use.secret.slice(0, 5)}-${checksum(path)}`;
    aliases.set(alias, path);
    return { ...use, alias };
  });
  const isNew = aliases.size > readAliases(template).size;
  return { template: isNew ? withAliases(template, aliases) : template, aliased };
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
