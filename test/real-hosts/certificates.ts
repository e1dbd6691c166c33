/** An authority of our own, and one certificate for every name. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type Certificates = { readonly ca: string; readonly key: string; readonly cert: string };

const NEW_KEY = ['req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-days', '2'];

export async function createCertificates(
  directory: string,
  names: readonly string[],
): Promise<Certificates> {
  const file = (name: string): string => join(directory, name);
  const openssl = (...words: string[]) => promisify(execFile)('openssl', [...NEW_KEY, ...words]);
  const [ca, caKey] = [file('ca.pem'), file('ca-key.pem')];
  await openssl('-subj', '/CN=An authority for tests', '-keyout', caKey, '-out', ca);
  const [cert, key] = [file('cert.pem'), file('key.pem')];
  const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`;
  const isNoAuthority = ['-addext', 'basicConstraints=critical,CA:FALSE'];
  const signedBy = ['-CA', ca, '-CAkey', caKey, '-subj', '/CN=Every name'];
  await openssl(
    ...signedBy,
    ...isNoAuthority,
    '-addext',
    alternatives,
    '-keyout',
    key,
    '-out',
    cert,
  );
  return { ca, key, cert };
}
