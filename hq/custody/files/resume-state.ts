/**
 * Where a reader of a custody folder begins: at the saved state, where that is of this journal, was
 * written at this place, and the journal really holds the frame that it follows; else at the
 * beginning of the journal. So a copy whose files are of different moments, or whose index ran ahead
 * of its segments, is read from the journal alone.
 */
import { join } from 'node:path';
import { CustodyState } from './custody-state.ts';
import type { SegmentHead } from './frame.ts';
import { JournalScan, journalBeginning } from './journal-scan.ts';
import type { CustodyLayout } from './layout.ts';
import type { OpenFiles } from './open-files.ts';
import { readState } from './state-file.ts';
import { custodyPlace } from './watermark.ts';

export type ResumedState = {
  state: CustodyState;
  scan: JournalScan;
  /** False where all comes from the journal: what the index folder holds then means nothing. */
  isIndexUsed: boolean;
};

export function resumeState(parts: {
  layout: CustodyLayout;
  files: OpenFiles;
  journal: SegmentHead;
}): ResumedState {
  const { layout, files, journal } = parts;
  const place = custodyPlace(layout);
  const { journalId } = journal;
  const saved = place === undefined ? undefined : readState(layout, { journalId, place });
  if (saved !== undefined) {
    const scan = new JournalScan({ ...parts, start: saved.start });
    const state = new CustodyState(layout, files, saved);
    if (scan.confirms(saved.start) && state.isIndexed()) return { state, scan, isIndexUsed: true };
  }
  const scan = new JournalScan({ ...parts, start: journalBeginning(journal) });
  return { state: new CustodyState(layout, files), scan, isIndexUsed: false };
}

/** Index files that the journal does not vouch for would lead to wrong places. */
export function discardIndex({ layout, files }: { layout: CustodyLayout; files: OpenFiles }): void {
  const { disk, index } = layout;
  const names = disk.readFolderSync(index);
  if (names.length === 0) return;
  files.close();
  for (const name of names) disk.removeSync(join(index, name));
  disk.syncFolderSync(index);
}
