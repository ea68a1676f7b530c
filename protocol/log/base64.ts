/**
 * Strict standard base64 (RFC 4648 section 4): padded, no white space, unused bits zero. One byte
 * string therefore has exactly one text, and a proof cannot be changed without being changed.
 */

/** The bytes, or undefined when `text` is not exactly what `encodeBase64` writes. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
