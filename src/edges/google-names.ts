/** Names that go into the question to a Google API. */
import { Problem } from '../core/problem.ts';
import type { ServiceRef } from '../core/types.ts';

/**
 * Names stand quoted in a filter and bare in a path: neither a quote nor a slash must get there.
 * @throws Problem `bad-input`
 */
export function checkNames(ref: ServiceRef): void {
  const names = [
    { subject: 'project', value: ref.project, form: /^(?:[a-z0-9][a-z0-9.-]*:)?[a-z0-9-]+$/ },
    { subject: 'region', value: ref.region, form: /^[a-z0-9-]+$/ },
    { subject: 'service', value: ref.service, form: /^[a-z][a-z0-9-]*$/ },
  ];
  const findings = names
    .filter(({ value, form }) => !form.test(value))
    .map(({ subject, value }) => ({
      subject,
      value,
      wrong: 'is not a name that Google Cloud gives',
      advice: 'Use lower-case letters, digits and hyphens.',
    }));
  if (findings.length === 0) return;
  throw new Problem('bad-input', {
    summary: 'Google Cloud cannot be asked about this service.',
    advice: '',
    findings,
  });
}
