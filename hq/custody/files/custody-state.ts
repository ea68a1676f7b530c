/**
 * What a custody folder says at one position of its journal: which logs there are, their heads, and
 * where everything lies. It is made by applying frames in order, from the beginning or from a saved
 * state, and the same code does it for a start after a crash, for the running writer, and for a
 * reader in another process.
 */
import { EMPTY_ROOT, hashesEqual } from '../../../protocol/log/merkle.ts';
import { EVIDENCE_PER_ORIGIN_MAX } from '../custody.ts';
import type { Admission, CustodyHead, Evidence, Life } from '../custody.ts';
import type { ScannedFrame } from './journal-scan.ts';
import type { CustodyLayout, Position } from './layout.ts';
import type { OpenFiles } from './open-files.ts';
import type { AppendRecord, PlacedRecord } from './record.ts';
import type { SavedState } from './state-file.ts';
import { SlotTable } from './slot-table.ts';

export type LogState = {
  readonly number: number;
  readonly admission: Admission;
  head: CustodyHead;
  readonly evidence: Evidence[];
  readonly entries: SlotTable;
  readonly blobs: SlotTable;
};

export class CustodyState {
  readonly #layout: CustodyLayout;
  readonly #files: OpenFiles;
  readonly #logs: LogState[] = [];
  readonly #byOrigin = new Map<string, LogState>();
  readonly #lives: Life[];

  constructor(layout: CustodyLayout, files: OpenFiles, saved?: SavedState) {
    this.#layout = layout;
    this.#files = files;
    this.#lives = [...(saved?.lives ?? [])];
    for (const log of saved?.logs ?? []) {
      const state = this.#add(log.admission, log.head);
      state.evidence.push(...log.evidence);
    }
  }

  /** The present one last; each restore from a backup adds one, so they stay few. */
  get lives(): readonly Life[] {
    return this.#lives;
  }

  get logs(): readonly LogState[] {
    return this.#logs;
  }

  log(origin: string): LogState | undefined {
    return this.#byOrigin.get(origin);
  }

  /** Whether the index files reach up to the heads; without them all is read again. */
  isIndexed(): boolean {
    return this.#logs.every(
      ({ head, entries }) => head.size === 0 || entries.get(head.size - 1) !== undefined,
    );
  }

  /** Applies a frame; false when its records do not continue what is here, which is damage. */
  apply(frame: ScannedFrame): boolean {
    return frame.records.every((placed) => this.#applyRecord(placed, frame.payloadAt));
  }

  /** For a reader beside a writer: keeps memory flat however long the logs grow. */
  dropFlushed(): void {
    for (const { entries, blobs } of this.#logs) {
      entries.dropFlushed();
      blobs.dropFlushed();
    }
  }

  #applyRecord(placed: PlacedRecord, payloadAt: Position): boolean {
    const { record } = placed;
    switch (record.type) {
      case 'admit': {
        if (record.log !== this.#logs.length) return false;
        this.#add(record.admission, emptyHead(record.admission));
        return true;
      }
      case 'append':
        return this.#applyAppend(record, placed.offsets, payloadAt);
      case 'cosigned': {
        const log = this.#logs[record.log];
        if (log === undefined) return false;
        log.head = { ...log.head, cosigned: record.note };
        return true;
      }
      case 'blob': {
        const log = this.#logs[record.log];
        log?.blobs.set(record.index, within(payloadAt, placed.offsets[0] ?? 0));
        return log !== undefined;
      }
      case 'evidence': {
        const log = this.#byOrigin.get(record.evidence.origin);
        if (log !== undefined && log.evidence.length < EVIDENCE_PER_ORIGIN_MAX) {
          log.evidence.push(record.evidence);
        }
        return log !== undefined;
      }
      case 'life':
        this.#lives.push(record.life);
        return true;
    }
  }

  #applyAppend(record: AppendRecord, offsets: readonly number[], payloadAt: Position): boolean {
    const log = this.#logs[record.log];
    if (log?.head.size !== record.start) return false;
    offsets.forEach((offset, i) => log.entries.set(record.start + i, within(payloadAt, offset)));
    log.head = {
      ...log.head,
      size: record.start + record.entries.length,
      // A copy: the record shares its frame's memory, which must not be held.
      root: Uint8Array.from(record.root),
      checkpoint: record.checkpoint,
    };
    return true;
  }

  #add(admission: Admission, head: CustodyHead): LogState {
    const number = this.#logs.length;
    const state: LogState = {
      number,
      admission,
      head,
      evidence: [],
      entries: new SlotTable(this.#layout.entriesIndex(number), this.#files),
      blobs: new SlotTable(this.#layout.blobsIndex(number), this.#files),
    };
    this.#logs.push(state);
    this.#byOrigin.set(admission.origin, state);
    return state;
  }
}

export function emptyHead(admission: Admission): CustodyHead {
  const { origin, logVkey } = admission;
  return { origin, logVkey, size: 0, root: EMPTY_ROOT, checkpoint: null, cosigned: null };
}

/** Whether `head` is the one an append says it extends. */
export function isHead(head: CustodyHead, claim: { size: number; root: Uint8Array }): boolean {
  return head.size === claim.size && hashesEqual(head.root, claim.root);
}

function within(payloadAt: Position, offset: number): Position {
  return { segment: payloadAt.segment, offset: payloadAt.offset + offset };
}
