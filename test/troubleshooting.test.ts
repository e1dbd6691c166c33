/** docs/troubleshooting.md quotes what the code says, and has a row for all that the doctor knows. */
import { describe, expect, test } from 'vitest';
import { causeOf } from '../src/core/doctor/cloud-run-words.ts';
import type { CauseKind } from '../src/core/doctor/cloud-run-words.ts';
import { exchangeStep } from '../src/core/doctor/google-words.ts';
import { pathsBelow, read } from './docs/pages.ts';

const page = read('docs/troubleshooting.md');
const [ours = '', foreign = ''] = page.split('\n## What Cloud Run says\n');
const [cloudRun = '', tokens = ''] = foreign.split('\n## What the token service says\n');

/** Of the README. */
const [short = ''] = (read('README.md').split('\n## Troubleshooting\n')[1] ?? '').split('\n## ');

/** Templates and texts that are broken over lines, as one line each. */
const source = pathsBelow('src')
  .filter((path) => path.endsWith('.ts'))
  .map((path) => read(path).replaceAll(/['"`] \+\n\s*['"`]/g, ''))
  .join('\n');

const subject = {
  ref: { project: 'demo', region: 'us-central1', service: 'web' },
  image: 'us-docker.pkg.dev/my-project/web/web:v2',
};

/** What its first column quotes, row by row. */
function quotedIn(section: string): readonly string[] {
  return [...section.matchAll(/^\| (.*?) \| /gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => quoted),
  );
}

describe('a message is quoted as the code writes it', () => {
  test.each([...quotedIn(ours), ...quotedIn(short)])('%s', (quoted) => {
    const pieces = quoted.split(/…|\d+/).map((piece) => piece.trim());
    expect(pieces.filter((piece) => !source.includes(piece))).toEqual([]);
  });
});

const KINDS: Readonly<Record<CauseKind, true>> = {
  'act-as': true,
  'agent-without-account': true,
  platform: true,
  'secret-missing': true,
  'secret-denied': true,
  'image-denied-to-agent': true,
  'image-denied-to-job': true,
  'image-policy': true,
  'image-missing': true,
  'image-not-taken-in': true,
  instances: true,
  revisions: true,
  key: true,
  network: true,
  'startup-probe': true,
  container: true,
  'launch-stage': true,
  passing: true,
};

test('each cause that is known of what Cloud Run says has a row with words it is known by', () => {
  const kinds = quotedIn(cloudRun).map((said) => causeOf(said, subject)?.kind ?? said);
  expect(new Set(kinds)).toEqual(new Set(Object.keys(KINDS)));
});

test('what each row says is to be done is what the report says', () => {
  const rows = [...cloudRun.matchAll(/^\| `([^`]+)`.*\| (.*) \|$/gm)];
  expect(rows).toHaveLength(Object.keys(KINDS).length);
  for (const [, said = '', advice = ''] of rows) {
    const cause = causeOf(said, subject);
    const told = [cause?.text, ...(cause?.commands ?? [])].join('\n');
    const roles = [...advice.matchAll(/`(roles\/[\w.]+)`/g)].map(([, role = '']) => role);
    for (const role of roles) expect(told).toContain(role);
  }
});

test('each refusal of the token service that is known has a row with its words', () => {
  const facts = {
    audience:
      '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/providers/my-repo',
    account: null,
  };
  const words = quotedIn(tokens);
  const steps = words.map((said) => exchangeStep(said, facts)?.text ?? said);
  const known = read('src/core/doctor/google-words.ts').match(/^ {4}words: /gm);
  expect(new Set(steps).size).toBe(known?.length);
  expect(steps.filter((step) => words.includes(step))).toEqual([]);
});
