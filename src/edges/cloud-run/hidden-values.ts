/** A refusal may quote what was sent: values of variables, commands and their arguments stay out of it. */
import type { TemplateChange } from '../../core/template-types.ts';
import { asList, asText, at, parseJson } from '../json.ts';

/** Shorter ones are words like "on", which say nothing to anybody. */
const SHORTEST = 4;

export function hidesValues(change: TemplateChange | null): (text: string) => string {
  const values = (change?.edits ?? []).flatMap((edit) => {
    if (edit.kind === 'env') return edit.values.map(({ value }) => value);
    if (edit.kind === 'service-file') return valuesIn(edit.json);
    return edit.kind === 'words' ? edit.to : [];
  });
  const forms = values
    .filter((value) => value.length >= SHORTEST)
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    .sort((one, other) => other.length - one.length);
  return (text) => forms.reduce((clean, form) => clean.replaceAll(form, '***'), text);
}

function valuesIn(serviceFile: string): readonly string[] {
  const template = at(parseJson(serviceFile), 'spec', 'template', 'spec');
  const containers = ['containers', 'initContainers'].flatMap(
    (name) => asList(at(template, name)) ?? [],
  );
  return containers.flatMap((container) => [
    ...(asList(at(container, 'env')) ?? []).map((variable) => asText(at(variable, 'value')) ?? ''),
    ...['command', 'args'].flatMap((name) =>
      (asList(at(container, name)) ?? []).map((word) => asText(word) ?? ''),
    ),
    ...['startupProbe', 'livenessProbe', 'readinessProbe'].flatMap((name) =>
      (asList(at(container, name, 'httpGet', 'httpHeaders')) ?? []).map(
        (header) => asText(at(header, 'value')) ?? '',
      ),
    ),
  ]);
}
