/**
 * Verifies one segment by itself, so that segments can be verified beside each other: the checksum
 * of each frame, each leaf against its leaf hash, each node against its children, each append
 * against the frontier it starts from and the root it ends in, each blob against its hash. What lies
 * between segments (that appends follow each other, that signatures hold) is the caller's.
 *
 * In a frame whose checksum fails the records are still walked: the leaf that does not have its hash
 * is named, and only where none is found the frame's first entry stands for it.
 */
import { hash } from 'node:crypto';
import { isTillgateError } from '../../../protocol/errors.ts';
import { parseCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { encodeBase64 } from '../../../protocol/log/base64.ts';
import { Frontier, hashesEqual, leafHash } from '../../../protocol/log/merkle.ts';
import { parseNote } from '../../../protocol/log/note.ts';
import { FRAME_HEAD_BYTES, SEGMENT_HEAD_BYTES, decodeFrameHead, isFrameSound } from './frame.ts';
import type { CustodyLayout } from './layout.ts';
import type { OpenFiles } from './open-files.ts';
import {
  APPEND,
  decodeAppendHead,
  decodeEntryAt,
  decodeRecordAt,
  outlineRecordAt,
} from './record.ts';
import type { AppendHead, RecordOutline } from './record.ts';

export type SegmentJob = {
  segment: number;
  salt: number;
  /** Where the durable part ends. */
  endOffset: number;
};

export type AppendSummary = {
  log: number;
  start: number;
  end: number;
  /** Base64. */
  startRoot: string;
  endRoot: string;
  checkpoint: string;
};

export type SegmentFault = { log: number | null; index: number | null; message: string };

export type SegmentReport = {
  segment: number;
  appends: AppendSummary[];
  /** Log number and origin, in order. */
  admitted: { log: number; origin: string; logVkey: string }[];
  /** The newest cosigned note of each log in this segment. */
  cosigned: { log: number; note: string }[];
  faults: SegmentFault[];
  entries: number;
};

/** How far a damaged frame is searched for the next sound one. */
const SEARCH_BYTES_MAX = 32 * 1024 * 1024;
const MAGIC = Buffer.from('TGF1', 'latin1');

export function verifySegment(
  layout: CustodyLayout,
  files: OpenFiles,
  job: SegmentJob,
): SegmentReport {
  const report: SegmentReport = {
    ...{ segment: job.segment, appends: [], admitted: [], cosigned: [], faults: [], entries: 0 },
  };
  const path = layout.segment(job.segment);
  for (let offset = SEGMENT_HEAD_BYTES; offset < job.endOffset;) {
    const frame = readSoundFrame(files, path, { offset, salt: job.salt });
    if (frame !== undefined) {
      verifyPayload(frame.subarray(FRAME_HEAD_BYTES), report);
      offset += frame.length;
      continue;
    }
    const end = findNextFrame(files, path, { ...job, offset });
    const before = report.faults.length;
    const payloadBytes = Math.max(0, end - offset - FRAME_HEAD_BYTES);
    const payload = files.read(path, offset + FRAME_HEAD_BYTES, payloadBytes);
    const first = verifyPayload(payload, report);
    if (report.faults.length === before) {
      const message = `The frame at byte ${offset} of segment ${job.segment} is not as it was written`;
      report.faults.push({ log: first?.log ?? null, index: first?.start ?? null, message });
    }
    offset = end;
  }
  return report;
}

function readSoundFrame(
  files: OpenFiles,
  path: string,
  at: { offset: number; salt: number },
): Buffer | undefined {
  const head = decodeFrameHead(files.read(path, at.offset, FRAME_HEAD_BYTES));
  if (head === undefined) return undefined;
  const frame = files.read(path, at.offset, FRAME_HEAD_BYTES + head.payloadBytes);
  return isFrameSound(frame, head, at.salt) ? frame : undefined;
}

function findNextFrame(
  files: OpenFiles,
  path: string,
  job: SegmentJob & { offset: number },
): number {
  const length = Math.min(SEARCH_BYTES_MAX, job.endOffset - job.offset);
  const bytes = files.read(path, job.offset, length);
  for (let at = bytes.indexOf(MAGIC, 1); at !== -1; at = bytes.indexOf(MAGIC, at + 1)) {
    const offset = job.offset + at;
    if (readSoundFrame(files, path, { offset, salt: job.salt }) !== undefined) return offset;
  }
  return job.offset + length;
}

/** Walks the records as far as they can be read; tells the first append. */
function verifyPayload(payload: Buffer, report: SegmentReport): AppendHead | undefined {
  let first: AppendHead | undefined;
  for (let offset = 0; offset < payload.length;) {
    const outline = outlineRecordAt(payload, offset);
    if (outline === undefined) {
      report.faults.push({ log: null, index: null, message: 'A record reaches past its frame' });
      return first;
    }
    if (outline.type === APPEND) {
      const head = decodeAppendHead(payload, outline);
      if (head !== undefined) verifyAppend(payload, { head, outline, report });
      first ??= head;
    } else {
      verifyOther(payload, offset, report);
    }
    offset = outline.end;
  }
  return first;
}

function verifyAppend(
  payload: Buffer,
  at: { head: AppendHead; outline: RecordOutline; report: SegmentReport },
): void {
  const { head, outline, report } = at;
  const { log, start } = head;
  const fault = (index: number, message: string): void => {
    report.faults.push({ log, index, message });
  };
  const frontier = openFrontier(head);
  if (frontier === undefined) {
    fault(start, 'The tree before the entry cannot be read');
    return;
  }
  const startRoot = encodeBase64(frontier.root());
  let offset = head.entriesAt;
  for (let i = 0; i < head.count; i++) {
    const found = decodeEntryAt(payload.subarray(0, outline.end), offset);
    if (found === undefined) {
      fault(start + i, 'The entry cannot be read');
      return;
    }
    const { leaf, nodes } = found.entry;
    const [stored] = nodes;
    const computed = leafHash(leaf);
    if (stored === undefined || !hashesEqual(stored, computed)) {
      fault(start + i, 'The leaf does not have the leaf hash kept with it');
    }
    // Folded from what is stored, so that one changed leaf is one fault.
    const completed = frontier.append(stored ?? computed);
    if (stored !== undefined && !sameNodes(completed, nodes)) {
      fault(start + i, 'A tree node kept with the entry is not that of its children');
    }
    report.entries++;
    offset = found.end;
  }
  const endRoot = encodeBase64(frontier.root());
  finishAppend(report, head, { startRoot, endRoot });
}

function finishAppend(
  report: SegmentReport,
  head: AppendHead,
  roots: { startRoot: string; endRoot: string },
): void {
  const { log, start, count, checkpoint } = head;
  const { endRoot } = roots;
  const end = start + count;
  if (endRoot !== encodeBase64(head.root) || !isCheckpointOf(checkpoint, { end, endRoot })) {
    const message = `The entries up to ${end} do not lead to the root that was signed`;
    report.faults.push({ log, index: start, message });
  }
  report.appends.push({ log, start, end, ...roots, checkpoint });
}

function sameNodes(completed: readonly Uint8Array[], stored: readonly Uint8Array[]): boolean {
  return (
    completed.length === stored.length &&
    completed.every((node, level) => hashesEqual(node, stored[level] ?? new Uint8Array(0)))
  );
}

function openFrontier(head: AppendHead): Frontier | undefined {
  try {
    return new Frontier(head.start, head.frontier);
  } catch (error) {
    // A start that was changed does not fit its frontier.
    if (isTillgateError(error, 'INTERNAL')) return undefined;
    throw error;
  }
}

function isCheckpointOf(note: string, claim: { end: number; endRoot: string }): boolean {
  try {
    const { size, root } = parseCheckpoint(parseNote(note).text);
    return size === claim.end && encodeBase64(root) === claim.endRoot;
  } catch (error) {
    if (isTillgateError(error)) return false;
    throw error;
  }
}

function verifyOther(payload: Buffer, offset: number, report: SegmentReport): void {
  const record = decodeRecordAt(payload, offset)?.placed.record;
  switch (record?.type) {
    case 'admit':
      report.admitted.push({ log: record.log, ...pick(record.admission) });
      return;
    case 'cosigned':
      report.cosigned.push({ log: record.log, note: record.note });
      return;
    case 'blob': {
      const { log, index, bytes, sha256 } = record;
      if (!hashesEqual(hash('sha256', bytes, 'buffer'), sha256)) {
        report.faults.push({ log, index, message: 'The blob does not have the hash kept with it' });
      }
      return;
    }
    case 'evidence':
    case 'life':
    case 'append':
      return;
    case undefined:
      report.faults.push({ log: null, index: null, message: 'A record cannot be read' });
  }
}

function pick({ origin, logVkey }: { origin: string; logVkey: string }): {
  origin: string;
  logVkey: string;
} {
  return { origin, logVkey };
}
