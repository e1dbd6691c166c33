/**
 * A service file as a v1 Service (https://cloud.google.com/run/docs/reference/yaml/v1): what a canary
 * can take from it, or everything that is wrong with it. Fields are named, values never.
 */
import { taken } from '../../core/inputs/parsed.ts';
import type { Fault, Parsed } from '../../core/inputs/parsed.ts';
import type { ServiceFile } from '../../core/template-types.ts';
import { asList, asNumber, asObject, asText, at, stringifyJson } from '../json.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { servingImage } from './template.ts';

const API = 'serving.knative.dev/v1';
const TOP = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];
const SPEC = ['template', 'traffic'];

type Flaw = Omit<Fault, 'value'>;

export function readServiceFile(value: JsonValue): Parsed<ServiceFile> {
  const root = asObject(value) ?? {};
  const flaws = kindFlaws(root) ?? [
    ...metadataFlaws(root),
    ...specFlaws(root),
    ...templateFlaws(asObject(at(root, 'spec', 'template'))),
  ];
  if (flaws.length > 0) {
    return { ok: false, faults: flaws.map((flaw) => ({ value: null, ...flaw })) };
  }
  const namespace = at(root, 'metadata', 'namespace');
  const template = asObject(at(root, 'spec', 'template')) ?? {};
  return taken({
    service: asText(at(root, 'metadata', 'name')) ?? '',
    // gcloud takes the number of the project without quotes, too.
    namespace: asText(namespace) ?? asNumber(namespace)?.toString() ?? null,
    location: asText(at(root, 'metadata', 'labels', 'cloud.googleapis.com/location')),
    revision: asText(at(template, 'metadata', 'name')),
    image: servingImage(template),
    labels: [root, template].flatMap((part) => keysOf(at(part, 'metadata', 'labels'))),
    json: stringifyJson(root),
  });
}

/** null: it is a service. What else is wrong with something else helps nobody. */
function kindFlaws(root: JsonObject): readonly Flaw[] | null {
  const kind = at(root, 'kind');
  if (kind === 'Job' || kind === 'WorkerPool') {
    return [
      {
        wrong: `is the file of a ${kind}, not of a service`,
        advice: 'It has no traffic to ramp: deploy it with deploy-cloudrun itself.',
      },
    ];
  }
  if (kind === 'Service' && at(root, 'apiVersion') === API) return null;
  return [
    {
      wrong: 'is not the file of a Cloud Run service',
      advice: `Write \`apiVersion: ${API}\` and \`kind: Service\`, as \`gcloud run services replace\` takes it.`,
    },
  ];
}

function metadataFlaws(root: JsonObject): readonly Flaw[] {
  const name = asText(at(root, 'metadata', 'name')) ?? '';
  const namespace = at(root, 'metadata', 'namespace') ?? null;
  return [
    ...unknownFields(root, TOP, ''),
    ...(name === '' ? [missing('metadata.name', 'Write the name of the service.')] : []),
    ...(namespace !== null && asText(namespace) === null && asNumber(namespace) === null
      ? [notText('metadata.namespace')]
      : []),
    ...textMapFlaws(at(root, 'metadata', 'labels'), 'metadata.labels'),
    ...textMapFlaws(at(root, 'metadata', 'annotations'), 'metadata.annotations'),
  ];
}

function specFlaws(root: JsonObject): readonly Flaw[] {
  const traffic = at(root, 'spec', 'traffic') ?? null;
  const hasTraffic = traffic !== null && asList(traffic)?.length !== 0;
  return [
    ...unknownFields(asObject(at(root, 'spec')) ?? {}, SPEC, 'spec.'),
    ...(hasTraffic
      ? [
          {
            wrong: 'has a `traffic:` stanza (spec.traffic)',
            advice:
              'Take it out: traffic is owned by the rollout. How much the canary gets is said with ' +
              '`stages`, its tag with `tag`.',
          },
        ]
      : []),
  ];
}

function templateFlaws(template: JsonObject | null): readonly Flaw[] {
  const place = 'spec.template';
  if (template === null) return [missing(place, 'Write the template of the revision.')];
  const name = at(template, 'metadata', 'name') ?? null;
  const containers = asList(at(template, 'spec', 'containers')) ?? [];
  return [
    ...(name !== null && asText(name) === null ? [notText(`${place}.metadata.name`)] : []),
    ...textMapFlaws(at(template, 'metadata', 'labels'), `${place}.metadata.labels`),
    ...textMapFlaws(at(template, 'metadata', 'annotations'), `${place}.metadata.annotations`),
    ...(containers.length === 0
      ? [missing(`${place}.spec.containers`, 'Write a container with its image.')]
      : containers.flatMap((container, index) =>
          containerFlaws(container, `${place}.spec.containers[${index}]`),
        )),
  ];
}

function containerFlaws(container: JsonValue, place: string): readonly Flaw[] {
  const image = at(container, 'image');
  const env = at(container, 'env') ?? [];
  const words = ['command', 'args'].filter((name) => {
    const list = at(container, name) ?? [];
    return asList(list)?.every((word) => asText(word) !== null) !== true;
  });
  return [
    ...((asText(image) ?? '') === ''
      ? [missing(`${place}.image`, 'Write its image; was the expression that fills it in empty?')]
      : []),
    ...(asList(env)?.flatMap((variable, index) =>
      variableFlaws(variable, `${place}.env[${index}]`),
    ) ?? [notList(`${place}.env`)]),
    ...words.map((name) => notText(`${place}.${name}`)),
    ...textMapFlaws(at(container, 'resources', 'limits'), `${place}.resources.limits`),
  ];
}

function variableFlaws(variable: JsonValue, place: string): readonly Flaw[] {
  const value = at(variable, 'value') ?? null;
  return [
    ...((asText(at(variable, 'name')) ?? '') === ''
      ? [missing(`${place}.name`, 'Write the name of the variable.')]
      : []),
    ...(value !== null && asText(value) === null ? [notText(`${place}.value`)] : []),
  ];
}

/** Where a text is wanted, YAML's bare `true` and `1` are none, and Cloud Run takes nothing else. */
function textMapFlaws(value: JsonValue | undefined, place: string): readonly Flaw[] {
  if (value === undefined || value === null) return [];
  const map = asObject(value);
  if (map === null) {
    return [{ wrong: `has at ${place} something else than keys with values`, advice: 'Mend it.' }];
  }
  return Object.entries(map)
    .filter(([, text]) => asText(text) === null)
    .map(([key]) => notText(`${place} for ${named(key)}`));
}

function unknownFields(part: JsonObject, known: readonly string[], place: string): readonly Flaw[] {
  return Object.keys(part)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      wrong: `has a field that no service has, ${place}${named(key)}`,
      advice: 'Take it out, or put it where it belongs; is a line indented wrongly?',
    }));
}

/** What stands there by mistake may be anything. */
function named(key: string): string {
  return /^[\w./-]{1,100}$/.test(key) ? `\`${key}\`` : 'an odd key';
}

function keysOf(value: JsonValue | undefined): readonly string[] {
  return Object.keys(asObject(value) ?? {});
}

function missing(place: string, advice: string): Flaw {
  return { wrong: `has nothing at ${place}`, advice };
}

function notText(place: string): Flaw {
  return { wrong: `has something else than a text at ${place}`, advice: 'Write it in quotes.' };
}

function notList(place: string): Flaw {
  return { wrong: `has something else than a list at ${place}`, advice: 'Write a list.' };
}
