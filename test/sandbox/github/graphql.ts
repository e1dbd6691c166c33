/** https://docs.github.com/graphql: the one question that REST does not answer to an app's token. */
import type { Answer, Call } from '../contract.ts';
import { Refusal } from './refusal.ts';

export function viewerAnswer(call: Call, { login }: { readonly login: string }): Answer {
  const { query } = questionIn(call.body);
  if (query.replaceAll(/\s+/g, '') !== '{viewer{login}}') {
    return { status: 200, body: { errors: [{ message: 'The sandbox knows no such field.' }] } };
  }
  return { status: 200, body: { data: { viewer: { login } } } };
}

function questionIn(text: string): { readonly query: string } {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'Problems parsing JSON');
  }
}
