/**
 * Frames and segment heads of the custody journal, as bytes. One frame is what one write and one
 * fdatasync carry, so a crash leaves at most one torn frame, and nothing after it.
 *
 *     segment   head (80) ┊ frame ┊ frame ┊ …
 *     head      "tillgate custody segment v1\n" padded to 32 ┊ journal id 16 ┊ u32 segment number
 *               ┊ u32 salt ┊ u64 first sequence ┊ zeros 12 ┊ u32 crc32 of the 76 bytes before
 *     frame     "TGF1" ┊ u32 payload length ┊ u32 crc32 ┊ u32 zero ┊ u64 sequence ┊ payload
 *
 * The crc of a frame covers sequence and payload and starts from the journal's salt, so that bytes
 * of a foreign journal, or a body that imitates a frame, are not taken for one of ours. It finds
 * accidents; what is proven to others is proven by the Merkle tree.
 */
import { crc32 } from 'node:zlib';
import { assert } from '../../../protocol/must.ts';

export const SEGMENT_HEAD_BYTES = 80;
export const FRAME_HEAD_BYTES = 24;
/** A group of appends stays far below; the bound keeps a damaged length from costing memory. */
export const FRAME_PAYLOAD_BYTES_MAX = 16 * 1024 * 1024;

const TITLE = 'tillgate custody segment v1\n';
/** What every frame begins with. */
export const FRAME_MAGIC = Buffer.from('TGF1', 'latin1');
const ID_AT = 32;
const NUMBER_AT = 48;
const SALT_AT = 52;
const SEQUENCE_AT = 56;
const HEAD_CRC_AT = 76;

export type SegmentHead = {
  /** 32 hex digits. */
  journalId: string;
  number: number;
  salt: number;
  firstSequence: number;
};

export function encodeSegmentHead(head: SegmentHead): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEAD_BYTES);
  bytes.write(TITLE, 0, 'latin1');
  bytes.write(head.journalId, ID_AT, 'hex');
  bytes.writeUInt32BE(head.number, NUMBER_AT);
  bytes.writeUInt32BE(head.salt, SALT_AT);
  bytes.writeBigUInt64BE(BigInt(head.firstSequence), SEQUENCE_AT);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, HEAD_CRC_AT)), HEAD_CRC_AT);
  return bytes;
}

/** `undefined` when the bytes are not a whole and sound head. */
export function decodeSegmentHead(bytes: Buffer): SegmentHead | undefined {
  if (bytes.length < SEGMENT_HEAD_BYTES) return undefined;
  if (bytes.toString('latin1', 0, TITLE.length) !== TITLE) return undefined;
  if (bytes.readUInt32BE(HEAD_CRC_AT) !== crc32(bytes.subarray(0, HEAD_CRC_AT))) return undefined;
  return {
    journalId: bytes.toString('hex', ID_AT, NUMBER_AT),
    number: bytes.readUInt32BE(NUMBER_AT),
    salt: bytes.readUInt32BE(SALT_AT),
    firstSequence: Number(bytes.readBigUInt64BE(SEQUENCE_AT)),
  };
}

export function encodeFrame(
  payload: readonly Uint8Array[],
  options: { sequence: number; salt: number },
): Buffer {
  const frame = Buffer.concat([Buffer.alloc(FRAME_HEAD_BYTES), ...payload]);
  const payloadBytes = frame.length - FRAME_HEAD_BYTES;
  assert(payloadBytes <= FRAME_PAYLOAD_BYTES_MAX, 'a frame stays below its limit');
  frame.set(FRAME_MAGIC);
  frame.writeUInt32BE(payloadBytes, 4);
  frame.writeBigUInt64BE(BigInt(options.sequence), 16);
  frame.writeUInt32BE(crc32(frame.subarray(16), options.salt), 8);
  return frame;
}

export type FrameHead = { payloadBytes: number; crc: number; sequence: number };

/** Reads the first 24 bytes of a frame; `undefined` when they cannot be a frame's. */
export function decodeFrameHead(bytes: Buffer): FrameHead | undefined {
  if (bytes.length < FRAME_HEAD_BYTES || bytes.indexOf(FRAME_MAGIC) !== 0) return undefined;
  const payloadBytes = bytes.readUInt32BE(4);
  const sequence = bytes.readBigUInt64BE(16);
  if (payloadBytes > FRAME_PAYLOAD_BYTES_MAX || bytes.readUInt32BE(12) !== 0) return undefined;
  if (sequence > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return { payloadBytes, crc: bytes.readUInt32BE(8), sequence: Number(sequence) };
}

/** Whether `frame`, head and payload, is as it was written. */
export function isFrameSound(frame: Buffer, head: FrameHead, salt: number): boolean {
  return (
    frame.length === FRAME_HEAD_BYTES + head.payloadBytes &&
    crc32(frame.subarray(16), salt) === head.crc
  );
}
