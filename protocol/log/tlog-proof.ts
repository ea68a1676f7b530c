/**
 * Transparent log proofs (c2sp.org/tlog-proof): one file that proves one entry to anybody who has
 * the log's verifier key.
 *
 *     c2sp.org/tlog-proof@v1 LF
 *     "extra " base64 LF           optional; Tillgate puts the leaf itself here
 *     "index " decimal LF
 *     base64 of a hash LF          the inclusion proof, at most 63
 *     LF
 *     a signed checkpoint
 */
import { isTillgateError, TillgateError } from '../errors.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { isSignedByLog, openCheckpoint } from './checkpoint.ts';
import type { OpenedCheckpoint } from './checkpoint.ts';
import { HASH_BYTES, hashesEqual, leafHash, verifyInclusion } from './merkle.ts';
import type { Hash } from './merkle.ts';
import { NOTE_CHARACTERS_MAX } from './note.ts';
import type { VerifierKey } from './verifier-key.ts';

export interface TlogProof {
  readonly index: number;
  readonly proof: readonly Hash[];
  /** The signed checkpoint. */
  readonly note: string;
  /** In a Tillgate proof the bytes of the leaf. */
  readonly extra?: Uint8Array;
}

export interface ProofCheck {
  readonly valid: boolean;
  readonly origin: string | null;
  readonly index: number | null;
  readonly size: number | null;
  readonly leafHash: Hash | null;
  /** Why it is not valid; absent when it is. */
  readonly reason?: string;
  /** The leaf, when the proof carries it and it is the one proven. */
  readonly leaf?: Uint8Array;
  readonly checkpoint?: OpenedCheckpoint;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const INDEX = /^index (0|[1-9][0-9]{0,15})$/;
const PROOF_HASHES_MAX = 63;
/** A leaf of 65,535 bytes in base64, 63 hashes and a note of the largest size. */
const PROOF_CHARACTERS_MAX = 100_000 + NOTE_CHARACTERS_MAX;

export function formatTlogProof(proof: TlogProof): string {
  const lines = [
    FIRST_LINE,
    ...(proof.extra === undefined ? [] : [`extra ${encodeBase64(proof.extra)}`]),
    `index ${proof.index}`,
    ...proof.proof.map(encodeBase64),
  ];
  return `${lines.join('\n')}\n\n${proof.note}`;
}

/** Throws `LOG_PROOF_INVALID`; checks form only. */
export function parseTlogProof(text: string): TlogProof {
  if (text.length > PROOF_CHARACTERS_MAX) throw invalid('it is too long');
  const split = text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(0, split)).split('\n');
  if (split < 0 || lines.shift() !== FIRST_LINE) {
    throw invalid(`it does not begin with the line ${FIRST_LINE}`);
  }
  const extra = lines[0]?.startsWith('extra ') === true ? parseExtra(lines.shift()) : undefined;
  const index = INDEX.exec(lines.shift() ?? '')?.[1];
  if (index === undefined || !Number.isSafeInteger(Number(index))) {
    throw invalid('it has no index line with a number below 2^53');
  }
  if (lines.length > PROOF_HASHES_MAX) throw invalid('it has more than 63 hashes');
  const body = { index: Number(index), proof: lines.map(parseHash), note: text.slice(split + 2) };
  return extra === undefined ? body : { ...body, extra };
}

function parseExtra(line: string | undefined): Uint8Array {
  const extra = decodeBase64((line ?? '').slice('extra '.length));
  if (extra === undefined) throw invalid('its extra line is not base64');
  return extra;
}

function parseHash(line: string): Hash {
  const node = decodeBase64(line);
  if (node?.length !== HASH_BYTES) throw invalid('a hash line is not 32 bytes of base64');
  return node;
}

/**
 * Checks a proof against the log's key: `logVkey` (type 0x01, named as the origin) must have
 * signed the checkpoint, and cosigners that are given must not contradict it. The leaf is the
 * `extra` line, `leafHash`, or both, and then they must agree. Never throws on bad input.
 */
export function verifyTlogProof(
  text: string,
  options: {
    logVkey: string | VerifierKey;
    cosignerVkeys?: readonly (string | VerifierKey)[];
    leafHash?: Hash;
  },
): ProofCheck {
  let known: Omit<ProofCheck, 'valid'> = { origin: null, index: null, size: null, leafHash: null };
  const fail = (reason: string): ProofCheck => ({ ...known, valid: false, reason });
  try {
    const { index, proof, note, extra } = parseTlogProof(text);
    const ofExtra = extra === undefined ? undefined : leafHash(extra);
    const leaf = options.leafHash ?? ofExtra;
    known = { ...known, index, leafHash: leaf ?? null };
    if (leaf === undefined) return fail('the proof carries no leaf, and no leaf hash was given');
    if (ofExtra !== undefined && !hashesEqual(ofExtra, leaf)) {
      return fail('the leaf in the proof is not the one with the leaf hash given');
    }
    const checkpoint = openCheckpoint(note, [options.logVkey, ...(options.cosignerVkeys ?? [])]);
    known = { ...known, origin: checkpoint.origin, size: checkpoint.size };
    if (!isSignedByLog(checkpoint)) return fail(`the key of ${checkpoint.origin} did not sign`);
    const { size, root } = checkpoint;
    if (!verifyInclusion({ index, size, leafHash: leaf, proof, root })) {
      return fail(`the hashes do not lead from entry ${index} to the root at size ${size}`);
    }
    return { ...known, valid: true, checkpoint, ...(extra === undefined ? {} : { leaf: extra }) };
  } catch (error) {
    if (isTillgateError(error) && error.code.startsWith('LOG_')) return fail(error.message);
    throw error;
  }
}

function invalid(reason: string): TillgateError {
  return new TillgateError('LOG_PROOF_INVALID', `The proof is malformed: ${reason}`);
}
