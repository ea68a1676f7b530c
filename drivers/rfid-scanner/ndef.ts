/**
 * NDEF, the format of what is written on contactless tags (NFC Forum, Data Exchange Format 1.0):
 * records of text, links, typed data. Reading is total and bounded: what is malformed is undefined as
 * a whole, because half of a link is another link.
 */
import type { JsonObject } from '../../protocol/json/json-value.ts';

/** As in the event `tagPresented`; bytes as base64. */
export type NdefRecord = JsonObject & { readonly kind: 'text' | 'uri' | 'mime' | 'other' };

/** The largest common tags hold 8 KiB (NTAG I2C 2K, DESFire 8K). */
export const NDEF_BYTES_MAX = 8 * 1024;
/** A tag with more records is no shelf label or member's card. */
const RECORDS_MAX = 32;

const FLAG_CHUNKED = 0x20;
const FLAG_SHORT = 0x10;
const FLAG_ID = 0x08;
const TNF_MASK = 0x07;
const TNF_EMPTY = 0;
const TNF_WELL_KNOWN = 1;
const TNF_MIME = 2;
const TNF_URI = 3;
const TNF_NAMES = ['empty', 'wellKnown', 'mime', 'uri', 'external', 'unknown', 'unchanged'];

/** NFC Forum, URI Record Type Definition, table 3. */
export const URI_PREFIXES: readonly string[] = [
  '',
  'http://www.',
  'https://www.',
  'http://',
  'https://',
  'tel:',
  'mailto:',
  'ftp://anonymous:anonymous@',
  'ftp://ftp.',
  'ftps://',
  'sftp://',
  'smb://',
  'nfs://',
  'ftp://',
  'dav://',
  'news:',
  'telnet://',
  'imap:',
  'rtsp://',
  'urn:',
  'pop:',
  'sip:',
  'sips:',
  'tftp:',
  'btspp://',
  'btl2cap://',
  'btgoep://',
  'tcpobex://',
  'irdaobex://',
  'file://',
  'urn:epc:id:',
  'urn:epc:tag:',
  'urn:epc:pat:',
  'urn:epc:raw:',
  'urn:epc:',
  'urn:nfc:',
];

/** Undefined for anything that is not one whole message. */
export function parseNdef(bytes: Uint8Array): NdefRecord[] | undefined {
  if (bytes.length > NDEF_BYTES_MAX) return undefined;
  const records: NdefRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    const raw = readRecord(bytes, at);
    if (raw === undefined || records.length === RECORDS_MAX) return undefined;
    const record = interpret(raw);
    if (record === undefined) return undefined;
    if (raw.tnf !== TNF_EMPTY) records.push(record);
    at = raw.end;
  }
  return records;
}

interface RawRecord {
  readonly tnf: number;
  readonly type: Uint8Array;
  readonly payload: Uint8Array;
  readonly end: number;
}

function readRecord(bytes: Uint8Array, start: number): RawRecord | undefined {
  const flags = bytes[start] ?? 0;
  // Chunked records are for streams between phones; no tag that is written once needs them.
  if ((flags & FLAG_CHUNKED) !== 0) return undefined;
  const isShort = (flags & FLAG_SHORT) !== 0;
  const hasId = (flags & FLAG_ID) !== 0;
  const lengthsEnd = start + 2 + (isShort ? 1 : 4) + (hasId ? 1 : 0);
  if (lengthsEnd > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const typeLength = view.getUint8(start + 1);
  const payloadLength = isShort ? view.getUint8(start + 2) : view.getUint32(start + 2);
  const idLength = hasId ? view.getUint8(lengthsEnd - 1) : 0;
  const payloadStart = lengthsEnd + typeLength + idLength;
  const end = payloadStart + payloadLength;
  if (end > bytes.length) return undefined;
  return {
    tnf: flags & TNF_MASK,
    type: bytes.subarray(lengthsEnd, lengthsEnd + typeLength),
    payload: bytes.subarray(payloadStart, end),
    end,
  };
}

function interpret({ tnf, type, payload }: RawRecord): NdefRecord | undefined {
  const typeName = latin(type);
  if (tnf === TNF_WELL_KNOWN && typeName === 'T') return readText(payload);
  if (tnf === TNF_WELL_KNOWN && typeName === 'U') return readUri(payload);
  if (tnf === TNF_URI) return { kind: 'uri', uri: typeName };
  const data = Buffer.from(payload).toString('base64');
  if (tnf === TNF_MIME) return { kind: 'mime', mediaType: typeName, data };
  return { kind: 'other', format: TNF_NAMES[tnf] ?? 'reserved', name: typeName, data };
}

function readText(payload: Uint8Array): NdefRecord | undefined {
  const status = payload[0];
  if (status === undefined) return undefined;
  const languageEnd = 1 + (status & 0x3f);
  if (languageEnd > payload.length) return undefined;
  const text = decode((status & 0x80) === 0 ? 'utf-8' : 'utf-16be', payload.subarray(languageEnd));
  if (text === undefined) return undefined;
  return { kind: 'text', language: latin(payload.subarray(1, languageEnd)), text };
}

function readUri(payload: Uint8Array): NdefRecord | undefined {
  const prefix = URI_PREFIXES[payload[0] ?? 0];
  const rest = decode('utf-8', payload.subarray(1));
  if (prefix === undefined || rest === undefined) return undefined;
  return { kind: 'uri', uri: prefix + rest };
}

function decode(encoding: 'utf-8' | 'utf-16be', bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // Not text of that encoding: the record is not what it says.
    return undefined;
  }
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
