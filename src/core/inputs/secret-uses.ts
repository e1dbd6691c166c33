/** `KEY=secret:version` and `/path/file=secret:version` (`gcloud run deploy --help`, --update-secrets). */
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import type { Pair, SecretUse } from '../template-types.ts';

const OWN = /^([A-Za-z0-9_-]{1,255}):([A-Za-z0-9_-]{1,63})$/;
/** Cloud Run wants the number of the project there. */
const REMOTE =
  /^projects\/([0-9]{1,19})\/secrets\/([A-Za-z0-9_-]{1,255})(?:(?::|\/versions\/)([A-Za-z0-9_-]{1,63}))?$/;
const FILE = /^(?:\/[^/\s]+){2,}$/;

export function parseSecretUses(
  pairs: readonly Pair[],
  variable: RegExp,
): Parsed<readonly SecretUse[]> {
  const uses: SecretUse[] = [];
  for (const [index, { name, value }] of pairs.entries()) {
    const isFine = name.startsWith('/') ? isFile(name) : variable.test(name);
    if (!isFine) {
      return refused(
        null,
        `has neither a variable nor a file in pair ${index + 1}`,
        'Write a variable such as `KEY=…`, or a file in a directory of its own: `/secrets/api/key=…`.',
      );
    }
    const use = secretUse(name, value);
    if (use === null) {
      return refused(
        null,
        `has no secret with a version in pair ${index + 1}`,
        'Write `KEY=SECRET:latest` or `KEY=SECRET:3`; of another project, `projects/NUMBER/secrets/SECRET:3`.',
      );
    }
    uses.push(use);
  }
  return taken(uses);
}

function isFile(path: string): boolean {
  return FILE.test(path) && !path.split('/').some((part) => part === '.' || part === '..');
}

function secretUse(target: string, text: string): SecretUse | null {
  const own = OWN.exec(text);
  if (own !== null) return { target, secret: own[1] ?? '', version: own[2] ?? '', project: null };
  const remote = REMOTE.exec(text);
  if (remote === null) return null;
  const [, project = '', secret = '', version = 'latest'] = remote;
  return { target, secret, version, project };
}
