/**
 * A refusal may quote what was sent: values of variables and of mounts, commands and
 * their arguments stay out of it.
 */
import { asList, asObject, asText, at } from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';

/** Shorter ones are words like "on", which say nothing to anybody. */
const SHORTEST = 4;

const PROBES = ['startupProbe', 'livenessProbe', 'readinessProbe'];

/** `sent`: the whole service, for what was there before is nobody's business either. */
export function hidesValues(sent: JsonObject): (text: string) => string {
  const containers = ['containers', 'initContainers'].flatMap(
    (name) => asList(at(sent, 'spec', 'template', 'spec', name)) ?? [],
  );
  const values = containers.flatMap((container) => [
    ...(asList(at(container, 'env')) ?? []).map((variable) => at(variable, 'value')),
    ...(asList(at(container, 'command')) ?? []),
    ...(asList(at(container, 'args')) ?? []),
    ...PROBES.flatMap((name) => [
      ...(asList(at(container, name, 'httpGet', 'httpHeaders')) ?? []).map((one) =>
        at(one, 'value'),
      ),
      ...(asList(at(container, name, 'exec', 'command')) ?? []),
    ]),
  ]);
  const volumes = asList(at(sent, 'spec', 'template', 'spec', 'volumes')) ?? [];
  const mounted = volumes.flatMap((volume) =>
    Object.values(asObject(at(volume, 'csi', 'volumeAttributes')) ?? {}).flatMap(withOptions),
  );
  const forms = [...values, ...mounted]
    .flatMap((value) => asText(value) ?? [])
    .flatMap((value) => [value, ...ofFlag(value)])
    .filter((value) => value.length >= SHORTEST)
    .flatMap((value) => [value, ...quotedForms(value)])
    .sort((one, other) => other.length - one.length);
  return (text) => forms.reduce((clean, form) => clean.replaceAll(form, '***'), text);
}

/** Several options of a mount are one text. */
function withOptions(value: JsonValue): readonly JsonValue[] {
  return [value, ...(asText(value)?.split(',') ?? [])];
}

/** `--key=value`, of which only the value may be quoted. */
function ofFlag(word: string): readonly string[] {
  const [, value] = /^--?[\w-]+=(.+)$/s.exec(word) ?? [];
  return value === undefined ? [] : [value];
}

/** As JSON writes it, and as those writers of JSON do that think of HTML. */
function quotedForms(value: string): readonly string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const escape = (character: string) => `\\u00${character.charCodeAt(0).toString(16)}`;
  return [json, json.replaceAll(/[<>&]/g, escape)];
}
