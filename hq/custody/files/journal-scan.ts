/**
 * Reads the journal's frames in order from a position, and says how it ends: cleanly, torn (a crash
 * cut the last frame, nothing follows it, and nobody was promised it), or damaged (what the
 * watermark vouches for is unreadable). It changes nothing on disk.
 */
import { FIRST_SEGMENT, isBefore } from './layout.ts';
import type { CustodyLayout, Position } from './layout.ts';
import {
  FRAME_HEAD_BYTES,
  FRAME_MAGIC,
  SEGMENT_HEAD_BYTES,
  decodeFrameHead,
  decodeSegmentHead,
  isFrameSound,
} from './frame.ts';
import type { SegmentHead } from './frame.ts';
import type { OpenFiles } from './open-files.ts';
import { decodeRecords } from './record.ts';
import type { PlacedRecord } from './record.ts';
import type { Watermark } from './watermark.ts';

/** What is searched at once for frames behind a hole. */
const SEARCH_BYTES = 1024 * 1024;

export type ScannedFrame = {
  sequence: number;
  records: readonly PlacedRecord[];
  /** Where the payload begins: offsets of placed records count from here. */
  payloadAt: Position;
  /** Where the next frame begins. */
  end: Position;
  bytes: number;
  crc: number;
};

/** `broken` is the position of the first byte that cannot be read as a frame. */
export type ScanEnd =
  { state: 'clean' | 'torn'; end: Position } | { state: 'damaged'; end: Position; detail: string };

/** Where to go on, and the frame that ends there; none (both 0) at the beginning of a journal. */
export type JournalStart = {
  position: Position;
  sequence: number;
  frameBytes: number;
  frameCrc: number;
};

export class JournalScan {
  readonly #layout: CustodyLayout;
  readonly #files: OpenFiles;
  readonly journal: SegmentHead;
  #next: JournalStart;

  /** `journal` is the head of the first segment, `start` where a frame begins. */
  constructor(options: {
    layout: CustodyLayout;
    files: OpenFiles;
    journal: SegmentHead;
    start: JournalStart;
  }) {
    this.#layout = options.layout;
    this.#files = options.files;
    this.journal = options.journal;
    this.#next = options.start;
  }

  /** Where to go on later. */
  get place(): JournalStart {
    return this.#next;
  }

  get position(): Position {
    return this.#next.position;
  }

  get nextSequence(): number {
    return this.#next.sequence;
  }

  /** The next sound frame, or `undefined` where there is none; ask `ending` why. */
  next(): ScannedFrame | undefined {
    const { position, sequence } = this.#next;
    const found = this.#readFrame(position, sequence) ?? this.#readNextSegment(position, sequence);
    if (found === undefined) return undefined;
    const { end, bytes: frameBytes, crc: frameCrc } = found;
    this.#next = { position: end, sequence: sequence + 1, frameBytes, frameCrc };
    return found;
  }

  /** Whether this journal has, just before `start`, the frame that `start` names. */
  confirms(start: JournalStart): boolean {
    const { position, sequence, frameBytes, frameCrc } = start;
    const { segment, offset } = position;
    if (frameBytes > offset - SEGMENT_HEAD_BYTES) return false;
    if (frameBytes === 0) {
      const beginning = journalBeginning(this.journal);
      return segment === FIRST_SEGMENT && offset === beginning.position.offset && sequence === 0;
    }
    const frame = this.#files.read(this.#layout.segment(segment), offset - frameBytes, frameBytes);
    const head = decodeFrameHead(frame);
    if (head?.sequence !== sequence - 1 || head.crc !== frameCrc) return false;
    return isFrameSound(frame, head, this.journal.salt);
  }

  /** Whether a writer knew that all up to here is durable. */
  isVouched(watermark: Watermark | undefined): boolean {
    if (watermark?.journalId !== this.journal.journalId) return false;
    return !isBefore(watermark, this.position);
  }

  /**
   * Judges the end that `next` came to. Clean also means that the next segment, if there is one,
   * holds nothing but a torn frame.
   */
  ending(watermark: Watermark | undefined): ScanEnd {
    const end = this.#next.position;
    const vouched = watermark?.journalId === this.journal.journalId ? watermark : undefined;
    if (vouched !== undefined && isBefore(end, vouched)) {
      return { state: 'damaged', end, detail: 'what follows was durable and cannot be read' };
    }
    const rest = this.#files.read(this.#layout.segment(end.segment), end.offset, 1);
    // Right after a roll the torn frame is the first of a segment that nothing follows.
    const isRolled = rest.length === 0;
    const torn = isRolled ? { segment: end.segment + 1, offset: SEGMENT_HEAD_BYTES } : end;
    if (this.#hasBytes(torn.segment + 1)) {
      return { state: 'damaged', end, detail: 'a later segment follows what cannot be read' };
    }
    // One frame is under way at a time, so a crash leaves no whole one behind a torn one.
    if (this.#hasSoundFrame(torn)) {
      return { state: 'damaged', end, detail: 'a sound frame follows what cannot be read' };
    }
    return { state: isRolled ? 'clean' : 'torn', end };
  }

  #readNextSegment(position: Position, sequence: number): ScannedFrame | undefined {
    const path = this.#layout.segment(position.segment);
    // Only an exhausted segment leads on to the next one.
    if (this.#files.read(path, position.offset, 1).length > 0) return undefined;
    const head = this.#readHead(position.segment + 1);
    if (head?.firstSequence !== sequence) return undefined;
    return this.#readFrame({ segment: position.segment + 1, offset: SEGMENT_HEAD_BYTES }, sequence);
  }

  #readFrame(position: Position, sequence: number): ScannedFrame | undefined {
    const path = this.#layout.segment(position.segment);
    const headBytes = this.#files.read(path, position.offset, FRAME_HEAD_BYTES);
    const head = decodeFrameHead(headBytes);
    if (head?.sequence !== sequence) return undefined;
    const bytes = FRAME_HEAD_BYTES + head.payloadBytes;
    const frame = this.#files.read(path, position.offset, bytes);
    if (!isFrameSound(frame, head, this.journal.salt)) return undefined;
    const records = decodeRecords(frame.subarray(FRAME_HEAD_BYTES));
    if (records === undefined) return undefined;
    const { segment, offset } = position;
    return {
      sequence,
      records,
      payloadAt: { segment, offset: offset + FRAME_HEAD_BYTES },
      end: { segment, offset: offset + bytes },
      bytes,
      crc: head.crc,
    };
  }

  #hasBytes(segment: number): boolean {
    const path = this.#layout.segment(segment);
    return this.#files.read(path, SEGMENT_HEAD_BYTES, 1).length > 0;
  }

  /** Anywhere from `from` to the end of its segment. */
  #hasSoundFrame({ segment, offset }: Position): boolean {
    const path = this.#layout.segment(segment);
    for (let at = offset; ;) {
      const bytes = this.#files.read(path, at, SEARCH_BYTES);
      for (let found = bytes.indexOf(FRAME_MAGIC); found !== -1;) {
        const head = decodeFrameHead(this.#files.read(path, at + found, FRAME_HEAD_BYTES));
        if (head !== undefined && head.sequence >= this.#next.sequence) {
          const frame = this.#files.read(path, at + found, FRAME_HEAD_BYTES + head.payloadBytes);
          if (isFrameSound(frame, head, this.journal.salt)) return true;
        }
        found = bytes.indexOf(FRAME_MAGIC, found + 1);
      }
      if (bytes.length < SEARCH_BYTES) return false;
      at += SEARCH_BYTES - FRAME_MAGIC.length + 1;
    }
  }

  #readHead(segment: number): SegmentHead | undefined {
    return readSegmentHead({ layout: this.#layout, files: this.#files, segment, of: this.journal });
  }
}

/** A sound head of that segment, and of that journal where one is given. */
export function readSegmentHead(options: {
  layout: CustodyLayout;
  files: OpenFiles;
  segment: number;
  of?: SegmentHead;
}): SegmentHead | undefined {
  const path = options.layout.segment(options.segment);
  const head = decodeSegmentHead(options.files.read(path, 0, SEGMENT_HEAD_BYTES));
  if (head?.number !== options.segment) return undefined;
  if (options.of !== undefined && head.journalId !== options.of.journalId) return undefined;
  return head;
}

/** The very beginning of a journal. */
export function journalBeginning(head: SegmentHead): JournalStart {
  return {
    position: { segment: FIRST_SEGMENT, offset: SEGMENT_HEAD_BYTES },
    sequence: head.firstSequence,
    frameBytes: 0,
    frameCrc: 0,
  };
}
