import {
  createSign,
  createVerify,
  generateKeyPairSync,
  type KeyPairKeyObjectResult,
} from 'node:crypto';

type Claims = {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  readonly [claim: string]: unknown;
};

export type Issuer = {
  readonly sign: (claims: Claims) => string;
  /** The claims, or null for anything this issuer did not sign. Expiry is the caller's question. */
  readonly verify: (token: string) => Claims | null;
};

/** An issuer with an RS256 key of its own, made when it is first needed. */
export function newIssuer(keyId: string): Issuer {
  let made: KeyPairKeyObjectResult | null = null;
  const keys = (): KeyPairKeyObjectResult =>
    (made ??= generateKeyPairSync('rsa', { modulusLength: 2048 }));
  const encode = (value: object): string =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    sign: (claims) => {
      const content = `${encode({ typ: 'JWT', alg: 'RS256', kid: keyId })}.${encode(claims)}`;
      const signature = createSign('RSA-SHA256').update(content).sign(keys().privateKey);
      return `${content}.${signature.toString('base64url')}`;
    },
    verify: (token) => {
      const [header = '', payload = '', signature = '', ...rest] = token.split('.');
      if (rest.length > 0 || signature === '') return null;
      const check = createVerify('RSA-SHA256').update(`${header}.${payload}`);
      if (!check.verify(keys().publicKey, Buffer.from(signature, 'base64url'))) return null;
      const claims: Claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
      return claims;
    },
  };
}
