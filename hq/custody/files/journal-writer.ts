/**
 * Appends frames to the journal: one write and one fdatasync each, then the watermark. It opens a
 * journal after whatever ended the last writer: a torn last frame is cut off, a segment that was
 * begun and holds no whole frame is removed, and damage is refused, because writing on would make the
 * damage look like a crash. In a copy of the folder a hole is no damage: its files are of different
 * moments. What follows the hole is set aside, and the gateways send again what it held.
 */
import { dirname } from 'node:path';
import { createFileDurably, makeDirectoryDurably } from '../../../platform/durable/atomic-file.ts';
import { JournalFile } from '../../../platform/durable/journal-file.ts';
import { isFullOrReadOnly } from '../../../platform/durable/errno.ts';
import { TillgateError } from '../../../protocol/errors.ts';
import { SEGMENT_HEAD_BYTES, encodeFrame, encodeSegmentHead, decodeSegmentHead } from './frame.ts';
import type { SegmentHead } from './frame.ts';
import { custodyError } from './custody-errors.ts';
import { damaged } from './damaged.ts';
import type { FileReader } from './file-reader.ts';
import type { CustodyLayout, Position } from './layout.ts';
import { FIRST_SEGMENT, isBefore } from './layout.ts';
import { OpenFiles } from './open-files.ts';
import { setAside } from './set-aside.ts';
import { WatermarkFile, isCopiedCustody, readWatermark } from './watermark.ts';

/** A start reads about one segment: a fraction of a second. */
export const SEGMENT_BYTES_DEFAULT = 64 * 1024 * 1024;

export class JournalWriter {
  readonly #layout: CustodyLayout;
  readonly #journal: SegmentHead;
  readonly #segmentBytes: number;
  readonly #watermark: WatermarkFile;
  #file: JournalFile;
  #segment: number;
  #sequence: number;
  /** Behind the end lies a frame, or part of one, that nobody was promised. */
  #isCutDue = false;

  private constructor(
    reader: FileReader,
    parts: { file: JournalFile; watermark: WatermarkFile; segmentBytes: number },
  ) {
    this.#layout = reader.layout;
    this.#journal = reader.journal;
    this.#segmentBytes = parts.segmentBytes;
    this.#watermark = parts.watermark;
    this.#file = parts.file;
    this.#segment = reader.scan.position.segment;
    this.#sequence = reader.scan.nextSequence;
  }

  /** Makes the journal writable where `reader`, which has scanned it, found its end. */
  static async open(reader: FileReader, segmentBytes: number): Promise<JournalWriter> {
    const { layout, scan } = reader;
    const { disk } = layout;
    const watermark = readWatermark(layout);
    const ending = scan.ending(watermark);
    const isCopied = isCopiedCustody(layout);
    if (ending.state === 'damaged' && !isCopied) throw damaged(layout, ending.end, ending.detail);
    if (isCopied && ending.state === 'damaged') setAside(layout, reader.files, ending.end);
    const path = layout.segment(ending.end.segment);
    if (ending.state !== 'clean') disk.truncateSync(path, ending.end.offset);
    if (!isCopied) removeTornSegment(reader, ending.end.segment + 1);
    const file = await JournalFile.open(disk, path);
    // A writer that was killed may have left unsynced what was read here. Before anybody hears of it,
    // and before anything is written behind it or behind a cut, it has to be durable, names included.
    const { offset } = ending.end;
    await file.sync(scan.isVouched(watermark) ? NOTHING : lastFrame(reader), offset);
    for (const folder of [layout.segments, layout.folder, dirname(layout.folder)]) {
      disk.syncFolderSync(folder);
    }
    const parts = { file, watermark: new WatermarkFile(layout), segmentBytes };
    const writer = new JournalWriter(reader, parts);
    writer.#writeWatermark();
    return writer;
  }

  /** Of the folder, for the saved state. */
  get place(): string {
    return this.#watermark.place;
  }

  get isSegmentFull(): boolean {
    // One without a frame is never left: a reader goes on only where a frame follows.
    const { length } = this.#file;
    return length > SEGMENT_HEAD_BYTES && length >= this.#segmentBytes;
  }

  isEnd({ segment, offset }: Position): boolean {
    return segment === this.#segment && offset === this.#file.length;
  }

  /**
   * Durable when it resolves. Throws `HQ_CUSTODY_FULL` after taking back what did not fit, and
   * `HQ_CUSTODY_FAILED` when what is on the disk is unknown: then this writer must not be used on.
   */
  async append(records: readonly Uint8Array[]): Promise<void> {
    const frame = encodeFrame(records, { sequence: this.#sequence, salt: this.#journal.salt });
    const before = this.#file.length;
    if (this.#isCutDue) await this.#cut(before);
    try {
      await this.#file.append(frame);
      if (!(await this.#file.isLinked())) throw removed(this.#layout);
    } catch (error) {
      // Part of the frame may be on disk: cut when the disk only refuses for now, else by a restart.
      this.#isCutDue = true;
      if (isFullOrReadOnly(error)) await this.#cut(before);
      throw custodyError(error);
    }
    this.#sequence++;
    this.#writeWatermark();
  }

  /** On a read-only disk it is due until the disk takes writes again. */
  async #cut(length: number): Promise<void> {
    try {
      await this.#file.truncate(length);
      this.#isCutDue = false;
    } catch (error) {
      throw custodyError(error);
    }
  }

  /** Begins the next segment. A crash in between leaves an empty segment, removed at the next open. */
  async roll(): Promise<void> {
    const number = this.#segment + 1;
    const path = this.#layout.segment(number);
    const head = { ...this.#journal, number, firstSequence: this.#sequence };
    const { disk } = this.#layout;
    // What an earlier try on a full disk left; nothing was ever written behind it.
    disk.removeSync(path);
    createFileDurably(path, encodeSegmentHead(head), { disk });
    const file = await JournalFile.open(disk, path);
    await this.#file.close();
    this.#file = file;
    this.#segment = number;
  }

  async close(): Promise<void> {
    await this.#file.close();
    this.#watermark.close();
  }

  #writeWatermark(): void {
    try {
      this.#watermark.write({
        segment: this.#segment,
        offset: this.#file.length,
        nextSequence: this.#sequence,
        journalId: this.#journal.journalId,
      });
    } catch (error) {
      // It may lag, and then only says less.
      if (!isFullOrReadOnly(error)) throw error;
    }
  }
}

/** Makes the folders and the first segment of a new journal where there is none. */
export function beginJournal(
  layout: CustodyLayout,
  randomBytes: (count: number) => Uint8Array,
): void {
  const { disk } = layout;
  makeDirectoryDurably(layout.segments, 0o700, disk);
  makeDirectoryDurably(layout.index, 0o700, disk);
  const path = layout.segment(FIRST_SEGMENT);
  const files = new OpenFiles(disk);
  const there = files.read(path, 0, SEGMENT_HEAD_BYTES + 1);
  files.close();
  if (decodeSegmentHead(there) !== undefined) return;
  // A first segment with at most a torn head is a crash of this function, which nothing had followed
  // yet; anything longer is damage.
  if (there.length > SEGMENT_HEAD_BYTES) return;
  const followers = [layout.segment(FIRST_SEGMENT + 1), layout.state];
  const beginning = { segment: FIRST_SEGMENT, offset: SEGMENT_HEAD_BYTES };
  if (
    followers.some((follower) => disk.statSync(follower) !== undefined) ||
    isBefore(beginning, readWatermark(layout) ?? beginning)
  ) {
    throw damaged(layout, { ...beginning, offset: 0 }, 'it does not begin as it should');
  }
  disk.removeSync(path);
  const head: SegmentHead = {
    journalId: Buffer.from(randomBytes(16)).toString('hex'),
    number: FIRST_SEGMENT,
    salt: Buffer.from(randomBytes(4)).readUInt32BE(0),
    firstSequence: 0,
  };
  createFileDurably(path, encodeSegmentHead(head), { disk });
}

const NOTHING = new Uint8Array(0);

/** All that one failed sync can have left in memory only; the segment's head where no frame is. */
function lastFrame({ layout, files, scan }: FileReader): Uint8Array {
  const { position, frameBytes } = scan.place;
  const bytes = frameBytes === 0 ? position.offset : frameBytes;
  return files.read(layout.segment(position.segment), position.offset - bytes, bytes);
}

function removeTornSegment(reader: FileReader, segment: number): void {
  const path = reader.layout.segment(segment);
  const { disk } = reader.layout;
  if (disk.statSync(path) === undefined) return;
  reader.files.forget(path);
  disk.removeSync(path);
  disk.syncFolderSync(reader.layout.segments);
}

function removed(layout: CustodyLayout): TillgateError {
  return new TillgateError(
    'HQ_CUSTODY_FAILED',
    `Somebody removed the files under ${layout.folder} while they were in use.`,
  );
}
