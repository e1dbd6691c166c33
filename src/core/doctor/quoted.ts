/**
 * What Google's sentences name: accounts, images, secrets, ports. A search starts where a word does,
 * not at each of its letters: a word may be as long as an answer.
 */

export type Secret = { readonly project: string; readonly secret: string };

export function secretsIn(said: string): readonly Secret[] {
  const found = said.matchAll(/projects\/([\w.:-]+)\/secrets\/([\w-]+)/g);
  return [...found].map(([, project = '', secret = '']) => ({ project, secret }));
}

/** As `--member` takes it. */
export function accountIn(said: string): string | null {
  const email = emailIn(said);
  return email === null ? null : `serviceAccount:${email}`;
}

export function emailIn(said: string): string | null {
  return /(?<![\w.-])[\w.-]+@[\w.-]+\.gserviceaccount\.com/.exec(said)?.[0] ?? null;
}

/** As it is quoted: ours may have been resolved since. */
export function imageIn(said: string, otherwise: string): string {
  return /(?<![a-z0-9-])[a-z0-9-]+-docker\.pkg\.dev\/[\w./:@-]*[\w-]/.exec(said)?.[0] ?? otherwise;
}

export function portIn(said: string): string {
  return /PORT=(\d{1,5})\b/.exec(said)?.[1] ?? '8080';
}
