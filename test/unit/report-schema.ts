/** The published schema of the report, as a stranger would use it, and more strictly. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

type Json = Readonly<Record<string, unknown>>;

const schema: Json = JSON.parse(
  readFileSync(new URL('../../docs/report.schema.json', import.meta.url), 'utf8'),
);

const asPublished = new Ajv2020({ strictTypes: false, allErrors: true }).compile(schema);
/** A field that the schema does not describe is wrong, too. */
const whollyDescribed = new Ajv2020({ strictTypes: false, allErrors: true }).compile(
  closed(schema),
);

/** What is wrong with it, each as one line. */
export function schemaFaults(json: string): readonly string[] {
  return faultsBy(asPublished, json);
}

export function undescribed(json: string): readonly string[] {
  return faultsBy(whollyDescribed, json);
}

function faultsBy(validate: typeof asPublished, json: string): readonly string[] {
  validate(JSON.parse(json));
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function closed(part: Json): Json {
  const whole: unknown = JSON.parse(JSON.stringify(part), (_, value: unknown) =>
    isJson(value) && isJson(value['properties'])
      ? { additionalProperties: false, ...value }
      : value,
  );
  if (!isJson(whole)) throw new Error('The schema is no object.');
  return whole;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
