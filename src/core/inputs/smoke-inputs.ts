/** The inputs of the smoke test, and what they mean together. */
import type { InputReader } from './input-reader.ts';
import type { InputName } from './input-table.ts';
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import { parseAudience, parseBodyText, parseHeaderName, parseStatuses } from './smoke.ts';
import { parseSmokeLines } from './smoke-lines.ts';
import { isRepeatable, mayHaveBody } from '../smoke-line.ts';
import type { Smoke } from '../smoke-types.ts';
import type { Millis } from '../types.ts';
import { parseCount, parseDuration, parseWord } from './units.ts';

const AUTH = ['auto', 'none', 'id_token'] as const;
const MOST_PROBES = 500;
const MOST_RATE = 100;
/** A smoke test is one act of the loop: nothing is read while it goes on. */
const MOST_SECONDS = 60;
const WARM_UP = { least: 1_000, most: 10 * 60_000, kind: 'wait' } as const;

const OTHERS: readonly InputName[] = [
  'smoke_status',
  'smoke_body',
  'smoke_revision_header',
  'smoke_probes',
  'smoke_rate',
  'smoke_auth',
  'smoke_audience',
  'warm_up',
];

/** null: no smoke test, or the reader has a finding about it. */
export function readSmoke(reader: InputReader): Smoke | null {
  const lines = reader.read('smoke_path', parseSmokeLines);
  const statuses = reader.read('smoke_status', parseStatuses);
  const body = reader.read('smoke_body', parseBodyText);
  const revisionHeader = reader.read('smoke_revision_header', parseHeaderName);
  const range = { least: 1, most: MOST_PROBES };
  const probes = reader.read('smoke_probes', (text) => parseCount(text, range));
  const rate = reader.read('smoke_rate', (text) => parseCount(text, { least: 1, most: MOST_RATE }));
  const auth = reader.read('smoke_auth', (text) => parseWord(text, AUTH));
  const audience = reader.read('smoke_audience', parseAudience);
  const warmUp = reader.read('warm_up', parseWarmUp);
  if (reader.text('smoke_path') === 'off') refuseOthers(reader);
  if (
    lines === null ||
    statuses === null ||
    probes === null ||
    rate === null ||
    auth === null ||
    warmUp === null
  ) {
    return null;
  }
  const smoke = { lines, statuses, body, revisionHeader, probes, rate, auth, audience, warmUp };
  refuseContradictions(reader, smoke);
  return smoke;
}

function parseWarmUp(text: string): Parsed<Millis> {
  if (text === 'off') return taken(0);
  const parsed = parseDuration(text, WARM_UP);
  if (parsed.ok) return parsed;
  const [fault] = parsed.faults;
  return refused(text, fault?.wrong ?? '', `${fault?.advice ?? ''} \`off\` goes without.`);
}

function refuseOthers(reader: InputReader): void {
  for (const name of OTHERS) {
    if (!reader.isGiven(name)) continue;
    reader.refuse(name, {
      value: reader.text(name),
      wrong: 'is given although smoke_path is off',
      advice: 'Remove it, or say in smoke_path what to ask for.',
    });
  }
}

function refuseContradictions(reader: InputReader, smoke: Smoke): void {
  const { lines, probes, rate, body, auth, audience, warmUp } = smoke;
  const refuse = (name: InputName, wrong: string, advice: string) =>
    reader.refuse(name, { value: reader.text(name), wrong, advice });
  const repeatable = lines.filter(isRepeatable).length;
  if (repeatable > probes) {
    const wrong = `are fewer than the ${repeatable} paths`;
    refuse('smoke_probes', wrong, 'Write at least as many, better some for each.');
  }
  if (probes > rate * MOST_SECONDS) {
    const wrong = `would take longer than ${MOST_SECONDS} s at ${rate} a second`;
    refuse('smoke_probes', wrong, 'Write fewer, or a higher smoke_rate.');
  }
  if (repeatable === 0) {
    const advice =
      'Add a path for GET, HEAD or OPTIONS; other methods are sent once. Or remove it.';
    for (const name of ['smoke_probes', 'warm_up'] as const) {
      if (reader.isGiven(name)) refuse(name, 'has no path that may be asked again', advice);
    }
  }
  if (body !== null && !lines.some(mayHaveBody)) {
    const advice = 'Ask for a path with GET, with a status other than 204, 205 and 304.';
    refuse('smoke_body', 'can be in no answer', advice);
  }
  if (audience !== null && auth === 'none') {
    refuse('smoke_audience', 'is given although smoke_auth is none', 'Remove one of them.');
  }
  if (warmUp > 0) remarkAboutHolds(reader);
}

/** Only who raises the canary warms it up; it would be cold again when a person comes. */
function remarkAboutHolds(reader: InputReader): void {
  if (reader.text('command') !== 'deploy') return;
  reader.remark(
    'warm_up is for the run that raises the canary: `deploy` stops before, and `ramp` warms it up.',
  );
}
