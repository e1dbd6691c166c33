/** The input `metadata`: a service file says what the template is, so no other input may. */
import { parseImage } from './image.ts';
import { isStarting } from './input-table.ts';
import type { Command } from './input-table.ts';
import type { InputReader } from './input-reader.ts';
import { readOrigin } from './label-inputs.ts';
import { parseService, parseSuffix } from './names.ts';
import type { Fault, Parsed } from './parsed.ts';
import type { ServiceFile, TemplateChange } from '../template-types.ts';

/** null: no file is given, or it was refused, and the reader has a finding about it. */
export function readServiceFile(
  reader: InputReader,
  command: Command | null,
  file: Parsed<ServiceFile> | undefined,
): ServiceFile | null {
  if (!startsFromFile(reader, command)) return null;
  const read = file ?? NOT_READ;
  if (!read.ok) {
    for (const fault of read.faults) refuse(reader, fault);
    return null;
  }
  const name = parseService(read.value.service);
  if (name.ok && name.value.home === null) return read.value;
  const wrong = 'has a metadata.name that is not the name of a service';
  return refuse(reader, { wrong, advice: 'Write the name alone, as the service has it.' });
}

/** A command that starts nothing has its own finding about `metadata`. */
export function startsFromFile(reader: InputReader, command: Command | null): boolean {
  return reader.isGiven('metadata') && (command === null || isStarting(command));
}

const NOT_READ: Parsed<never> = {
  ok: false,
  faults: [{ value: null, wrong: 'was not read', advice: 'Write the path of a service file.' }],
};

/** deploy-cloudrun leaves them aside without a word; whoever writes one here means it. */
const RIVALS = [
  'image',
  'env_vars',
  'env_vars_update_strategy',
  'secrets',
  'secrets_update_strategy',
  'labels',
  'timeout',
  'flags',
  'suffix',
] as const;

type FileContext = {
  readonly project: string;
  readonly region: string;
  readonly service: string;
  readonly commit: string;
  readonly file: ServiceFile | null;
};

/** null: something is refused, and the reader has a finding about it. */
export function readFileChange(reader: InputReader, context: FileContext): TemplateChange | null {
  refuseRivals(reader);
  const { file } = context;
  if (file === null) return null;
  refuseOtherHome(reader, file, context);
  const image = parseImage(file.image);
  for (const { wrong, advice } of image.ok ? [] : image.faults) {
    refuse(reader, { wrong: `has an image that ${wrong}`, advice });
  }
  const origin = readOrigin(reader, context.commit);
  if (reader.findings().length > 0) return null;
  return {
    image: file.image,
    edits: [{ kind: 'service-file', json: file.json }],
    originLabels: origin.filter(({ name }) => !file.labels.includes(name)),
  };
}

/** A revision that the file names is named as by `suffix`: a later attempt adds its number. */
export function readFileSuffix(
  reader: InputReader,
  file: ServiceFile | null,
  service: string,
): string | null {
  const name = file?.revision ?? null;
  if (name === null || service === '') return null;
  const suffix = name.startsWith(`${service}-`) ? name.slice(service.length + 1) : '';
  const parsed = parseSuffix(suffix, service);
  if (parsed.ok) return parsed.value;
  return refuse(reader, {
    wrong: 'gives the revision a name (spec.template.metadata.name) that it cannot have',
    advice:
      'Take the line out, and the revision is named by the run; or write the name of the service, a ' +
      'hyphen, and lower-case letters, digits and hyphens.',
  });
}

function refuseRivals(reader: InputReader): void {
  const given = RIVALS.filter((name) => reader.isGiven(name));
  if (given.length === 0) return;
  const names = given.map((name) => `\`${name}\``).join(', ');
  refuse(reader, {
    wrong: `is given, and so ${given.length === 1 ? 'is' : 'are'} ${names}`,
    advice:
      'The file is the whole template: write it there and remove the other, or leave out `metadata`, ' +
      'and what is not named stays as it is in the service. `tag` and `no_traffic` may stay.',
  });
}

function refuseOtherHome(
  reader: InputReader,
  { service, namespace, location }: ServiceFile,
  context: FileContext,
): void {
  if (context.service !== '' && service !== context.service) {
    refuse(reader, {
      wrong: `is a file for the service ${service}, and \`service\` is another`,
      advice: 'Write the same name in both, or leave out `service`.',
    });
  }
  // A new service would be made in the region of the input, whatever the file says.
  if (location !== null && context.region !== '' && location !== context.region) {
    refuse(reader, {
      wrong: 'has a label cloud.googleapis.com/location of another region than `region`',
      advice: 'Take it out, or set `region` to the same region.',
    });
  }
  // A number is compared with that of the service, once that is read.
  const isOther = namespace !== null && !/^\d+$/.test(namespace) && namespace !== context.project;
  if (context.project === '' || !isOther) return;
  refuse(reader, {
    wrong: 'has a metadata.namespace that is not the project',
    advice: 'Take it out, or set `project_id` to the same project.',
  });
}

function refuse(reader: InputReader, { wrong, advice }: Omit<Fault, 'value'>): null {
  reader.refuse('metadata', { value: null, wrong, advice });
  return null;
}
