/**
 * In what two revision templates differ, in our words. Values are shown of the few fields where they
 * are no secret and say something; of all others only the name or the path leaves this file.
 */
import type { ConfigChange } from '../../core/forecast/forecast-types.ts';
import { ORIGIN_LABELS } from '../../core/inputs/label-inputs.ts';
import { asList, asObject, asText, at, stringifyJson } from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { readAliases } from './secret-aliases.ts';
import { settled } from './template-meaning.ts';

/** More than anybody reads, and less than a report holds. */
const MOST_CHANGES = 100;
const LONGEST_TEXT = 200;

/** Annotations that are settings. */
const SETTINGS =
  /^(?:autoscaling\.knative\.dev\/(?:minScale|maxScale)|run\.googleapis\.com\/(?:execution-environment|vpc-access-connector|vpc-access-egress|sessionAffinity|startup-cpu-boost|cpu-throttling|cloudsql-instances))$/;
/** Fields of the spec and of a container whose values are shown. */
const SHOWN =
  /^(?:containerConcurrency|timeoutSeconds|serviceAccountName|ports\.\d+\.containerPort)$/;
const LIMIT = /^resources\.(?:limits|requests)\./;

type How = ConfigChange['how'];
type Kind = ConfigChange['what'];

/** Of what is written there, as far as it comes to something else. `number`: of the project. */
export function templateChanges(
  before: JsonObject,
  after: JsonObject,
  number: string,
): readonly ConfigChange[] {
  const keyOf = ({ what, name }: ConfigChange) => `${what} ${name}`;
  const real = new Set(changesIn(settled(before, number), settled(after, number)).map(keyOf));
  return changesIn(before, after)
    .filter((change) => real.has(keyOf(change)))
    .slice(0, MOST_CHANGES);
}

function changesIn(before: JsonObject, after: JsonObject): readonly ConfigChange[] {
  return [
    ...containerChanges(before, after),
    ...mapChanges('secret', '', [secretFiles(before), secretFiles(after)]),
    ...fieldChanges('', [ownFields(before), ownFields(after)]),
    ...annotationChanges(before, after),
    ...mapChanges('label', '', [labelsOf(before), labelsOf(after)]).map(withoutValues),
  ];
}

type Both<T> = readonly [before: T, after: T];
type Texts = ReadonlyMap<string, string>;

/** What can be shown of them is shown. */
function mapChanges(what: Kind, place: string, [before, after]: Both<Texts>): ConfigChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const [from, to] = [before.get(name) ?? null, after.get(name) ?? null];
    if (from === to) return [];
    const how: How = from === null ? 'added' : to === null ? 'removed' : 'changed';
    return [{ what, name: `${place}${name}`, how, from: cut(from), to: cut(to) }];
  });
}

function withoutValues(change: ConfigChange): ConfigChange {
  return { ...change, from: null, to: null };
}

function cut(text: string | null): string | null {
  return text === null ? null : text.slice(0, LONGEST_TEXT);
}

/** By name; a lone one may be called otherwise. */
function containerChanges(before: JsonObject, after: JsonObject): ConfigChange[] {
  const [old, fresh] = [containersOf(before), containersOf(after)];
  const isLone = old.length === 1 && fresh.length === 1;
  const nameOf = (container: JsonObject): string =>
    isLone ? '' : (asText(at(container, 'name')) ?? '');
  const names = [...new Set([...old, ...fresh].map(nameOf))];
  return names.flatMap((name) => {
    const find = (all: readonly JsonObject[]) => all.find((one) => nameOf(one) === name) ?? {};
    return oneContainer(name === '' ? '' : `${name}: `, {
      before: { container: find(old), template: before },
      after: { container: find(fresh), template: after },
    });
  });
}

type Side = { readonly container: JsonObject; readonly template: JsonObject };

function oneContainer(
  place: string,
  { before, after }: { readonly before: Side; readonly after: Side },
): ConfigChange[] {
  const both = <T>(of: (side: Side) => T): Both<T> => [of(before), of(after)];
  const image = ({ container }: Side): Texts => {
    const text = asText(at(container, 'image'));
    return new Map(text === null ? [] : [['', text]]);
  };
  return [
    ...mapChanges('image', place.replace(/: $/, ''), both(image)),
    ...mapChanges('env', place, both(variablesOf)).map(withoutValues),
    ...mapChanges('secret', place, both(secretVariables)),
    ...fieldChanges(
      place,
      both(({ container }) => restOf(container)),
    ),
  ];
}

function containersOf(template: JsonObject): readonly JsonObject[] {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  return containers.map(asObject).filter((one) => one !== null);
}

/** By name, only to be compared. */
function variablesOf({ container }: Side): Texts {
  const plain = envOf(container).filter((one) => secretOf(one) === null);
  return new Map(plain.map((one) => [asText(at(one, 'name')) ?? '', stringifyJson(one)]));
}

function secretVariables({ container, template }: Side): Texts {
  return new Map(
    envOf(container).flatMap((one) => {
      const secret = secretOf(one);
      if (secret === null) return [];
      const version = asText(at(secret, 'key')) ?? '';
      const name = asText(at(secret, 'name')) ?? '';
      return [[asText(at(one, 'name')) ?? '', `${named(template, name)}:${version}`] as const];
    }),
  );
}

function envOf(container: JsonObject): readonly JsonObject[] {
  return (asList(at(container, 'env')) ?? []).map(asObject).filter((one) => one !== null);
}

function secretOf(variable: JsonObject): JsonObject | null {
  return asObject(at(variable, 'valueFrom', 'secretKeyRef'));
}

/** A secret of another project has a name of the template's own. */
function named(template: JsonObject, name: string): string {
  return readAliases(template).get(name) ?? name;
}

/** Path of the file → version of the secret in it. */
function secretFiles(template: JsonObject): Texts {
  const volumes = new Map(
    (asList(at(template, 'spec', 'volumes')) ?? []).map((one) => [asText(at(one, 'name')), one]),
  );
  const files = new Map<string, string>();
  for (const container of containersOf(template)) {
    for (const mount of asList(at(container, 'volumeMounts')) ?? []) {
      const secret = at(volumes.get(asText(at(mount, 'name'))), 'secret');
      const name = asText(at(secret, 'secretName'));
      if (name === null) continue;
      const directory = asText(at(mount, 'mountPath')) ?? '';
      for (const item of asList(at(secret, 'items')) ?? []) {
        const path = `${directory}/${asText(at(item, 'path')) ?? ''}`;
        files.set(path, `${named(template, name)}:${asText(at(item, 'key')) ?? ''}`);
      }
    }
  }
  return files;
}

/** What has words of its own above, and volumes of secrets: their names are worked out. */
function restOf({ image: _i, env: _e, name: _n, ...rest }: JsonObject): JsonObject {
  return rest;
}

function ownFields(template: JsonObject): JsonObject {
  const { containers: _, volumes, ...rest } = asObject(at(template, 'spec')) ?? {};
  const kept = (asList(volumes) ?? []).filter((one) => at(one, 'secret') === undefined);
  return kept.length === 0 ? rest : { ...rest, volumes: kept };
}

function fieldChanges(place: string, [before, after]: Both<JsonObject>): ConfigChange[] {
  const leaves = (object: JsonObject): Texts => new Map(leavesOf(object, ''));
  return mapChanges('field', '', [leaves(before), leaves(after)]).map((change) => {
    const { name } = change;
    const isLimit = LIMIT.test(name);
    const what: Kind =
      name === 'serviceAccountName' ? 'service account' : isLimit ? 'resource' : 'field';
    const worded = { ...change, what, name: place + wordOf(name) };
    return isLimit || SHOWN.test(name) ? worded : withoutValues(worded);
  });
}

function wordOf(path: string): string {
  return path === 'serviceAccountName' ? '' : path.replace(LIMIT, '');
}

/** Every value that is no object and no list, by its path. */
function leavesOf(value: JsonValue, path: string): readonly (readonly [string, string])[] {
  const inner = asList(value)?.map((one, index) => [String(index), one] as const);
  const entries =
    inner ?? (asObject(value) === null ? null : Object.entries(asObject(value) ?? {}));
  if (entries === null || (entries.length === 0 && path !== '')) {
    return [[path, asText(value) ?? stringifyJson(value)]];
  }
  return entries.flatMap(([key, one]) => leavesOf(one, path === '' ? key : `${path}.${key}`));
}

function annotationChanges(before: JsonObject, after: JsonObject): ConfigChange[] {
  const both: Both<Texts> = [textsAt(before, 'annotations'), textsAt(after, 'annotations')];
  return mapChanges('annotation', '', both).map((change) =>
    SETTINGS.test(change.name) ? change : withoutValues(change),
  );
}

function labelsOf(template: JsonObject): Texts {
  return new Map([...textsAt(template, 'labels')].filter(([key]) => !ORIGIN_LABELS.includes(key)));
}

function textsAt(template: JsonObject, field: 'labels' | 'annotations'): Texts {
  const map = asObject(at(template, 'metadata', field)) ?? {};
  // What an annotation comes to may be more than a text.
  return new Map(
    Object.entries(map).map(([key, value]) => [key, asText(value) ?? stringifyJson(value)]),
  );
}
