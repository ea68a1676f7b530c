/**
 * What the judge says about a submission, before anybody looks into the ledger. Judging is a pure
 * function of the bytes and the device's live keys; whether the id is already claimed, or the same
 * refusal was given before, is decided by the ledger afterwards.
 */
import type { RightsAsked } from '../rights/right-entries.ts';
import type { Problem } from './problem.ts';

export type MediaType = 'application/json' | 'application/jose';

/** A public key enrolled for a device and not revoked. */
export type DeviceKey = {
  /** RFC 7638 thumbprint, SHA-256, base64url without padding. */
  kid: string;
  alg: 'Ed25519' | 'ES256';
  /** PEM (`BEGIN PUBLIC KEY`, SPKI) or the JWK as JSON text. */
  spki: string;
};

export type Acceptable = {
  verdict: 'acceptable';
  transactionId: string;
  /** SHA-256 over the canonical content (SPEC.md section 1.6); 32 bytes. */
  contentHash: Uint8Array;
  /** False when `schemaVersion` is above ours: custody, marked `uninterpreted`. */
  interpreted: boolean;
  /** Null only where `interpreted` is false and the member did not read. */
  sequenceNumber: number | null;
  businessDate: string | null;
  type: string | null;
  currency: string;
  /** Minor units of `currency`. */
  total: number;
  training: boolean;
  /** The last accepted answer that the device holds; `leafHash` is standard base64. */
  lastResult: { origin: string; index: number; leafHash: string } | null;
  /** The key and algorithm that verified; null for an unsigned submission. */
  signature: { kid: string; alg: string } | null;
  mediaType: MediaType;
  /** What it wants of rights; absent for most sales, for training and for what is not interpreted. */
  rights?: RightsAsked;
};

export type Refused = {
  verdict: 'refused';
  /** Null when it cannot be read, or stands in a JWS that did not verify. */
  transactionId: string | null;
  /** Null when there is no canonical form, or the refusal is about the signature. */
  contentHash: Uint8Array | null;
  /** At least one, at most `PROBLEMS_MAX`. */
  problems: Problem[];
  /** How many more were found than `problems` lists. */
  problemsOmitted: number;
  /** False when only hash and length of the bytes are kept (more than 5,000 lines). */
  keepBody: boolean;
  mediaType: MediaType;
};

export type Judgement = Acceptable | Refused;

export type JudgeContext = {
  /** The device's live keys, in any order. */
  deviceKeys: readonly DeviceKey[];
  /** Must a device with a live key sign? */
  requireSignature: boolean;
};

/** Larger submissions are never judged, only hashed (DESIGN limit of a submission). */
export const SUBMISSION_BYTES_MAX = 1_048_576;
/** A real invoice has up to 700 lines; 5,000 leaves room and still fits into 1 MiB. */
export const LINES_MAX = 5_000;
