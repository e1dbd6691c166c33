/** The credential file as it lies there; what it holds is checked in google-credentials.ts. */
import type { Finding } from '../core/problem.ts';
import { readFileOf } from './file.ts';
import type { FileFault } from './file.ts';
import { MOST_BYTES, readCredentials } from './google-credentials.ts';

export type CredentialFile =
  /** `project`: null when it names none, or is no credential file at all. */
  | { readonly ok: true; readonly text: string; readonly project: string | null }
  | { readonly ok: false; readonly findings: readonly Finding[] };

export async function readCredentialFile(path: string): Promise<CredentialFile> {
  const read = await readFileOf(path, { mostBytes: MOST_BYTES });
  if ('fault' in read) {
    const about = { subject: 'credentials', value: path, wrong: WRONG[read.fault] };
    return { ok: false, findings: [{ ...about, advice: ADVICE }] };
  }
  const { text } = read;
  const lenient = readCredentials(text, { universe: 'googleapis.com', loopbackAllowed: true });
  return { ok: true, text, project: lenient.ok ? lenient.project : null };
}

const WRONG: Readonly<Record<FileFault, string>> = {
  unreadable: 'cannot be read',
  'no-file': 'is not a file',
  'too-large': 'is larger than 64 KiB',
  'no-text': 'is not UTF-8',
};

const ADVICE =
  'Run google-github-actions/auth before this step, in the same job, and do not remove its file.';
