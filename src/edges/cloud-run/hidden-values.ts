/** A refusal may quote what was sent: values of variables, commands and their arguments stay out of it. */
import type { TemplateChange } from '../../core/template-types.ts';

/** Shorter ones are words like "on", which say nothing to anybody. */
const SHORTEST = 4;

export function hidesValues(change: TemplateChange | null): (text: string) => string {
  const values = (change?.edits ?? []).flatMap((edit) => {
    if (edit.kind === 'env') return edit.values.map(({ value }) => value);
    return edit.kind === 'words' ? edit.to : [];
  });
  const forms = values
    .filter((value) => value.length >= SHORTEST)
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    .sort((one, other) => other.length - one.length);
  return (text) => forms.reduce((clean, form) => clean.replaceAll(form, '***'), text);
}
