/**
 * The records inside a frame of the custody journal.
 *
 *     record   u8 type ┊ u32 length ┊ body
 *     admit    u32 log number ┊ JSON {origin, logVkey, note}
 *     append   u32 log number ┊ u48 start ┊ u32 count ┊ root 32
 *              ┊ u8 n ┊ n × 32 frontier at start ┊ u16 length ┊ checkpoint
 *              ┊ count × ( u32 leaf length ┊ u8 n ┊ n × 32 nodes ┊ leaf )
 *     cosigned u32 log number ┊ note
 *     blob     u32 log number ┊ u48 index ┊ sha256 32 ┊ salt ‖ bytes
 *     evidence JSON
 *     life     JSON {incarnation, previous, reason, beganAtMs}
 *
 * A log's number is its place in the order of admission; names would repeat in each record. An
 * append carries the frontier it starts from, so that every segment can be verified by itself.
 */
import { HASH_BYTES } from '../../../protocol/log/merkle.ts';
import type { Hash } from '../../../protocol/log/merkle.ts';
import type { Admission, Evidence, KeptEntry, Life } from '../custody.ts';

export const ADMIT = 1;
export const APPEND = 2;
export const COSIGNED = 3;
export const BLOB = 4;
export const EVIDENCE = 5;
export const LIFE = 6;

const RECORD_HEAD_BYTES = 5;

export type AppendRecord = {
  type: 'append';
  log: number;
  start: number;
  root: Hash;
  frontier: readonly Hash[];
  checkpoint: string;
  entries: readonly KeptEntry[];
};

export type JournalRecord =
  | { type: 'admit'; log: number; admission: Admission }
  | AppendRecord
  | { type: 'cosigned'; log: number; note: string }
  | { type: 'blob'; log: number; index: number; sha256: Uint8Array; bytes: Uint8Array }
  | { type: 'evidence'; evidence: Evidence }
  | { type: 'life'; life: Life };

/** A record read back, and where things that are looked up later lie, from the payload's start. */
export type PlacedRecord = {
  record: JournalRecord;
  /** For an append, of each entry; for a blob, of its body; else empty. */
  offsets: readonly number[];
};

export const ENTRY_HEAD_BYTES = 5;

/** `undefined` for a payload that no `encodeRecord` wrote; a sound frame never is one. */
export function decodeRecords(payload: Buffer): PlacedRecord[] | undefined {
  const records: PlacedRecord[] = [];
  for (let offset = 0; offset < payload.length;) {
    const placed = decodeRecordAt(payload, offset);
    if (placed === undefined) return undefined;
    records.push(placed.placed);
    offset = placed.end;
  }
  return records;
}

/** One record and where the next begins; `undefined` when what is there is not a record. */
export function decodeRecordAt(
  payload: Buffer,
  offset: number,
): { placed: PlacedRecord; end: number } | undefined {
  if (offset + RECORD_HEAD_BYTES > payload.length) return undefined;
  const end = offset + RECORD_HEAD_BYTES + payload.readUInt32BE(offset + 1);
  if (end > payload.length) return undefined;
  const reader = new BodyReader(payload, offset + RECORD_HEAD_BYTES, end);
  try {
    const placed = readBody(payload.readUInt8(offset), reader);
    return placed === undefined ? undefined : { placed, end };
  } catch (error) {
    // Reading past the end of a body, or JSON that is none: damage, which the caller names.
    if (error instanceof RangeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readBody(type: number, reader: BodyReader): PlacedRecord | undefined {
  const none: readonly number[] = [];
  switch (type) {
    case ADMIT: {
      const log = reader.integer(4);
      const admission = JSON.parse(reader.rest().toString()) as Admission;
      return { record: { type: 'admit', log, admission }, offsets: none };
    }
    case APPEND:
      return readAppend(reader);
    case COSIGNED: {
      const log = reader.integer(4);
      return { record: { type: 'cosigned', log, note: reader.rest().toString() }, offsets: none };
    }
    case BLOB: {
      const offset = reader.offset;
      const log = reader.integer(4);
      const index = reader.integer(6);
      const sha256 = reader.bytes(HASH_BYTES);
      const record = { type: 'blob', log, index, sha256, bytes: reader.rest() } as const;
      return { record, offsets: [offset] };
    }
    case EVIDENCE: {
      const evidence = JSON.parse(reader.rest().toString()) as Evidence;
      return { record: { type: 'evidence', evidence }, offsets: none };
    }
    case LIFE: {
      const life = JSON.parse(reader.rest().toString()) as Life;
      return { record: { type: 'life', life }, offsets: none };
    }
    default:
      return undefined;
  }
}

function readAppendHead(reader: BodyReader): AppendHead {
  const log = reader.integer(4);
  const start = reader.integer(6);
  const count = reader.integer(4);
  const root = reader.bytes(HASH_BYTES);
  const frontier = reader.hashes(reader.integer(1));
  const checkpoint = reader.bytes(reader.integer(2)).toString();
  return { log, start, count, root, frontier, checkpoint, entriesAt: reader.offset };
}

function readAppend(reader: BodyReader): PlacedRecord {
  const { log, start, count, root, frontier, checkpoint } = readAppendHead(reader);
  const entries: KeptEntry[] = [];
  const offsets: number[] = [];
  for (let i = 0; i < count; i++) {
    offsets.push(reader.offset);
    entries.push(readEntry(reader));
  }
  return { record: { type: 'append', log, start, root, frontier, checkpoint, entries }, offsets };
}

function readEntry(reader: BodyReader): KeptEntry {
  const leafBytes = reader.integer(4);
  const nodes = reader.hashes(reader.integer(1));
  return { leaf: reader.bytes(leafBytes), nodes };
}

/** Where records and their parts lie, for whoever looks for damage inside a frame. */
export type RecordOutline = { type: number; bodyAt: number; end: number };

/** The record at `offset` by its head alone; `undefined` where it would reach past the payload. */
export function outlineRecordAt(payload: Buffer, offset: number): RecordOutline | undefined {
  const bodyAt = offset + RECORD_HEAD_BYTES;
  if (bodyAt > payload.length) return undefined;
  const end = bodyAt + payload.readUInt32BE(offset + 1);
  return end > payload.length ? undefined : { type: payload.readUInt8(offset), bodyAt, end };
}

export type AppendHead = Omit<AppendRecord, 'type' | 'entries'> & {
  count: number;
  entriesAt: number;
};

/** All of an append before its entries; `undefined` when it cannot be read. */
export function decodeAppendHead(payload: Buffer, outline: RecordOutline): AppendHead | undefined {
  const reader = new BodyReader(payload, outline.bodyAt, outline.end);
  try {
    return readAppendHead(reader);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** An entry at the start of `bytes`, which may hold more; `undefined` when they end before it. */
export function decodeEntryAt(
  bytes: Buffer,
  offset: number,
): { entry: KeptEntry; end: number } | undefined {
  const reader = new BodyReader(bytes, offset, bytes.length);
  try {
    return { entry: readEntry(reader), end: reader.offset };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Reads on from `offset`, never past `end`: that is a RangeError. */
class BodyReader {
  readonly #payload: Buffer;
  readonly #end: number;
  offset: number;

  constructor(payload: Buffer, offset: number, end: number) {
    this.#payload = payload;
    this.#end = end;
    this.offset = offset;
  }

  integer(bytes: 1 | 2 | 4 | 6): number {
    this.#need(bytes);
    const value = this.#payload.readUIntBE(this.offset, bytes);
    this.offset += bytes;
    return value;
  }

  bytes(length: number): Buffer {
    this.#need(length);
    this.offset += length;
    return this.#payload.subarray(this.offset - length, this.offset);
  }

  hashes(count: number): Buffer[] {
    return Array.from({ length: count }, () => this.bytes(HASH_BYTES));
  }

  rest(): Buffer {
    return this.bytes(this.#end - this.offset);
  }

  #need(length: number): void {
    // A RangeError as Buffer's own readers throw it: one kind to catch, in decodeRecordAt.
    if (this.offset + length > this.#end) Buffer.alloc(0).readUInt8(0);
  }
}
