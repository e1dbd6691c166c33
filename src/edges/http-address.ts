/**
 * Which addresses a smoke probe may connect to. The tag URL comes from the service, but whoever can
 * change DNS or the service's status must not turn the probe against the runner's own network.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** Every address of a host name, those to try first in front. */
export type Resolve = (host: string) => Promise<readonly string[]>;

type AddressKind = 'public' | 'loopback' | 'refused';
export type AddressRules = (address: string) => AddressKind;

/** IANA special-purpose address registry, and what clouds put into ranges that look public. */
const NOT_PUBLIC: readonly (readonly [net: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  // Azure's platform address, the metadata service of hosted runners.
  ['168.63.129.16', 32],
];
const IPV6_PUBLIC: readonly (readonly [net: string, prefix: number])[] = [
  ['2000::', 3],
  // NAT64 (RFC 6052): how an IPv6-only runner sees an IPv4 host.
  ['64:ff9b::', 96],
];
const IPV6_NOT_PUBLIC: readonly (readonly [net: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4 carries any IPv4 address inside.
  ['2002::', 16],
  ['3fff::', 20],
];

export function createAddressRules(): AddressRules {
  const refused = new BlockList();
  const global = new BlockList();
  const loopback = new BlockList();
  for (const [net, prefix] of NOT_PUBLIC) {
    refused.addSubnet(net, prefix, 'ipv4');
    refused.addSubnet(`64:ff9b::${net}`, 96 + prefix, 'ipv6');
  }
  for (const [net, prefix] of IPV6_NOT_PUBLIC) refused.addSubnet(net, prefix, 'ipv6');
  for (const [net, prefix] of IPV6_PUBLIC) global.addSubnet(net, prefix, 'ipv6');
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return (address) => {
    const version = isIP(address);
    // An address with a zone (fe80::1%eth0) is link-local whatever it looks like.
    if (version === 0 || address.includes('%')) return 'refused';
    const family = version === 4 ? 'ipv4' : 'ipv6';
    // IPv4 written as IPv6 (::ffff:127.0.0.1) would pass for its IPv4 twin in a BlockList.
    if (version === 6 && !global.check(address, 'ipv6') && address !== '::1') return 'refused';
    if (loopback.check(address, family)) return 'loopback';
    return refused.check(address, family) ? 'refused' : 'public';
  };
}

/** Names of metadata services and of a private network. They are not even looked up. */
export function isPrivateName(host: string): boolean {
  const name = host.replace(/\.+$/, '');
  return isIP(name) === 0 && (/\.(?:internal|local)$/.test(name) || !name.includes('.'));
}

/** IPv4 first: hosted runners have no IPv6. */
export async function resolveHost(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, order: 'ipv4first' });
  return found.map(({ address }) => address);
}
