import { badRequest } from './errors.ts';

/**
 * `metadata.resourceVersion` is opaque to clients. Those seen in public ("AAZZJpwmJn4") are eight
 * bytes in base64 without padding, and the bytes are the microseconds which the conflict text names.
 */
export function encodeVersion(micros: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(micros);
  return bytes.toString('base64').replaceAll('=', '');
}

export function decodeVersion(text: unknown): bigint {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : null;
  if (bytes === null || bytes.length !== 8 || !/^[A-Za-z0-9+/_-]{11}=?$/.test(String(text))) {
    throw badRequest(`Invalid resource version '${String(text)}'.`, 'metadata.resourceVersion');
  }
  return bytes.readBigUInt64BE();
}
