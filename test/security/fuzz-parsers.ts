/** Every parser of text from outside, with texts that it takes and what of its answer people see. */
import { parseInputs } from '../../src/core/inputs/inputs.ts';
import { cell, code, plain } from '../../src/core/report/markdown.ts';
import { readFirst, writeFirst } from '../../src/core/rollout/first-note.ts';
import { planHash, readPlan, writePlan } from '../../src/core/rollout/plan.ts';
import { readBirth, readRecord, writeBirth, writeRecord } from '../../src/core/rollout/record.ts';
import { checksum } from '../../src/core/checksum.ts';
import { replayed, replayedText } from '../../src/core/trace/replay.ts';
import { readTrace } from '../../src/core/trace/trace-read.ts';
import { readServiceFile } from '../../src/edges/cloud-run/service-file.ts';
import { endpointsFrom } from '../../src/edges/endpoints.ts';
import { parseJson } from '../../src/edges/json.ts';
import { readContext } from '../../src/edges/runner-context.ts';
import { parseState, writeState } from '../../src/edges/runner-state.ts';
import { harmless } from '../../src/edges/runner-text.ts';
import { parseServiceText } from '../../src/edges/service-yaml.ts';
import { SERVICE_TEXT } from '../edges/service-fixture.ts';
import { AMBIENT } from '../unit/given-inputs.ts';
import { aPlan, aRecord, CANARY, STABLE } from '../unit/build.ts';
import { table, timed } from '../unit/judge-table.ts';
import { fileOf, looked, observed } from '../unit/traced.ts';
import { GOOGLE_PARSERS } from './fuzz-google.ts';
import { INPUT_SEEDS } from './fuzz-inputs.ts';
import type { Parser } from './fuzz-run.ts';
import { SECRET } from './fuzz-run.ts';

/** What nobody sees: it was taken, and stays in memory. */
const TAKEN = null;

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
      doom: { reason: 'fail:error-rate', why: 'Too many errors.', rollout: '1-2:1:web-c2-1' },
      underWay: 'AAZZJpwmJn4',
      untold: { outcome: 'promoted', why: 'Passed.', channels: ['check'], page: '' },
    }),
  ],
  parse: parseState,
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

const report: Parser = {
  name: 'report',
  form: 'json',
  seeds: [fileOf([looked(observed(table(2, () => [timed(50, 2), timed(450, 22)])))])],
  // A look that is taken is judged again.
  parse(text) {
    const trace = readTrace(text);
    if ('faults' in trace) return trace.faults;
    return trace.looks.map((look) => replayedText(replayed(look)));
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
  ...GOOGLE_PARSERS,
  context,
  endpoints,
  json,
  report,
  text,
];
