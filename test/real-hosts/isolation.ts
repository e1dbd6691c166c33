/**
 * Run inside a fresh mount and network namespace: names come from a private file, DNS cannot be
 * reached, and only `lo` carries packets. The kernel counts what has nowhere to go.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Addresses set aside for documents, RFC 5737: no route leads there. */
const NAME_SERVER = '192.0.2.53';
const NOBODY = '198.51.100.1';

export function isolate(
  directory: string,
  given: { readonly hostsFile: string; readonly addresses: readonly string[] },
): void {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  for (const address of given.addresses) {
    execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
  }
  const files = {
    hosts: given.hostsFile,
    'resolv.conf': `nameserver ${NAME_SERVER}\noptions timeout:1 attempts:1\n`,
    // Without this, a resolver outside of the namespace could be asked through a socket.
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  };
  for (const [name, text] of Object.entries(files)) {
    const own = join(directory, name);
    writeFileSync(own, text);
    execFileSync('mount', ['--bind', own, join('/etc', name)]);
  }
}

/** Packets of this namespace that found no route: DNS, metadata servers, any other host. */
export function strayPackets(): number {
  const [names = '', values = ''] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Ip:'));
  const column = names.split(' ').indexOf('OutNoRoutes');
  const six = /^Ip6OutNoRoutes\s+(\d+)$/m.exec(readFileSync('/proc/net/snmp6', 'utf8'))?.[1];
  const counted = [values.split(' ')[column], six].map(Number);
  if (!counted.every(Number.isSafeInteger)) throw new Error('The kernel does not count strays.');
  return counted.reduce((sum, one) => sum + one, 0);
}

/** How many the counter sees when somebody does ask elsewhere. */
export async function countOneStray(): Promise<number> {
  const before = strayPackets();
  const socket = connect({ host: NOBODY, port: 443 });
  await once(socket, 'error');
  return strayPackets() - before;
}
