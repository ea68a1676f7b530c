/**
 * A quick "yes" to whether bytes are RFC 8785 JSON: one pass, nothing allocated. It knows the plain
 * part of JSON that headers consist of (ASCII keys, no escapes, whole numbers of up to 15 digits) and
 * says "no" to all else, canonical or not; whoever gets a "no" asks the general way. The caller has
 * made sure that the bytes are UTF-8.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;
/** Headers nest two deep; the limit keeps hostile bytes from using up the stack. */
const DEPTH_MAX = 16;
/** Every number of so many digits is exact in a double and written back as it was read. */
const DIGITS_MAX = 15;

const LITERALS = ['true', 'false', 'null'].map((text) => Buffer.from(text));

/** True only for canonical JSON; false says nothing. */
export function isPlainCanonical(bytes: Uint8Array): boolean {
  return scanValue(bytes, 0, 0) === bytes.length;
}

/** Each scanner returns where its value ends, or -1. */
function scanValue(bytes: Uint8Array, at: number, depth: number): number {
  if (depth > DEPTH_MAX) return -1;
  switch (bytes[at]) {
    case QUOTE:
      return scanString(bytes, at);
    case 0x7b:
      return scanObject(bytes, at, depth);
    case 0x5b:
      return scanArray(bytes, at, depth);
    case 0x74:
    case 0x66:
    case 0x6e:
      return scanLiteral(bytes, at);
    default:
      return scanInteger(bytes, at);
  }
}

function scanString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20 || byte === BACKSLASH) return -1;
  }
  return -1;
}

function scanObject(bytes: Uint8Array, start: number, depth: number): number {
  let at = start + 1;
  if (bytes[at] === 0x7d) return at + 1;
  let previous = -1;
  for (;;) {
    const key = at;
    if (bytes[key] !== QUOTE) return -1;
    at = scanKey(bytes, key);
    if (at < 0 || bytes[at] !== COLON) return -1;
    if (previous >= 0 && !isAscending(bytes, previous, key)) return -1;
    previous = key;
    at = scanValue(bytes, at + 1, depth + 1);
    if (at < 0) return -1;
    if (bytes[at] === 0x7d) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at++;
  }
}

/** ASCII only: among those, the order of bytes is the order of UTF-16 units that RFC 8785 asks for. */
function scanKey(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20 || byte === BACKSLASH || byte > 0x7e) return -1;
  }
  return -1;
}

/** Whether the key at `a` sorts before the one at `b`; both are known to end with a quote. */
function isAscending(bytes: Uint8Array, a: number, b: number): boolean {
  for (let offset = 1; ; offset++) {
    const left = bytes[a + offset] ?? 0;
    const right = bytes[b + offset] ?? 0;
    // A quote ends a key: the shorter of two keys with a common beginning comes first.
    if (left === QUOTE) return right !== QUOTE;
    if (right === QUOTE) return false;
    if (left !== right) return left < right;
  }
}

function scanArray(bytes: Uint8Array, start: number, depth: number): number {
  let at = start + 1;
  if (bytes[at] === 0x5d) return at + 1;
  for (;;) {
    at = scanValue(bytes, at, depth + 1);
    if (at < 0) return -1;
    if (bytes[at] === 0x5d) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at++;
  }
}

function scanLiteral(bytes: Uint8Array, start: number): number {
  for (const literal of LITERALS) {
    if (literal.every((byte, offset) => bytes[start + offset] === byte)) {
      return start + literal.length;
    }
  }
  return -1;
}

function scanInteger(bytes: Uint8Array, start: number): number {
  const negative = bytes[start] === 0x2d;
  const first = negative ? start + 1 : start;
  let at = first;
  while (at < bytes.length && (bytes[at] ?? 0) >= ZERO && (bytes[at] ?? 0) <= NINE) at++;
  const digits = at - first;
  if (digits === 0 || digits > DIGITS_MAX) return -1;
  if (bytes[first] === ZERO && (digits > 1 || negative)) return -1;
  return at;
}
