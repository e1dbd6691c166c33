/** Inputs as the runner hands them over, with the least that has to be given. */
import { parseInputs } from '../../src/core/inputs/inputs.ts';
import type { ParsedInputs, Request } from '../../src/core/inputs/inputs.ts';
import type { Finding } from '../../src/core/problem.ts';
import type { Plan } from '../../src/core/types.ts';

export const AMBIENT = { project: 'demo', defaultTag: 'c-1a2b3c', commit: '' };
export const LEAST = { service: 'web', image: 'registry.example/web:v1' };

export type Given = Readonly<Record<string, string>>;

export function parse(given: Given): ParsedInputs {
  return parseInputs(new Map(Object.entries(given)), AMBIENT);
}

export function request(given: Given): Request {
  const parsed = parse(given);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return parsed.request;
}

/** Of the command `run`; LEAST need not be repeated. */
export function plan(given: Given = {}): Plan {
  return request({ ...LEAST, ...given }).plan!;
}

export function findings(given: Given): readonly Finding[] {
  const parsed = parse(given);
  return parsed.ok ? [] : parsed.findings;
}
