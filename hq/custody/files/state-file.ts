/**
 * The saved state of a custody folder: how far the index files reach in the journal, and the heads
 * there. A start reads it and the journal from there on, at most about one segment. It is written
 * whole after the index files were synced; without it, with a foreign one, or with one that is not as
 * it was written, everything is read from the journal again.
 *
 *     one line of JSON ┊ crc32 of that line, 8 hex digits ┊ LF
 */
import { crc32 } from 'node:zlib';
import {
  readFileIfPresent,
  writeFileAtomicallySync,
} from '../../../platform/durable/atomic-file.ts';
import type { Admission, CustodyHead, Evidence, Life } from '../custody.ts';
import type { CustodyState } from './custody-state.ts';
import type { JournalStart } from './journal-scan.ts';
import type { CustodyLayout } from './layout.ts';

const VERSION = 3;

export type SavedLog = { admission: Admission; head: CustodyHead; evidence: Evidence[] };

/** `place` is that of the folder in which it was written: a copy's index files cannot be relied on. */
type Stamp = { journalId: string; place: string };

export type SavedState = { start: JournalStart; lives: readonly Life[]; logs: SavedLog[] };

type StoredHead = Omit<CustodyHead, 'root'> & { root: string };
type Stored = {
  version: number;
  journalId: string;
  place: string;
  start: JournalStart;
  lives: readonly Life[];
  logs: { admission: Admission; head: StoredHead; evidence: Evidence[] }[];
};

export function writeState(
  layout: CustodyLayout,
  options: Stamp & { start: JournalStart; state: CustodyState },
): void {
  const { journalId, place, start, state } = options;
  const logs = state.logs.map(({ admission, head, evidence }) => ({
    admission,
    head: { ...head, root: Buffer.from(head.root).toString('hex') },
    evidence,
  }));
  const { lives } = state;
  const stored: Stored = { version: VERSION, journalId, place, start, lives, logs };
  const line = `${JSON.stringify(stored)}\n`;
  writeFileAtomicallySync(layout.state, `${line}${checksum(line)}\n`, { disk: layout.disk });
}

/** `undefined` when there is none of this journal, written at this place, that can be read. */
export function readState(layout: CustodyLayout, stamp: Stamp): SavedState | undefined {
  const bytes = readFileIfPresent(layout.state, layout.disk);
  if (bytes === undefined) return undefined;
  const [json = '', crc] = Buffer.from(bytes).toString().split('\n');
  if (crc !== checksum(`${json}\n`)) return undefined;
  try {
    const stored = JSON.parse(json) as Stored;
    if (stored.version !== VERSION || stored.journalId !== stamp.journalId) return undefined;
    if (stored.place !== stamp.place) return undefined;
    const logs = stored.logs.map(({ admission, head, evidence }) => ({
      admission,
      head: { ...head, root: Buffer.from(head.root, 'hex') },
      evidence,
    }));
    return { start: stored.start, lives: stored.lives, logs };
  } catch (error) {
    // A damaged state file costs a longer start, nothing else: the journal has everything.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function checksum(line: string): string {
  return crc32(line).toString(16).padStart(8, '0');
}
