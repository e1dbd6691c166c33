/** GitHub's own language service has nothing to say about the examples. */
import type { ActionsMetadataProvider } from '@actions/languageservice';
import { expect, test } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { parse } from 'yaml';
import { pathsBelow, read } from '../docs/pages.ts';
import { validate } from './language.ts';

type Metadata = NonNullable<Awaited<ReturnType<ActionsMetadataProvider['fetchActionMetadata']>>>;

/** Those inputs and outputs of others that the examples use, as their action.yml has them. */
const OTHERS: Readonly<Record<string, Pick<Metadata, 'inputs' | 'outputs'>>> = {
  'actions/checkout': inputs('persist-credentials'),
  'google-github-actions/auth': inputs('project_id workload_identity_provider service_account'),
  'google-github-actions/deploy-cloudrun': inputs('service region image suffix no_traffic'),
  'hashicorp/setup-terraform': inputs(''),
};

function inputs(names: string): Pick<Metadata, 'inputs'> {
  const each = names.split(' ').filter(Boolean);
  return { inputs: Object.fromEntries(each.map((name) => [name, { description: name }])) };
}

const ours: Metadata = parse(read('action.yml'));

const actionsMetadataProvider: ActionsMetadataProvider = {
  fetchActionMetadata: async ({ owner, name }) => {
    if (name === 'cloud-run-canary') return ours;
    const known = OTHERS[`${owner}/${name}`];
    if (known === undefined) throw new Error(`Nothing is known of ${owner}/${name}`);
    return { name, description: name, ...known };
  },
};

let documents = 0;

async function findings(text: string): Promise<readonly string[]> {
  // What it has read of a place it does not read again.
  const uri = `file:///o/r/.github/workflows/${(documents += 1)}.yml`;
  const document = TextDocument.create(uri, 'yaml', 1, text);
  const found = await validate(document, { actionsMetadataProvider });
  return found.map(({ message, range }) => `${range.start.line + 1}: ${JSON.stringify(message)}`);
}

const examples = pathsBelow('examples').filter((path) => path.endsWith('.yml'));

test.each(examples)('%s', async (path) => {
  expect(await findings(read(path))).toEqual([]);
});

test.each([
  ['an input that we do not have', 'stages:', 'steps:', "Invalid action input 'steps'"],
  ['a key that GitHub does not have', 'runs-on', 'run-on', "Unexpected value 'run-on'"],
  ['a value that is nowhere', 'github.sha', 'github.hash', 'Context access might be invalid: hash'],
])('it sees %s', async (_, from, to, said) => {
  const text = read('examples/first-canary.yml');
  expect(text).toContain(from);
  expect((await findings(text.replace(from, to))).join('\n')).toContain(said);
});
