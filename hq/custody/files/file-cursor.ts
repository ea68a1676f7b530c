/**
 * A place in the journal as the text that a reader of the tail keeps: journal id, segment, offset,
 * sequence, and of the frame that ends there its length and crc. By the last two a cursor of a life
 * that a restore ended is told from the present one, though both may have a frame end there.
 */
import type { SegmentHead } from './frame.ts';
import type { JournalStart } from './journal-scan.ts';

const CURSOR =
  /^([0-9a-f]{32}):([0-9]{1,9}):([0-9]{1,10}):([0-9]{1,15}):([0-9]{1,10}):([0-9]{1,10})$/;

export function writeCursor(start: JournalStart, journal: SegmentHead): string {
  const { position, sequence, frameBytes, frameCrc } = start;
  const { segment, offset } = position;
  return [journal.journalId, segment, offset, sequence, frameBytes, frameCrc].join(':');
}

/** `undefined` for a cursor of another journal. */
export function readCursor(cursor: string, journal: SegmentHead): JournalStart | undefined {
  const parts = CURSOR.exec(cursor);
  if (parts?.[1] !== journal.journalId) return undefined;
  const [segment = 0, offset = 0, sequence = 0, frameBytes = 0, frameCrc = 0] = parts
    .slice(2)
    .map(Number);
  return { position: { segment, offset }, sequence, frameBytes, frameCrc };
}
