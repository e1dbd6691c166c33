/** What the input `metadata` names: read from the workspace, taken apart, checked as a service. */
import type { Parsed } from '../core/inputs/parsed.ts';
import type { ServiceFile } from '../core/template-types.ts';
import { readServiceFile as asServiceFile } from '../edges/cloud-run/service-file.ts';
import type { RunContext } from '../edges/runner-context.ts';
import { readWorkspaceFile } from '../edges/service-file.ts';

/** null: none is given. */
export async function readServiceFile(
  inputs: ReadonlyMap<string, string>,
  context: Pick<RunContext, 'env'>,
): Promise<Parsed<ServiceFile> | null> {
  const path = inputs.get('metadata') ?? '';
  if (path === '') return null;
  const text = await readWorkspaceFile(path, context.env['GITHUB_WORKSPACE'] ?? '');
  if (!text.ok) return text;
  // Few steps have a file, and nobody else should load a parser for it.
  const { parseServiceText } = await import('../edges/service-yaml.ts');
  const value = parseServiceText(text.value);
  return value.ok ? asServiceFile(value.value) : value;
}
