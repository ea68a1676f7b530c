/**
 * What a PC/SC reader and the gateway say to each other: one line of JSON a chunk, without a line
 * feed, bytes as hexadecimal digits. Shared by the transport that speaks with the reader and the
 * machine of the driver; reading is total.
 */

/** From the reader. */
export type PcscReport =
  /** A card came; without a `uid` where it has none or does not tell. */
  | { readonly type: 'inserted'; readonly atr: string; readonly uid?: string }
  | { readonly type: 'removed' }
  /** The card's answer to the command of that number, status word included. */
  | { readonly type: 'response'; readonly id: number; readonly data: string }
  /** No answer to that command: the card was torn away, or the reader failed. */
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

/** To the reader: a command for the card that lies on it. */
export interface PcscCommand {
  readonly type: 'apdu';
  readonly id: number;
  readonly data: string;
}

/** A short APDU's answer is 256 bytes and its status; extended ones are not used. */
export const RESPONSE_BYTES_MAX = 258;
/** Room for the longest of them in hexadecimal, and an error's text. */
const MESSAGE_BYTES_MAX = 4096;

const HEX = /^(?:[0-9a-f]{2})*$/;

export function encodeMessage(message: PcscReport | PcscCommand): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** Undefined for anything that is no report. */
export function decodeReport(bytes: Uint8Array): PcscReport | undefined {
  const value = readObject(bytes);
  switch (value?.['type']) {
    case 'inserted': {
      const { atr, uid } = value;
      if (!isHex(atr)) return undefined;
      return isHex(uid) && uid !== '' ? { type: 'inserted', atr, uid } : { type: 'inserted', atr };
    }
    case 'removed':
      return { type: 'removed' };
    case 'response': {
      const { id, data } = value;
      return isNumber(id) && isHex(data) ? { type: 'response', id, data } : undefined;
    }
    case 'failed': {
      const { id, message } = value;
      return isNumber(id) && typeof message === 'string'
        ? { type: 'failed', id, message }
        : undefined;
    }
    default:
      return undefined;
  }
}

export function decodeCommand(bytes: Uint8Array): PcscCommand | undefined {
  const value = readObject(bytes);
  if (value?.['type'] !== 'apdu') return undefined;
  const { id, data } = value;
  return isNumber(id) && isHex(data) ? { type: 'apdu', id, data } : undefined;
}

function readObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (bytes.length > MESSAGE_BYTES_MAX) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    // Not JSON: a mistake of the other side, which the reader of the message counts.
    return undefined;
  }
}

function isHex(value: unknown): value is string {
  return typeof value === 'string' && HEX.test(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
