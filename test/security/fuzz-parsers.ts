/** Every parser of text from outside, with texts that it takes and what of its answer people see. */
import { causeOf } from '../../src/core/doctor/cloud-run-words.ts';
import { emailIn, imageIn, secretsIn } from '../../src/core/doctor/quoted.ts';
import { parseInputs } from '../../src/core/inputs/inputs.ts';
import { cell, code, plain } from '../../src/core/report/markdown.ts';
import { readFirst, writeFirst } from '../../src/core/rollout/first-note.ts';
import { planHash, readPlan, writePlan } from '../../src/core/rollout/plan.ts';
import { readBirth, readRecord, writeBirth, writeRecord } from '../../src/core/rollout/record.ts';
import { checksum } from '../../src/core/checksum.ts';
import { readServiceFile } from '../../src/edges/cloud-run/service-file.ts';
import { recordIn, readService } from '../../src/edges/cloud-run/service-json.ts';
import { endpointsFrom } from '../../src/edges/endpoints.ts';
import { readCredentials } from '../../src/edges/google-credentials.ts';
import { googleRefusal } from '../../src/edges/google-refusal.ts';
import { readAnswer } from '../../src/edges/monitoring-call.ts';
import { readSeries } from '../../src/edges/monitoring-points.ts';
import { COUNT, LATENCY, MEMORY } from '../../src/edges/monitoring-values.ts';
import { asList, asObject, at, parseJson } from '../../src/edges/json.ts';
import { readEntries } from '../../src/edges/logging-entries.ts';
import { readContext } from '../../src/edges/runner-context.ts';
import { parseState, writeState } from '../../src/edges/runner-state.ts';
import { harmless } from '../../src/edges/runner-text.ts';
import { parseServiceText } from '../../src/edges/service-yaml.ts';
import { externalFile, impersonationUrl, keyFile } from '../edges/credential-files.ts';
import { fullService } from '../edges/full-service.ts';
import { entry } from '../edges/logging-server.ts';
import * as answers from '../edges/monitoring-answers.ts';
import { SERVICE_TEXT } from '../edges/service-fixture.ts';
import { AMBIENT } from '../unit/given-inputs.ts';
import { aPlan, aRecord, CANARY, NOW, STABLE } from '../unit/build.ts';
import { INPUT_SEEDS } from './fuzz-inputs.ts';
import type { Parser } from './fuzz-run.ts';
import { SECRET } from './fuzz-run.ts';

/** What nobody sees: it was taken, and stays in memory. */
const TAKEN = null;
const WINDOW = { from: answers.at(-60), to: answers.at(60) };
const SELECTION = { service: 'web', region: 'europe-west1', revisions: null, ...WINDOW };

const inputs: Parser = {
  name: 'inputs',
  form: 'pairs',
  seeds: INPUT_SEEDS,
  parse(text) {
    const parsed = parseInputs(new Map(JSON.parse(text) as [string, string][]), AMBIENT);
    return parsed.ok ? parsed.request.warnings : parsed.findings;
  },
};

const SERVICE_YAML = `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: web
  annotations: {run.googleapis.com/ingress: all}
spec:
  template: &t
    metadata: {labels: {team: "shop"}}
    spec:
      containerConcurrency: 80
      timeoutSeconds: 300
      containers:
        - image: us-docker.pkg.dev/demo/web/web@sha256:${'0'.repeat(64)}
          env:
            - {name: PASSWORD, value: ${SECRET}}
            - name: KEY
              valueFrom: {secretKeyRef: {key: latest, name: key}}
          resources: {limits: {cpu: 1000m, memory: 512Mi}}
  traffic: [{percent: 100, latestRevision: true}]
`;

const serviceFile: Parser = {
  name: 'service.yaml',
  form: 'text',
  // The library makes an error with a stack for each thing that is wrong; files have 256 KiB at most.
  msPerCharacter: 0.15,
  seeds: [SERVICE_YAML, SERVICE_TEXT, 'a: &a [1, 2]\nb: *a\nc: {"d": ~, e: 0o17}\n'],
  parse(text) {
    const parsed = parseServiceText(text);
    if (!parsed.ok) return parsed.faults;
    const file = readServiceFile(parsed.value);
    return file.ok ? TAKEN : file.faults;
  },
};

const record: Parser = {
  name: 'record',
  form: 'json',
  seeds: [
    writeRecord(aRecord()),
    writeRecord(aRecord({ stage: 2, percents: [0, 20, 100] })),
    writeBirth({
      rolloutId: '683120945-19482736450',
      attempt: 1,
      canary: CANARY,
      stable: STABLE,
      image: 'web:v1',
      commit: 'a'.repeat(40),
      clone: null,
    }),
    writeFirst({ rolloutId: '1-2', attempt: 1, revision: CANARY, planHash: 'abcdef' }),
  ],
  parse: (text) => [readRecord(text), readBirth(text), readFirst(text)],
};

const plan: Parser = {
  name: 'plan',
  form: 'json',
  seeds: [writePlan(aPlan()), writePlan(aPlan({ smoke: null, baseline: 'fresh' }))],
  // As if whoever changed it had changed its hash as well.
  parse(text) {
    const read = readPlan(text, checksum(text));
    return read === null ? null : [writePlan(read), planHash(read)];
  },
};

const state: Parser = {
  name: 'state',
  form: 'json',
  seeds: [
    writeState({
      service: { project: 'demo', region: 'europe-west1', service: 'web' },
      rolloutId: '683120945-19482736450',
      attempt: 1,
      checkName: 'Canary: web',
      done: false,
      brokeOff: 'conflicts',
    }),
  ],
  parse: parseState,
};

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

const JOB = {
  GITHUB_REPOSITORY: 'octo-org/shop',
  GITHUB_REPOSITORY_ID: '683120945',
  GITHUB_RUN_ID: '19482736450',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_SHA: 'a'.repeat(40),
  GITHUB_API_URL: 'https://api.github.com',
  GITHUB_SERVER_URL: 'https://github.com',
};

const context: Parser = {
  name: 'context',
  form: 'json',
  seeds: [
    JSON.stringify([
      { ...JOB, GITHUB_EVENT_NAME: 'pull_request' },
      { pull_request: { head: { sha: 'b'.repeat(40), repo: { id: 1 } } } },
    ]),
    JSON.stringify([
      { ...JOB, GITHUB_EVENT_NAME: 'workflow_run' },
      {
        action: 'completed',
        workflow_run: { id: 1, run_attempt: 1, head_sha: 'b'.repeat(40), status: 'completed' },
      },
    ]),
  ],
  parse(text) {
    const value: unknown = tryJson(text);
    const [env, payload] = Array.isArray(value) ? (value as readonly unknown[]) : [];
    const given = Object.entries(Object(env) as object).filter(
      ([, one]) => typeof one === 'string',
    );
    return readContext(Object.fromEntries(given), payload);
  },
};

const endpoints: Parser = {
  name: 'endpoints',
  form: 'text',
  seeds: [
    'https://run.googleapis.com/',
    'http://127.0.0.1:8080/',
    `https://me:${SECRET}@run.googleapis.com/`,
  ],
  parse(text) {
    const read = endpointsFrom({ CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: text }, 'europe-west1');
    // A password is what stands before an @.
    return text.lastIndexOf('@') > text.lastIndexOf(SECRET.slice(0, 7)) ? read : TAKEN;
  },
};

const json: Parser = {
  name: 'json',
  form: 'json',
  seeds: [SERVICE_TEXT, '[1.0,12345678901234567890,-0,1e5,"\\u00e9\\\\\\"",{"a":{"b":[null]}}]'],
  // What was taken comes back as it was.
  parse(text) {
    const written = JSON.stringify(parseJson(text));
    if (JSON.stringify(parseJson(written)) !== written) throw new Error('it changes on the way');
    return TAKEN;
  },
};

const text: Parser = {
  name: 'text',
  form: 'text',
  seeds: ['Image `gcr.io/x/y:tag` not found (see https://x.example), @octocat #1!', '::error::boo'],
  parse: (text) => [plain(text), cell(text), code(text), harmless(text)],
};

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const PARSERS: readonly Parser[] = [
  inputs,
  serviceFile,
  record,
  plan,
  state,
  credentials,
  service,
  monitoring,
  logging,
  refusal,
  context,
  endpoints,
  json,
  text,
];
