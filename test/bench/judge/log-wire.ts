/** Truth → entries of the request log (LogEntry JSON of Cloud Logging v2) → the shipped reader. */
import type { LoggedMinute } from '../../../src/core/judging-types.ts';
import { parseJson, stringifyJson } from '../../../src/edges/json.ts';
import type { JsonObject } from '../../../src/edges/json.ts';
import { readEntries } from '../../../src/edges/logging-entries.ts';
import { createLoggedRows } from '../../../src/edges/logging-rows.ts';
import { MOST_IN_ROW } from '../../../src/edges/logging-window.ts';
import type { TruthRow } from './types.ts';
import { BASELINE, CANARY, MINUTE, REGION, SERVICE, instantOf } from './wire.ts';

const LOG = 'projects/shop/logs/run.googleapis.com%2Frequests';
/** A request begins before it is written down. */
const TOOK = 20;

/** As the reader would count it; above its limit the part of the entries that it reads. */
export function loggedIn({ minute, canary, baseline }: TruthRow): LoggedMinute {
  const all = canary.errors + baseline.errors;
  const read = all > MOST_IN_ROW ? MOST_IN_ROW / all : 1;
  return {
    start: instantOf(minute),
    canary: Math.round(canary.errors * read),
    baseline: Math.round(baseline.errors * read),
    capped: all > MOST_IN_ROW,
  };
}

/** The same, entry by entry and through text. */
export function decodeLogged(row: TruthRow): LoggedMinute {
  const start = instantOf(row.minute);
  const entries = [CANARY, BASELINE].flatMap((revision) => {
    const { errors } = revision === CANARY ? row.canary : row.baseline;
    return Array.from({ length: errors }, (_, i) =>
      entryOf(revision, `${revision}-${i}`, start + Math.floor(((i + 0.5) / errors) * MINUTE)),
    );
  });
  const sides = { canary: CANARY, baseline: BASELINE };
  const selection = { ...sides, logName: LOG, service: SERVICE, region: REGION };
  const failures = readEntries(entries, selection);
  const grid = { anchor: start, samplePeriod: MINUTE };
  const rows = createLoggedRows();
  if (failures !== null) rows.add({ failures, capped: [] }, { ...grid, until: start + MINUTE });
  const [minute] =
    failures === null ? [] : rows.minutes({ ...grid, from: start, to: start + MINUTE });
  if (minute === undefined) throw new Error('The shipped reader does not understand the log.');
  return minute;
}

function entryOf(revision: string, insertId: string, received: number) {
  const entry: JsonObject = {
    insertId,
    logName: LOG,
    severity: 'ERROR',
    timestamp: new Date(received - TOOK).toISOString(),
    receiveTimestamp: new Date(received).toISOString(),
    httpRequest: { requestMethod: 'GET', status: 503, latency: '0.020s' },
    resource: {
      type: 'cloud_run_revision',
      labels: { service_name: SERVICE, revision_name: revision, location: REGION },
    },
  };
  return parseJson(stringifyJson(entry));
}
