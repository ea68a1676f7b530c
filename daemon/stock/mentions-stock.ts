/**
 * Whether a submission may say something about stock itself, told from its bytes in a microsecond: it
 * is asked for each sale of a gateway where nobody keeps stock. Too often is no harm.
 */
const MEMBER = Buffer.from('"stock"');
/** A JWS in compact form begins with a base64url `{"`; JSON text never does. */
const FIRST_BYTE_OF_JWS = 0x65;
const POINT = 0x2e;

export function mentionsStock(payload: Buffer): boolean {
  if (payload[0] !== FIRST_BYTE_OF_JWS) return payload.includes(MEMBER);
  const begin = payload.indexOf(POINT) + 1;
  const end = payload.indexOf(POINT, begin);
  const content = payload.toString('latin1', begin, end < 0 ? payload.length : end);
  return Buffer.from(content, 'base64url').includes(MEMBER);
}
