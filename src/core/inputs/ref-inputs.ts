/** Which service, in which project and region. */
import type { Command } from './input-table.ts';
import type { InputReader } from './input-reader.ts';
import { parseProject, parseRegion, parseService } from './names.ts';
import type { ServiceName } from './names.ts';
import { refused } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import { startsFromFile } from './service-file-inputs.ts';
import type { ServiceFile } from '../template-types.ts';
import type { ServiceRef } from '../types.ts';

/** What `reconcile` takes for a service: every one of the region. */
export const ALL_SERVICES = '*';

type RefContext = {
  readonly command: Command | null;
  /** Names the service where the input does not. */
  readonly file: ServiceFile | null;
  /** Project that the credentials or the environment name. */
  readonly ambientProject: string | null;
};

export function readRef(reader: InputReader, context: RefContext): ServiceRef {
  const { command, file, ambientProject } = context;
  const isForAll = reader.text('service') === ALL_SERVICES && command === 'reconcile';
  const named = isForAll ? null : reader.read('service', parseServiceName);
  if (reader.text('service') === '' && !startsFromFile(reader, command)) {
    reader.refuse('service', {
      value: null,
      wrong: 'is not given',
      advice: 'Write the name of the Cloud Run service.',
    });
  }
  return {
    project: readProject(reader, named, ambientProject),
    region: readRegion(reader, named),
    service: isForAll ? ALL_SERVICES : (named?.service ?? fileService(reader, file)),
  };
}

/** A name that was refused has its own finding. */
function fileService(reader: InputReader, file: ServiceFile | null): string {
  return reader.text('service') === '' ? (file?.service ?? '') : '';
}

function parseServiceName(text: string): Parsed<ServiceName> {
  if (text !== ALL_SERVICES) return parseService(text);
  return refused(
    text,
    'is every service of the region',
    'Write the name of one; only `reconcile` looks after all of them.',
  );
}

/** The default cannot be told from the same text written by hand, so it never disagrees. */
function readRegion(reader: InputReader, named: ServiceName | null): string {
  const region = reader.read('region', parseRegion);
  const home = named?.home ?? null;
  if (home === null) return region ?? '';
  if (region !== null && reader.isGiven('region') && region !== home.region) {
    reader.refuse('region', {
      value: region,
      wrong: `is not the region in service, ${home.region}`,
      advice: 'Write the same region in both, or leave out `region`.',
    });
  }
  return home.region;
}

function readProject(
  reader: InputReader,
  named: ServiceName | null,
  ambientProject: string | null,
): string {
  const project = reader.read('project_id', parseProject);
  const home = named?.home ?? null;
  if (home !== null) {
    if (project !== null && project !== home.project) {
      reader.refuse('project_id', {
        value: project,
        wrong: `is not the project in service, ${home.project}`,
        advice: 'Write the same project in both, or leave out `project_id`.',
      });
    }
    return home.project;
  }
  // A full name that could not be read has its own finding; another one would lead astray.
  const isSettled = reader.isGiven('project_id') || reader.text('service').includes('/');
  return isSettled ? (project ?? '') : projectAround(reader, ambientProject);
}

function projectAround(reader: InputReader, ambientProject: string | null): string {
  const advice = 'Set `project_id`, or give google-github-actions/auth a project before this step.';
  if (ambientProject === null || ambientProject === '') {
    reader.refuse('project_id', { value: null, wrong: 'is not given', advice });
    return '';
  }
  const parsed = parseProject(ambientProject);
  if (parsed.ok) return parsed.value;
  for (const { value, wrong } of parsed.faults) {
    reader.refuse('project_id', { value, wrong: `from the environment ${wrong}`, advice });
  }
  return '';
}
