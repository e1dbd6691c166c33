/**
 * Bodies checked against GitHub's own description. make-cut.ts makes the cut; the sentences for
 * what is wrong are worded the way GitHub words them.
 */
import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

/** `template`: a path of the OpenAPI document, e.g. "/repos/{owner}/{repo}/check-runs". */
export type Operation = { readonly method: 'GET' | 'POST' | 'PATCH'; readonly template: string };

/** No sentences: the body is acceptable. */
export type Schema = {
  readonly requestFaults: (operation: Operation, body: unknown) => readonly string[];
  /** For the sandbox's own tests: is what it answers what GitHub describes? */
  readonly answerFaults: (of: Operation & { readonly status: number }, body: unknown) => string[];
};

type Content = {
  readonly content: {
    readonly 'application/json': {
      readonly schema: { readonly properties?: Readonly<Record<string, unknown>> };
    };
  };
};
type Cut = {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly requestBody?: Content }>>>
  >;
};

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export function openSchema(): Schema {
  const cut: Cut = JSON.parse(
    readFileSync(new URL('fixtures/openapi-cut.json', import.meta.url), 'utf8'),
  );
  // `unicode: false` counts UTF-16 units, as GitHub's limit of 65,535 characters does.
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    unicode: false,
    verbose: true,
    logger: false,
  });
  ajv.addFormat('date-time', INSTANT);
  for (const format of ['uri', 'int64', 'email']) ajv.addFormat(format, true);
  ajv.addSchema(cut, 'gh', undefined, false);

  const compiled = new Map<string, ValidateFunction>();
  const faults = (place: string, body: unknown): string[] => {
    const validate =
      compiled.get(place) ?? ajv.compile({ $ref: `${place}/content/application~1json/schema` });
    compiled.set(place, validate);
    if (validate(body)) return [];
    return [...new Set((validate.errors ?? []).map(sentence))];
  };

  return {
    requestFaults: (operation, body) => {
      const { template, method } = operation;
      const known = cut.paths[template]?.[method.toLowerCase()]?.requestBody;
      if (known === undefined) throw new Error(`No request body for ${method} ${template}`);
      const names = known.content['application/json'].schema.properties ?? {};
      return [...unknownKeys(names, body), ...faults(`${pointer(operation)}/requestBody`, body)];
    },
    answerFaults: (of, body) => faults(`${pointer(of)}/responses/${of.status}`, body),
  };
}

function pointer({ method, template }: Operation): string {
  return `gh#/paths/${encodeURIComponent(template.replaceAll('/', '~1'))}/${method.toLowerCase()}`;
}

function unknownKeys(names: Readonly<Record<string, unknown>>, body: unknown): string[] {
  return Object.keys(Object(body))
    .filter((key) => !Object.hasOwn(names, key))
    .map((key) => `"${key}" is not a permitted key.`);
}

function sentence(error: ErrorObject): string {
  const place = error.instancePath === '' ? 'The body' : `For '${error.instancePath.slice(1)}',`;
  const given: unknown = error.data;
  const limit = String(error.params['limit']);
  switch (error.keyword) {
    case 'required':
      return `"${String(error.params['missingProperty'])}" wasn't supplied.`;
    case 'maxLength':
      return `Only ${limit} characters are allowed; ${String(given).length} were supplied.`;
    case 'maxItems':
      return `No more than ${limit} items are allowed; ${lengthOf(given)} were supplied.`;
    case 'enum':
      return `${place} ${JSON.stringify(given)} is not a member of ${JSON.stringify(error.params['allowedValues'])}.`;
    case 'type':
      return `${place} ${JSON.stringify(given)} is not ${aType(String(error.params['type']))}.`;
    default:
      return `${place} ${error.message ?? 'is not acceptable'}.`;
  }
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function aType(type: string): string {
  return /^[aio]/.test(type) ? `an ${type}` : `a ${type}`;
}
