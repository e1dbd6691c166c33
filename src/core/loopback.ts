/** This machine by name, as a URL is parsed: what is sent there, nobody else hears. */
const NAMES = new Set(['127.0.0.1', '[::1]', 'localhost']);

export function isLoopback(hostname: string): boolean {
  return NAMES.has(hostname);
}

/** Where a secret may go: https, or plain http that does not leave this machine. */
export function isConfidential({
  protocol,
  hostname,
}: Pick<URL, 'protocol' | 'hostname'>): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
