/** Cloud Run v1: the services of one region. For a clean-up that does not know which it is for. */
import { Problem } from '../../core/problem.ts';
import { RECORD_ANNOTATION } from '../../core/rollout/record.ts';
import { asList, asText, at, parseJson } from '../json.ts';
import type { JsonValue } from '../json.ts';
import { get, servicesUrl } from './get.ts';
import type { GetOptions } from './get.ts';

const MOST_PAGES = 50;
/** As Cloud Run allows them; anything else in an answer is left alone. */
const SERVICE_NAME = /^[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?$/;

type Region = GetOptions & { readonly endpoint: string };

/** Names of the services that carry a rollout record. @throws Problem `denied`, `unreachable`, `bad-answer`. */
export async function servicesWithRollouts(o: Region): Promise<readonly string[]> {
  const items = await list(o);
  return items.flatMap((item) => {
    const recorded = at(item, 'metadata', 'annotations', RECORD_ANNOTATION) !== undefined;
    return recorded ? nameOf(item) : [];
  });
}

/** Names of all services. @throws Problem, as above. */
export async function servicesOf(o: Region): Promise<readonly string[]> {
  return (await list(o)).flatMap(nameOf);
}

async function list(o: Region): Promise<readonly JsonValue[]> {
  const found: JsonValue[] = [];
  let page = '';
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const query = page === '' ? '' : `?continue=${encodeURIComponent(page)}`;
    const url = servicesUrl(o.endpoint, o.ref) + query;
    const answer = parseJson((await get(o, { url, permission: 'run.services.list' })).text);
    for (const item of asList(at(answer, 'items')) ?? []) found.push(item);
    page = asText(at(answer, 'metadata', 'continue')) ?? '';
    if (page === '') return found;
  }
  throw new Problem('bad-answer', {
    summary: 'The list of services in the region has no end.',
    advice: 'Run reconcile for one service at a time.',
  });
}

function nameOf(item: JsonValue): readonly string[] {
  const name = asText(at(item, 'metadata', 'name')) ?? '';
  return SERVICE_NAME.test(name) ? [name] : [];
}
