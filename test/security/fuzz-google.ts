/** Parsers of what Google answers, and of the file with its credentials. */
import { causeOf } from '../../src/core/doctor/cloud-run-words.ts';
import { emailIn, imageIn, secretsIn } from '../../src/core/doctor/quoted.ts';
import { recordIn, readService } from '../../src/edges/cloud-run/service-json.ts';
import { readCredentials } from '../../src/edges/google-credentials.ts';
import { googleRefusal } from '../../src/edges/google-refusal.ts';
import { readAnswer } from '../../src/edges/monitoring-call.ts';
import { readSeries } from '../../src/edges/monitoring-points.ts';
import { COUNT, LATENCY, MEMORY } from '../../src/edges/monitoring-values.ts';
import { asList, asObject, at, parseJson } from '../../src/edges/json.ts';
import { readEntries } from '../../src/edges/logging-entries.ts';
import { externalFile, impersonationUrl, keyFile } from '../edges/credential-files.ts';
import { fullService } from '../edges/full-service.ts';
import { entry } from '../edges/logging-server.ts';
import * as answers from '../edges/monitoring-answers.ts';
import { SERVICE_TEXT } from '../edges/service-fixture.ts';
import { CANARY, NOW, STABLE } from '../unit/build.ts';
import type { Parser } from './fuzz-run.ts';
import { SECRET } from './fuzz-run.ts';

/** What nobody sees: it was taken, and stays in memory. */
const TAKEN = null;
const WINDOW = { from: answers.at(-60), to: answers.at(60) };
const SELECTION = { service: 'web', region: 'europe-west1', revisions: null, ...WINDOW };

function withSecrets(file: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(file).replaceAll('github-request-token', SECRET);
}

const credentials: Parser = {
  name: 'credentials',
  form: 'json',
  seeds: [
    withSecrets(externalFile(null)),
    withSecrets({
      ...externalFile(null),
      service_account_impersonation_url: impersonationUrl(null),
    }),
    JSON.stringify({ ...keyFile(), private_key_id: SECRET }),
    JSON.stringify({ ...keyFile(), private_key: `-----BEGIN PRIVATE KEY-----\n${SECRET}\n` }),
  ],
  parse(text) {
    const read = readCredentials(text, { universe: 'googleapis.com', loopbackAllowed: false });
    return read.ok ? TAKEN : read.findings;
  },
};

const service: Parser = {
  name: 'service',
  form: 'json',
  seeds: [
    SERVICE_TEXT.replace('"value": "1.0"', `"value": "${SECRET}"`),
    JSON.stringify(fullService()),
  ],
  parse(text) {
    const raw = asObject(parseJson(text));
    if (raw === null) return TAKEN;
    recordIn(raw);
    readService(raw, 'web', NOW);
    return TAKEN;
  },
};

const monitoring: Parser = {
  name: 'monitoring',
  form: 'json',
  seeds: [
    JSON.stringify({
      timeSeries: [
        answers.counts({
          points: [answers.point(1, answers.int(5)), answers.point(0, answers.int(7))],
        }),
        answers.latencies({ points: [answers.point(0, answers.distribution([0, 3, 2, 1, 0]))] }),
        answers.memoryUse({ points: [answers.point(0, answers.used(0.5))] }),
      ],
      nextPageToken: 'x',
    }),
  ],
  parse(text) {
    const answer = { kind: 'answer', status: 200, headers: {}, text, serverTime: null } as const;
    const raw = asList(at(readAnswer(answer, 'monitoring.timeSeries.list', 'demo'), 'timeSeries'));
    const lists = [COUNT, LATENCY, MEMORY].map((reader) =>
      readSeries<unknown>(raw ?? [], SELECTION, reader),
    );
    for (const list of lists) refuseBadNumbers(list);
    return lists;
  },
};

/** "NaN" and "Infinity" are no measurements, and no count is below zero. */
function refuseBadNumbers(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`read ${value}`);
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(refuseBadNumbers);
}

const logging: Parser = {
  name: 'logging',
  form: 'json',
  seeds: [JSON.stringify({ entries: [entry(1), entry(2, {})], nextPageToken: 'x' })],
  parse(text) {
    const raw = asList(at(parseJson(text), 'entries')) ?? [];
    const names = { service: 'web', region: 'europe-west1', canary: 'web-2', baseline: STABLE };
    const logName = 'projects/acme-shop/logs/run.googleapis.com%2Frequests';
    return readEntries(raw, { logName, ...names });
  },
};

const REFUSAL = {
  error: {
    code: 403,
    status: 'PERMISSION_DENIED',
    message:
      "Permission 'run.services.get' denied on resource (or it may not exist). Image 'gcr.io/demo/web:v1' not found. projects/1/secrets/key/versions/latest was not found; serviceAccount:web@demo.iam.gserviceaccount.com",
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'SERVICE_DISABLED',
        metadata: { service: 'run.googleapis.com' },
      },
    ],
  },
};

const refusal: Parser = {
  name: 'refusal',
  form: 'json',
  seeds: [JSON.stringify(REFUSAL)],
  parse(text) {
    const read = googleRefusal(text);
    const said = read?.message ?? text;
    const ref = { project: 'demo', region: 'europe-west1', service: 'web' };
    const subject = { ref, image: 'web:v1', account: null, revision: CANARY, port: 8080 };
    return [causeOf(said, subject), secretsIn(said), emailIn(said), imageIn(said, '')];
  },
};

export const GOOGLE_PARSERS: readonly Parser[] = [
  credentials,
  service,
  monitoring,
  logging,
  refusal,
];
