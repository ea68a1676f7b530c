/** A place in the journal as the text a reader of the tail keeps: id, segment, offset, sequence. */
import type { SegmentHead } from './frame.ts';
import type { JournalStart } from './journal-scan.ts';

const CURSOR = /^([0-9a-f]{32}):([0-9]{1,9}):([0-9]{1,10}):([0-9]{1,15})$/;

export function writeCursor(start: JournalStart, journal: SegmentHead): string {
  const { segment, offset } = start.position;
  return `${journal.journalId}:${segment}:${offset}:${start.sequence}`;
}

/** `undefined` for a cursor of another journal. */
export function readCursor(cursor: string, journal: SegmentHead): JournalStart | undefined {
  const parts = CURSOR.exec(cursor);
  if (parts?.[1] !== journal.journalId) return undefined;
  return {
    position: { segment: Number(parts[2]), offset: Number(parts[3]) },
    sequence: Number(parts[4]),
  };
}
