/**
 * Makes fixtures/openapi-cut.json: the few operations the sandbox plays, from GitHub's own OpenAPI
 * description. Run it on the file generated/api.github.com.json of @octokit/openapi 23.0.2:
 *
 *   npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz
 *   node test/sandbox/github/make-cut.ts package/generated/api.github.com.json
 *
 * Descriptions, examples and links are dropped; schemas are kept as they are, with two repairs to
 * `nullable`: ajv wants a `type` beside it, and where there is an `enum`, null among its values.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const REPO = '/repos/{owner}/{repo}';
const KEPT: Readonly<Record<string, readonly string[]>> = {
  [`${REPO}/check-runs`]: ['post'],
  [`${REPO}/check-runs/{check_run_id}`]: ['get', 'patch'],
  [`${REPO}/check-runs/{check_run_id}/annotations`]: ['get'],
  [`${REPO}/commits/{ref}/check-runs`]: ['get'],
  [`${REPO}/commits/{commit_sha}/pulls`]: ['get'],
  [`${REPO}/compare/{basehead}`]: ['get'],
  [`${REPO}/issues/{issue_number}/comments`]: ['get', 'post'],
  [`${REPO}/issues/comments/{comment_id}`]: ['patch'],
  [`${REPO}/deployments`]: ['get', 'post'],
  [`${REPO}/deployments/{deployment_id}/statuses`]: ['get', 'post'],
  [`${REPO}/actions/workflows/{workflow_id}/dispatches`]: ['post'],
};

type Node = Record<string, unknown>;

/** Maps of user-chosen names: a property may well be called "description". */
const NAME_MAPS = new Set(['properties', 'paths', 'schemas', 'responses']);
const DROPPED = new Set(['description', 'example', 'examples', 'summary', 'externalDocs', 'tags']);

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(document: unknown, pointer: string): unknown {
  const steps = pointer.replace(/^#\//, '').split('/');
  return steps.reduce<unknown>((node, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isNode(node) || !(name in node)) throw new Error(`Nothing at ${pointer}`);
    return node[name];
  }, document);
}

/** `names`: the keys here are names that somebody chose, not words of OpenAPI. */
function strip(value: unknown, names: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => strip(item, false));
  if (!isNode(value)) return value;
  const kept = Object.entries(value)
    .filter(([key]) => names || (!DROPPED.has(key) && !key.startsWith('x-')))
    .map(([key, inner]): [string, unknown] => [
      key,
      key === 'default' || key === 'enum' ? inner : strip(inner, !names && NAME_MAPS.has(key)),
    ]);
  const node = Object.fromEntries(kept);
  return names ? node : withTypedNull(node);
}

function withTypedNull(node: Node): Node {
  if (node['nullable'] !== true) return node;
  if (Array.isArray(node['enum'])) return { ...node, enum: [...node['enum'], null] };
  if ('type' in node) return node;
  const { nullable: _, ...rest } = node;
  return { anyOf: [rest, { type: 'string', nullable: true, enum: [null] }] };
}

function refsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(refsIn);
  if (!isNode(value)) return [];
  const own = typeof value['$ref'] === 'string' ? [value['$ref']] : [];
  return [...own, ...Object.values(value).flatMap(refsIn)];
}

/** Only what a body is checked by: parameters are the handler's business. */
function cutOperation(document: unknown, path: string, method: string): Node {
  const operation = at(document, `paths/${path.replaceAll('/', '~1')}/${method}`);
  if (!isNode(operation)) throw new Error(`No ${method} ${path}`);
  const responses = isNode(operation['responses']) ? operation['responses'] : {};
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const body = 'requestBody' in operation ? { requestBody: operation['requestBody'] } : {};
  return { ...body, responses: Object.fromEntries(good) };
}

function put(target: Record<string, unknown>, pointer: string, value: unknown): void {
  const steps = pointer.replace(/^#\//, '').split('/');
  const last = steps.pop() ?? '';
  let node = target;
  for (const step of steps) {
    const inner = node[step];
    const next: Record<string, unknown> = isNode(inner) ? inner : {};
    node[step] = next;
    node = next;
  }
  node[last] = value;
}

function cut(document: unknown): Node {
  const paths = Object.fromEntries(
    Object.entries(KEPT).map(([path, methods]) => [
      path,
      Object.fromEntries(methods.map((method) => [method, cutOperation(document, path, method)])),
    ]),
  );
  const result: Record<string, unknown> = { paths: strip(paths, true) };
  const wanted = refsIn(result['paths']);
  const done = new Set<string>();
  for (let ref = wanted.pop(); ref !== undefined; ref = wanted.pop()) {
    if (done.has(ref)) continue;
    done.add(ref);
    const part = strip(at(document, ref), false);
    put(result, ref, part);
    wanted.push(...refsIn(part));
  }
  const { paths: cutPaths, ...components } = result;
  return { source: '@octokit/openapi 23.0.2, api.github.com.json', paths: cutPaths, ...components };
}

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error('Which api.github.com.json?');
const target = fileURLToPath(new URL('fixtures/openapi-cut.json', import.meta.url));
writeFileSync(target, `${JSON.stringify(cut(JSON.parse(readFileSync(source, 'utf8'))))}\n`);
