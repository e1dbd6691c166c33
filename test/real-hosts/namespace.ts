/** A mount, network and process namespace of its own; nothing in it outlives it. */
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Assignment, Facts } from './facts.ts';

const INSIDE = fileURLToPath(new URL('./inside.ts', import.meta.url));
const DEADLINE = 90_000;
const NAMESPACES = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;

/** Root may do it at once; others where the kernel lets them be root of a user namespace. */
function flags(): readonly string[] {
  return process.getuid?.() === 0 ? NAMESPACES : ['--map-root-user', ...NAMESPACES];
}

/** null: this machine can do it. */
export function whyNot(): string | null {
  const tries = [
    ['openssl', 'version'],
    ['unshare', ...flags(), 'sh', '-c', 'ip link set lo up && mount --bind /etc/hosts /etc/hosts'],
  ] as const;
  const failed = tries.find(([command, ...words]) => {
    const env = { ...process.env, PATH };
    return spawnSync(command, words, { env, timeout: 10_000 }).status !== 0;
  });
  return failed === undefined ? null : `this machine cannot run: ${failed.join(' ')}`;
}

export async function runInside(assignment: Assignment): Promise<Facts> {
  const words = [...flags(), process.execPath, INSIDE, JSON.stringify(assignment)];
  const { stdout } = await promisify(execFile)('unshare', words, {
    // For the users' requests; the action gets an environment of its own.
    env: { PATH, NODE_EXTRA_CA_CERTS: assignment.certificates.ca },
    timeout: DEADLINE,
    killSignal: 'SIGKILL',
    maxBuffer: 16 * 1024 * 1024,
  });
  const facts: Facts = JSON.parse(stdout);
  return facts;
}
