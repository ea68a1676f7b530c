/**
 * Reads a custody folder, beside its writer or without one, in this process or another. Without a
 * writer it sees everything that is sound; beside one (`durableOnly`) only what the watermark says
 * is durable, so that nothing is derived from bytes that a power cut may still take. It never
 * writes. Lookups are positioned reads through the index; a scan of the tail fills what the index
 * files do not hold yet.
 */
import { hash } from 'node:crypto';
import { HASH_BYTES, hashesEqual, leafHash, type Hash } from '../../../protocol/log/merkle.ts';
import { TillgateError } from '../../../protocol/errors.ts';
import { assert, must } from '../../../protocol/must.ts';
import type {
  Admission,
  CustodyHead,
  CustodyReader,
  Evidence,
  IndexedEntry,
  KeptBlob,
  KeptEntry,
  Life,
  NodeName,
  Tail,
  TailRecord,
} from '../custody.ts';
import type { CustodyState, LogState } from './custody-state.ts';
import { damaged } from './damaged.ts';
import { FRAME_PAYLOAD_BYTES_MAX, type SegmentHead } from './frame.ts';
import { JournalScan, journalBeginning } from './journal-scan.ts';
import { readCursor, writeCursor } from './file-cursor.ts';
import { isBefore, type CustodyLayout, type Position } from './layout.ts';
import type { OpenFiles } from './open-files.ts';
import { ENTRY_HEAD_BYTES, decodeEntryAt } from './record.ts';
import { findJournal, type ReaderOptions, type ReaderParts } from './find-journal.ts';
import { resumeState } from './resume-state.ts';
import { readWatermark } from './watermark.ts';

/** Enough for most entries with their nodes in one read. */
const FIRST_READ_BYTES = 4 * 1024;
/** An entry at its largest: leaf, 255 nodes, head. */
const ENTRY_READ_BYTES_MAX = 65_535 + 255 * HASH_BYTES + ENTRY_HEAD_BYTES;
/** One stretch of the journal while entries are read in a row. */
const STRETCH_BYTES = 1024 * 1024;
const STRETCH_ENTRIES = 1024;
const BLOB_HEAD_BYTES = 10;

export class FileReader implements CustodyReader {
  readonly layout: CustodyLayout;
  readonly files: OpenFiles;
  readonly journal: SegmentHead;
  readonly state: CustodyState;
  readonly scan: JournalScan;
  readonly isIndexUsed: boolean;
  readonly #durableOnly: boolean;

  constructor(parts: ReaderParts) {
    const { layout, files, journal } = parts;
    this.layout = layout;
    this.files = files;
    this.journal = journal;
    this.#durableOnly = parts.durableOnly;
    ({ state: this.state, scan: this.scan, isIndexUsed: this.isIndexUsed } = resumeState(parts));
  }

  /** Throws `HQ_CUSTODY_MISSING` where no custody was begun, `HQ_CUSTODY_DAMAGED`. */
  static open(folder: string, options: ReaderOptions): FileReader {
    const reader = new FileReader(findJournal(folder, options));
    reader.advance();
    return reader;
  }

  get incarnation(): string {
    return this.state.lives.at(-1)?.incarnation ?? this.journal.journalId;
  }

  lives(): Promise<Life[]> {
    return Promise.resolve([...this.state.lives]);
  }

  refresh(): Promise<void> {
    this.advance();
    if (this.#durableOnly) this.state.dropFlushed();
    return Promise.resolve();
  }

  /** Applies what the journal holds beyond what was seen. */
  advance(): void {
    const limit = this.#durableOnly ? this.#durableEnd() : undefined;
    while (limit === undefined || isBefore(this.scan.position, limit)) {
      const frame = this.scan.next();
      if (frame === undefined) return;
      if (!this.state.apply(frame)) {
        throw damaged(this.layout, frame.payloadAt, 'its records do not continue their logs');
      }
    }
  }

  heads(): Promise<CustodyHead[]> {
    return Promise.resolve(this.state.logs.map((log) => log.head));
  }

  head(origin: string): Promise<CustodyHead | undefined> {
    return Promise.resolve(this.state.log(origin)?.head);
  }

  admissions(): Promise<Admission[]> {
    return Promise.resolve(this.state.logs.map((log) => log.admission));
  }

  entry(origin: string, index: number): Promise<KeptEntry | undefined> {
    const log = this.state.log(origin);
    if (log === undefined || index >= log.head.size) return Promise.resolve(undefined);
    return Promise.resolve(this.#entryAt(log, index));
  }

  async *entries(origin: string, start: number, end: number): AsyncGenerator<IndexedEntry> {
    const log = this.#log(origin);
    assert(end <= log.head.size, 'entries are asked for within the log');
    for (let index = start; index < end;) {
      const stretch = this.#stretch(log, index, Math.min(end, index + STRETCH_ENTRIES));
      for (const entry of stretch) yield entry;
      index += stretch.length;
      await Promise.resolve();
    }
  }

  nodes(origin: string, names: readonly NodeName[]): Promise<Hash[]> {
    const log = this.#log(origin);
    return Promise.resolve(names.map(({ level, position }) => this.node(log, level, position)));
  }

  blob(origin: string, index: number): Promise<KeptBlob | undefined> {
    const log = this.state.log(origin);
    const at = log?.blobs.get(index);
    if (at === undefined) return Promise.resolve(undefined);
    // The record's head, 5 bytes before its body, tells the length.
    const length = this.#read({ ...at, offset: at.offset - 4 }, 4).readUInt32BE(0);
    const isLength = length <= FRAME_PAYLOAD_BYTES_MAX;
    const body = isLength ? this.#read(at, length) : Buffer.alloc(0);
    const sha256 = body.subarray(BLOB_HEAD_BYTES, BLOB_HEAD_BYTES + HASH_BYTES);
    const bytes = body.subarray(BLOB_HEAD_BYTES + HASH_BYTES);
    if (hash('sha256', bytes, 'buffer').equals(sha256)) return Promise.resolve({ sha256, bytes });
    throw damaged(this.layout, at, `the blob of entry ${index} is not as it was kept`);
  }

  blobHash(origin: string, index: number): Promise<Uint8Array | undefined> {
    const at = this.state.log(origin)?.blobs.get(index);
    if (at === undefined) return Promise.resolve(undefined);
    return Promise.resolve(this.#read({ ...at, offset: at.offset + BLOB_HEAD_BYTES }, HASH_BYTES));
  }

  evidence(origin: string): Promise<Evidence[]> {
    return Promise.resolve([...(this.state.log(origin)?.evidence ?? [])]);
  }

  tail(cursor: string | null): Promise<Tail> {
    const start =
      cursor === null ? journalBeginning(this.journal) : readCursor(cursor, this.journal);
    assert(start !== undefined, 'a cursor was checked with covers before');
    const { layout, files, journal } = this;
    const scan = new JournalScan({ layout, files, journal, start });
    const records: TailRecord[] = [];
    while (records.length === 0 && isBefore(scan.position, this.scan.position)) {
      const frame = scan.next();
      if (frame === undefined) throw damaged(layout, scan.position, 'it could be read before');
      for (const { record } of frame.records) {
        if (record.type !== 'append') continue;
        const origin = must(this.state.logs[record.log], 'the log is known').admission.origin;
        const entries = record.entries.map((kept, i) => ({ ...kept, index: record.start + i }));
        records.push({ origin, entries });
      }
    }
    return Promise.resolve({ records, cursor: writeCursor(scan.place, journal) });
  }

  covers(cursor: string): Promise<boolean> {
    const start = readCursor(cursor, this.journal);
    const isBeyond = start === undefined || isBefore(this.scan.position, start.position);
    return Promise.resolve(!isBeyond && this.scan.confirms(start));
  }

  close(): Promise<void> {
    this.files.close();
    return Promise.resolve();
  }

  #durableEnd(): Position | undefined {
    const watermark = readWatermark(this.layout);
    return watermark?.journalId === this.journal.journalId ? watermark : undefined;
  }

  #log(origin: string): LogState {
    return must(this.state.log(origin), 'the caller knows that this log is here');
  }

  /** A complete node, read at once. */
  node(log: LogState, level: number, position: number): Hash {
    const index = (position + 1) * 2 ** level - 1;
    assert(index < log.head.size, 'only complete nodes are asked for');
    const at = this.#place(log, index);
    const offset = at.offset + ENTRY_HEAD_BYTES + level * HASH_BYTES;
    return this.#read({ segment: at.segment, offset }, HASH_BYTES);
  }

  #entryAt(log: LogState, index: number): KeptEntry {
    const at = this.#place(log, index);
    const path = this.layout.segment(at.segment);
    const small = decodeEntryAt(this.files.read(path, at.offset, FIRST_READ_BYTES), 0);
    const found = small ?? decodeEntryAt(this.files.read(path, at.offset, ENTRY_READ_BYTES_MAX), 0);
    if (found === undefined || !isWhole(found.entry)) {
      throw damaged(this.layout, at, `entry ${index} cannot be read`);
    }
    return found.entry;
  }

  /** As many of the entries as lie in one stretch of the journal; at least one. */
  #stretch(log: LogState, start: number, end: number): IndexedEntry[] {
    const places = log.entries.range(start, end);
    const first = places[0] ?? this.#place(log, start);
    const bytes = this.files.read(this.layout.segment(first.segment), first.offset, STRETCH_BYTES);
    const entries: IndexedEntry[] = [];
    for (const place of places) {
      if (place.segment !== first.segment) break;
      const found = decodeEntryAt(bytes, place.offset - first.offset);
      if (found === undefined || !isWhole(found.entry)) break;
      entries.push({ ...found.entry, index: start + entries.length });
    }
    if (entries.length > 0) return entries;
    return [{ ...this.#entryAt(log, start), index: start }];
  }

  #place(log: LogState, index: number): Position {
    const place = log.entries.get(index);
    if (place !== undefined) return place;
    const what = `The index of ${log.head.origin} has no entry ${index} any more.`;
    throw new TillgateError('HQ_CUSTODY_DAMAGED', what);
  }

  #read(at: Position, length: number): Buffer {
    const bytes = this.files.read(this.layout.segment(at.segment), at.offset, length);
    if (bytes.length === length) return bytes;
    throw damaged(this.layout, at, `${length} bytes were expected, ${bytes.length} are there`);
  }
}

/** The first of an entry's nodes is the hash of its leaf. */
function isWhole({ leaf, nodes }: KeptEntry): boolean {
  return nodes[0] !== undefined && hashesEqual(nodes[0], leafHash(leaf));
}
