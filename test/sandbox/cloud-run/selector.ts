import { badRequest } from './errors.ts';

/**
 * Equality-based label selectors, which is what gcloud sends.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function selects(
  selector: string | null,
  labels: Readonly<Record<string, string>>,
): boolean {
  if (selector === null || selector.trim() === '') return true;
  return selector.split(',').every((term) => {
    const match = /^\s*([\w./-]+)\s*(?:(==|=|!=)\s*([\w.-]*))?\s*$/.exec(term);
    if (match === null) throw badRequest(`Invalid label selector '${selector}'.`);
    const [, key = '', operator, value] = match;
    const label = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === undefined) return label !== undefined;
    return operator === '!=' ? label !== value : label === value;
  });
}
