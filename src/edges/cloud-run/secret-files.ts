/** Files with secrets: a volume for each directory (SecretVolumeSource, VolumeMount of the v1 API). */
import { checksum } from '../../core/checksum.ts';
import { asList, asObject, asText, at, withAt } from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { cannot } from './template-fault.ts';
import type { NamedUse } from './secret-aliases.ts';

type Item = { readonly key: string; readonly path: string };
type Directory = {
  readonly path: string;
  readonly alias: string;
  readonly items: readonly Item[];
  /** Whether nothing else is to be in it. */
  readonly clears: boolean;
};

/** `clears`: of files that are there already those stay that are among `uses`; otherwise all. */
export function mountFiles(
  template: JsonObject,
  { clears, uses }: { readonly clears: boolean; readonly uses: readonly NamedUse[] },
  serving: number,
): JsonObject {
  return directoriesOf(uses, clears).reduce(
    (changed, directory) => mountDirectory(changed, directory, serving),
    template,
  );
}

/** Takes directories without a file of `kept` out of the container, and volumes nothing else mounts. */
export function unmountFiles(
  template: JsonObject,
  kept: readonly NamedUse[],
  serving: number,
): JsonObject {
  const secret = new Set(volumesOf(template).filter(isSecret).map(nameOf));
  const paths = new Set(kept.map(({ target }) => directoryOf(target)));
  const gone = mountsOf(template, serving).filter(
    (mount) => secret.has(nameOf(mount)) && !paths.has(asText(at(mount, 'mountPath')) ?? ''),
  );
  if (gone.length === 0) return template;
  const stay = mountsOf(template, serving).filter((mount) => !gone.includes(mount));
  const changed = withMounts(template, stay, serving);
  const used = new Set(allMounts(changed).map(nameOf));
  const names = new Set(gone.map(nameOf));
  return withVolumes(
    changed,
    volumesOf(changed).filter((volume) => !names.has(nameOf(volume)) || used.has(nameOf(volume))),
  );
}

function directoriesOf(uses: readonly NamedUse[], clears: boolean): readonly Directory[] {
  const directories = new Map<string, Directory>();
  for (const { target, alias, version } of uses) {
    const path = directoryOf(target);
    const known = directories.get(path) ?? { path, alias, items: [], clears };
    if (known.alias !== alias) throw twoSecrets(path);
    const item = { key: version, path: target.slice(path.length + 1) };
    directories.set(path, { ...known, items: [...known.items, item] });
  }
  return [...directories.values()];
}

function directoryOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}

function mountDirectory(template: JsonObject, wanted: Directory, serving: number): JsonObject {
  const mounts = mountsOf(template, serving);
  const mount = mounts.find((one) => at(one, 'mountPath') === wanted.path);
  if (mount === undefined) {
    const name = freeName(template, wanted);
    const mounted = withMounts(template, [...mounts, { name, mountPath: wanted.path }], serving);
    return withVolumes(mounted, [...volumesOf(mounted), volumeOf(name, wanted)]);
  }
  const volume = volumesOf(template).find((one) => nameOf(one) === nameOf(mount));
  if (volume === undefined || !isSecret(volume)) throw otherVolume(wanted.path);
  const merged = mergedSource(volume, wanted);
  if (allMounts(template).filter((one) => nameOf(one) === nameOf(volume)).length > 1) {
    // It shows the same files elsewhere; those stay as they are.
    const name = freeName(template, wanted);
    const moved = mounts.map((one) => (one === mount ? { ...asObject(one), name } : one));
    const apart = withAt({ ...asObject(volume), name }, ['secret'], merged);
    return withVolumes(withMounts(template, moved, serving), [...volumesOf(template), apart]);
  }
  const changed = withAt(asObject(volume) ?? {}, ['secret'], merged);
  return withVolumes(
    template,
    volumesOf(template).map((one) => (one === volume ? changed : one)),
  );
}

/** Another secret takes the directory over only if it leaves no file of the one before. */
function mergedSource(volume: JsonValue, wanted: Directory): JsonObject {
  const before = asList(at(volume, 'secret', 'items')) ?? [];
  // Without items the directory shows the secret under its own name; a list would hide it.
  if (before.length === 0 && !wanted.clears) throw otherVolume(wanted.path);
  const wantedFor = (item: JsonValue) => wanted.items.find(({ path }) => path === at(item, 'path'));
  const kept = wanted.clears ? before.filter(wantedFor) : before;
  const isSame = at(volume, 'secret', 'secretName') === wanted.alias;
  if (!isSame && !kept.every(wantedFor)) throw twoSecrets(wanted.path);
  const known = new Set(kept.map((item) => at(item, 'path')));
  return {
    ...asObject(at(volume, 'secret')),
    secretName: wanted.alias,
    items: [
      ...kept.map((item) => ({ ...asObject(item), ...wantedFor(item) })),
      ...wanted.items.filter(({ path }) => !known.has(path)),
    ],
  };
}

function volumeOf(name: string, { alias, items }: Directory): JsonObject {
  return { name, secret: { secretName: alias, items } };
}

/** A DNS label, as Kubernetes wants it, which not every name of a secret is. */
function freeName(template: JsonObject, { path, alias }: Directory): string {
  const taken = new Set(volumesOf(template).map(nameOf));
  const base = `secret-${checksum(`${alias} ${path}`)}`;
  let name = base;
  for (let number = 2; taken.has(name); number += 1) name = `${base}-${number}`;
  return name;
}

function volumesOf(template: JsonObject): readonly JsonValue[] {
  return asList(at(template, 'spec', 'volumes')) ?? [];
}

function withVolumes(template: JsonObject, volumes: readonly JsonValue[]): JsonObject {
  return withAt(template, ['spec', 'volumes'], volumes);
}

function mountsOf(template: JsonObject, index: number): readonly JsonValue[] {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  return asList(at(containers[index], 'volumeMounts')) ?? [];
}

function withMounts(
  template: JsonObject,
  volumeMounts: readonly JsonValue[],
  index: number,
): JsonObject {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  const container = { ...asObject(containers[index]), volumeMounts };
  return withAt(template, ['spec', 'containers'], containers.with(index, container));
}

function allMounts(template: JsonObject): readonly JsonValue[] {
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  return containers.flatMap((_, index) => mountsOf(template, index));
}

function nameOf(part: JsonValue): string | null {
  return asText(at(part, 'name'));
}

function isSecret(volume: JsonValue): boolean {
  return asObject(at(volume, 'secret')) !== null;
}

function twoSecrets(directory: string) {
  return cannot({
    subject: 'secrets',
    value: directory,
    wrong: 'would show files of two secrets',
    advice: 'Give each secret a directory of its own: Cloud Run mounts one there.',
  });
}

function otherVolume(directory: string) {
  return cannot({
    subject: 'secrets',
    value: directory,
    wrong: 'has a volume of another kind in the template in force',
    advice: 'Choose another directory.',
  });
}
