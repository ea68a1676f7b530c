/** Finds the journal of a custody folder by the head of its first segment; nothing is scanned yet. */
import type { FileSystem } from '../../../platform/durable/file-system.ts';
import { nodeFileSystem } from '../../../platform/durable/node-file-system.ts';
import { TillgateError } from '../../../protocol/errors.ts';
import { damaged } from './damaged.ts';
import type { SegmentHead } from './frame.ts';
import { readSegmentHead } from './journal-scan.ts';
import { CustodyLayout, FIRST_SEGMENT } from './layout.ts';
import { OpenFiles } from './open-files.ts';

export type ReaderOptions = {
  durableOnly: boolean;
  /** The machine's own unless told otherwise. */
  disk?: FileSystem | undefined;
};

export type ReaderParts = {
  layout: CustodyLayout;
  files: OpenFiles;
  journal: SegmentHead;
  durableOnly: boolean;
};

/** Throws `HQ_CUSTODY_MISSING` where no custody was begun, `HQ_CUSTODY_DAMAGED`. */
export function findJournal(folder: string, options: ReaderOptions): ReaderParts {
  const { disk = nodeFileSystem, durableOnly } = options;
  const layout = new CustodyLayout(folder, disk);
  const files = new OpenFiles(disk);
  const journal = readSegmentHead({ layout, files, segment: FIRST_SEGMENT });
  if (journal !== undefined) return { layout, files, journal, durableOnly };
  files.close();
  if (disk.statSync(layout.segment(FIRST_SEGMENT)) === undefined) {
    throw new TillgateError('HQ_CUSTODY_MISSING', `There is no custody under ${folder}.`);
  }
  throw damaged(layout, { segment: FIRST_SEGMENT, offset: 0 }, 'it does not begin as it should');
}
