/**
 * The strings inside MQTT packets, judged over bytes. [MQTT-1.5.3-1]: ill-formed UTF-8, which
 * includes encoded surrogates, closes the connection; [MQTT-1.5.3-2]: so does U+0000. Section 1.5.3
 * lets a receiver close for control characters and non-characters too: we do, because no id or
 * topic of ours has them and terminals and logs should never meet them.
 *
 * Relies on: the caller has checked that the range lies inside the buffer.
 */
import { isUtf8 } from 'node:buffer';

const DELETE = 0x7f;
const FIRST_PRINTABLE = 0x20;
const PLUS = 0x2b;
const SLASH = 0x2f;
const HASH = 0x23;

const FORBIDDEN_CHARACTERS =
  /[\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef]|\p{Noncharacter_Code_Point}/u;

/** Is `bytes[start, end)` text that MQTT allows and that carries no control character? */
export function isCleanText(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < FIRST_PRINTABLE || byte === DELETE) return false;
    if (byte > DELETE) return isCleanUnicode(bytes.subarray(at, end));
  }
  return true;
}

function isCleanUnicode(bytes: Buffer): boolean {
  return isUtf8(bytes) && !FORBIDDEN_CHARACTERS.test(bytes.toString('utf8'));
}

/** A topic name: at least one character, no wildcard ([MQTT-3.3.2-2], [MQTT-4.7.3-1]). */
export function isTopicNameBytes(bytes: Buffer, start: number, end: number): boolean {
  if (start === end) return false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === PLUS || byte === HASH) return false;
  }
  return isCleanText(bytes, start, end);
}

/** A topic filter: wildcards fill a whole level and `#` is last ([MQTT-4.7.1-2], [MQTT-4.7.1-3]). */
export function isTopicFilterBytes(bytes: Buffer, start: number, end: number): boolean {
  if (start === end) return false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte !== PLUS && byte !== HASH) continue;
    const opensLevel = at === start || bytes[at - 1] === SLASH;
    const closesLevel = at + 1 === end || (byte === PLUS && bytes[at + 1] === SLASH);
    if (!opensLevel || !closesLevel) return false;
  }
  return isCleanText(bytes, start, end);
}
