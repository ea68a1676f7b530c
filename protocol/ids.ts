/**
 * Identifiers that cross a wire. Chain, store, gateway, device and peripheral ids share one form so
 * that each is safe as an MQTT topic level, a file name and a part of a log's origin. These are
 * predicates only: who uses them decides which error a bad id becomes.
 */

/** Source of the pattern for chain, store, gateway, device and peripheral ids. */
export const ID_SOURCE = '^[a-z0-9][a-z0-9-]{0,31}$';
/** Source of the pattern for a lower-case UUID of any version (RFC 9562 section 4). */
export const UUID_SOURCE = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

const ID = new RegExp(ID_SOURCE);
const UUID = new RegExp(UUID_SOURCE);
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** RFC 1035 section 2.3.4 allows 255 octets on the wire, which is 253 characters of text. */
const DOMAIN_CHARACTERS_MAX = 253;

/** True for a chain, store, gateway, device or peripheral id. */
export function isId(text: string): boolean {
  return ID.test(text);
}

/** True for a UUID written in lower case, whatever its version or variant. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** True for a DNS name in lower case without a trailing dot (RFC 1123 section 2.1). */
export function isDomain(text: string): boolean {
  return (
    text.length > 0 &&
    text.length <= DOMAIN_CHARACTERS_MAX &&
    text.split('.').every((label) => DNS_LABEL.test(label))
  );
}

/** The 16 bytes of a UUID that `isUuid` accepts; anything else gives bytes without meaning. */
export function uuidBytes(uuid: string): Uint8Array {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

/** The lower-case text of 16 UUID bytes. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}
