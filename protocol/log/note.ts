/**
 * Signed notes (c2sp.org/signed-note): a text, a blank line, signature lines.
 *
 *     text, each line ends with LF
 *     LF
 *     "— " key name " " base64( key id (4) ‖ signature ) LF       one or more
 *
 * Unknown keys are ignored; a known key whose signature fails refuses the whole note; a note that
 * no known key signed is refused. Texts hold no control character but LF and are valid Unicode.
 */
import { createPublicKey, sign as edSign, verify as edVerify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { TillgateError } from '../errors.ts';
import { must } from '../must.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import {
  KEY_TYPE_COSIGNATURE,
  decodeVkey,
  encodeVkey,
  isKeyName,
  noteKeyId,
} from './verifier-key.ts';
import type { KeyType, VerifierKey } from './verifier-key.ts';

export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  /** What follows the key id; for a cosignature the time and then the signature. */
  readonly signature: Uint8Array;
}

export interface Note {
  /** Ends with LF. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface VerifiedSignature extends NoteSignature {
  readonly type: KeyType;
  readonly vkey: string;
  /** When the cosigner says it signed, in seconds since 1970; absent for type 0x01. */
  readonly timeSeconds?: number;
}

export interface VerifiedNote {
  readonly text: string;
  /** Those made by the keys given; never empty. */
  readonly signatures: readonly VerifiedSignature[];
}

export interface NoteSigner {
  readonly name: string;
  readonly type: KeyType;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  readonly vkey: string;
  /** The bytes that follow the key id in a signature line; type 0x04 needs `timeSeconds`. */
  sign(text: string, timeSeconds?: number): Uint8Array;
}

/** A checkpoint is below 500 bytes and a signature line below 1,200; notes are small. */
export const NOTE_CHARACTERS_MAX = 131_072;
/** The specification asks for 16 at least; a cap keeps the work on garbage small. */
export const NOTE_SIGNATURES_MAX = 64;

const LINE_START = '— ';
const KEY_ID_BYTES = 4;
const TIME_BYTES = 8;
const ED25519_SIGNATURE_BYTES = 64;
// The `u` flag makes a lone surrogate match \p{Cs}.
const FORBIDDEN = /[^\n\P{Cc}]|\p{Cs}/u;

/** Throws `LOG_NOTE_INVALID`; checks form only, no signature. */
export function parseNote(note: string): Note {
  if (note.length > NOTE_CHARACTERS_MAX) throw invalidNote('it is too long');
  if (FORBIDDEN.test(note)) throw invalidNote('it holds a control character');
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw invalidNote('it has no signature block');
  const text = note.slice(0, split + 1);
  const block = note.slice(split + 2);
  if (block === '') throw invalidNote('it has no signature');
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > NOTE_SIGNATURES_MAX) throw invalidNote('it has too many signatures');
  return { text, signatures: lines.map(parseSignatureLine) };
}

function parseSignatureLine(line: string): NoteSignature {
  const [name, encoded, ...more] = line.slice(LINE_START.length).split(' ');
  const bytes = encoded === undefined ? undefined : decodeBase64(encoded);
  if (
    !line.startsWith(LINE_START) ||
    name === undefined ||
    more.length > 0 ||
    !isKeyName(name) ||
    bytes === undefined ||
    bytes.length <= KEY_ID_BYTES
  ) {
    throw invalidNote('a signature line is malformed');
  }
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

/** The note of `text` (ends with LF) and whole signature lines (each ends with LF). */
export function formatNote(text: string, signatureLines: readonly string[]): string {
  assertNoteText(text);
  return `${text}\n${signatureLines.join('')}`;
}

/** One signature line with its LF. */
export function formatSignatureLine(signature: NoteSignature): string {
  const bytes = Buffer.concat([signature.keyId, signature.signature]);
  return `${LINE_START}${signature.name} ${encodeBase64(bytes)}\n`;
}

/** The whole note, with one signature of `signer`; type 0x04 needs `timeSeconds`. */
export function signNote(text: string, signer: NoteSigner, timeSeconds?: number): string {
  assertNoteText(text);
  const signature = signer.sign(text, timeSeconds);
  return formatNote(text, [formatSignatureLine({ ...signer, signature })]);
}

/**
 * Checks every signature that a key of `vkeys` made. Throws `LOG_NOTE_INVALID` for the form,
 * `LOG_NOTE_SIGNATURE` when a known key's signature fails or no known key signed.
 */
export function verifyNote(note: string, vkeys: readonly (string | VerifierKey)[]): VerifiedNote {
  const { text, signatures } = parseNote(note);
  const keys = vkeys.map((key) => (typeof key === 'string' ? decodeVkey(key) : key));
  const verified: VerifiedSignature[] = [];
  for (const signature of signatures) {
    for (const key of keys) {
      if (key.name !== signature.name || Buffer.compare(key.keyId, signature.keyId) !== 0) continue;
      verified.push(verifySignature(text, signature, key));
    }
  }
  if (verified.length === 0) {
    throw new TillgateError('LOG_NOTE_SIGNATURE', 'No known key signed the note', {
      hint: `It was signed by ${signatures.map((one) => one.name).join(', ')}.`,
    });
  }
  return { text, signatures: verified };
}

function verifySignature(
  text: string,
  signature: NoteSignature,
  key: VerifierKey,
): VerifiedSignature {
  const found = { ...signature, type: key.type, vkey: key.vkey };
  if (key.type === KEY_TYPE_COSIGNATURE) {
    const timeSeconds = cosignatureTime(signature);
    const bytes = signature.signature.subarray(TIME_BYTES);
    if (timeSeconds === undefined || !check(cosignedMessage(text, timeSeconds), bytes, key)) {
      throw wrongSignature(signature);
    }
    return { ...found, timeSeconds };
  }
  if (!check(Buffer.from(text), signature.signature, key)) throw wrongSignature(signature);
  return found;
}

function cosignatureTime(signature: NoteSignature): number | undefined {
  if (signature.signature.length !== TIME_BYTES + ED25519_SIGNATURE_BYTES) return undefined;
  const time = Buffer.from(signature.signature.subarray(0, TIME_BYTES)).readBigUInt64BE();
  return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : undefined;
}

function check(message: Uint8Array, signature: Uint8Array, key: VerifierKey): boolean {
  return (
    signature.length === ED25519_SIGNATURE_BYTES &&
    edVerify(null, message, key.keyObject, signature)
  );
}

/** What a cosigner signs, c2sp.org/tlog-cosignature: a header with the time, then the text. */
function cosignedMessage(text: string, timeSeconds: number): Uint8Array {
  return Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${text}`);
}

/** A signer of `name` over an Ed25519 private key. Throws `LOG_KEY_INVALID` for another key. */
export function createNoteSigner(options: {
  name: string;
  type: KeyType;
  privateKey: KeyObject;
}): NoteSigner {
  const { name, type, privateKey } = options;
  if (privateKey.asymmetricKeyType !== 'ed25519' || !isKeyName(name)) {
    throw new TillgateError('LOG_KEY_INVALID', `No Ed25519 key or no usable key name: "${name}"`);
  }
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = Buffer.from(must(x, 'an Ed25519 key has an x'), 'base64url');
  return {
    name,
    type,
    keyId: noteKeyId(name, type, publicKey),
    vkey: encodeVkey(name, type, publicKey),
    sign: (text, timeSeconds) => {
      if (type !== KEY_TYPE_COSIGNATURE) return edSign(null, Buffer.from(text), privateKey);
      const time = must(timeSeconds, 'a cosignature carries a time');
      const signature = edSign(null, cosignedMessage(text, time), privateKey);
      const timeBytes = Buffer.alloc(TIME_BYTES);
      timeBytes.writeBigUInt64BE(BigInt(time));
      return Buffer.concat([timeBytes, signature]);
    },
  };
}

function assertNoteText(text: string): void {
  if (!text.endsWith('\n') || FORBIDDEN.test(text)) {
    throw invalidNote('its text does not end with LF or holds a control character');
  }
}

function invalidNote(reason: string): TillgateError {
  return new TillgateError('LOG_NOTE_INVALID', `The signed note is malformed: ${reason}`);
}

function wrongSignature(signature: NoteSignature): TillgateError {
  return new TillgateError(
    'LOG_NOTE_SIGNATURE',
    `The signature of ${signature.name} does not match the text of the note`,
  );
}
