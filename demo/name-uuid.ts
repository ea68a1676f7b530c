/** UUIDs derived from names (RFC 9562 section 5.5, version 5): the same name, the same UUID. */
import { createHash } from 'node:crypto';
import { uuidBytes, uuidText } from '../protocol/ids.ts';

/** `namespace` is a UUID; the result is lower-case. */
export function nameUuid(namespace: string, name: string): string {
  const digest = createHash('sha1').update(uuidBytes(namespace)).update(name, 'utf8').digest();
  const bytes = digest.subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return uuidText(bytes);
}
