/**
 * Custody in segment files: the embedded default. One journal takes everything of all logs, so one
 * fdatasync carries whatever waits (group commit without a timer), and custody order is the order
 * of its bytes. Index files follow behind, from memory, once a segment: what is in them is in the
 * synced journal, and a start reads the rest from the journal.
 *
 *     append ─▶ waiting ─▶ one frame: write, fdatasync ─▶ watermark ─▶ apply to state ─▶ resolve
 *
 * Relies on one writer a folder (the home's lock). After a failed write nothing more is accepted:
 * what is durable is then known only by reading it again, which is what a restart does.
 */
import { randomBytes } from 'node:crypto';
import { isFullOrReadOnly } from '../../../platform/durable/errno.ts';
import type { FileSystem } from '../../../platform/durable/file-system.ts';
import { nodeFileSystem } from '../../../platform/durable/node-file-system.ts';
import { systemSchedule, type Schedule } from '../../../platform/schedule.ts';
import { TillgateError, isTillgateError } from '../../../protocol/errors.ts';
import { frontierAt, hashesEqual, rootOfFrontier } from '../../../protocol/log/merkle.ts';
import type { Hash } from '../../../protocol/log/merkle.ts';
import { must } from '../../../protocol/must.ts';
import { EVIDENCE_PER_ORIGIN_MAX } from '../custody.ts';
import { nodesDamaged } from '../merkle-reads.ts';
import type {
  Admission,
  Append,
  AppendOutcome,
  Custody,
  Evidence,
  KeptBlob,
  Life,
} from '../custody.ts';
import { custodyError } from './custody-errors.ts';
import { damaged } from './damaged.ts';
import { isHead, type LogState } from './custody-state.ts';
import { FileReader } from './file-reader.ts';
import { findJournal, type ReaderParts } from './find-journal.ts';
import { GroupCommit } from './group-commit.ts';
import type { CommitRequest } from './group-commit.ts';
import { JournalWriter, SEGMENT_BYTES_DEFAULT, beginJournal } from './journal-writer.ts';
import { CustodyLayout } from './layout.ts';
import { encodeRecord } from './encode-record.ts';
import { discardIndex } from './resume-state.ts';
import { writeState } from './state-file.ts';

export type FileCustodyOptions = {
  segmentBytes?: number;
  /** Called once when the disk failed and only a restart tells what is durable. */
  onFatal?: (error: unknown) => void;
  /** What follows is the machine's own unless a simulation brings others. */
  disk?: FileSystem;
  schedule?: Schedule;
  randomBytes?: (count: number) => Uint8Array;
};

export class FileCustody extends FileReader implements Custody {
  readonly #commits: GroupCommit;
  #writer: JournalWriter | undefined;
  #fatal: (error: unknown) => void = () => undefined;

  private constructor(parts: ReaderParts, schedule: Schedule) {
    super(parts);
    this.#commits = new GroupCommit((records) => this.#commit(records), schedule);
  }

  /** Opens or begins the custody under `folder`. Throws `HQ_CUSTODY_DAMAGED`. */
  static async openForWriting(
    folder: string,
    options: FileCustodyOptions = {},
  ): Promise<FileCustody> {
    const { disk = nodeFileSystem, schedule = systemSchedule } = options;
    beginJournal(new CustodyLayout(folder, disk), options.randomBytes ?? randomBytes);
    const parts = findJournal(folder, { durableOnly: false, disk });
    const custody = new FileCustody(parts, schedule);
    if (!custody.isIndexUsed) discardIndex(parts);
    custody.advance();
    custody.#writer = await JournalWriter.open(
      custody,
      options.segmentBytes ?? SEGMENT_BYTES_DEFAULT,
    );
    custody.#fatal = options.onFatal ?? custody.#fatal;
    return custody;
  }

  /** A writer sees what it wrote. */
  override refresh(): Promise<void> {
    return Promise.resolve();
  }

  admit(admission: Admission): Promise<void> {
    return this.#enqueue(undefined, {
      bytes: admission.note.length,
      admits: true,
      build: ({ admitted }) => {
        const known = this.state.log(admission.origin)?.admission;
        if (known !== undefined && known.logVkey !== admission.logVkey) throw conflict(admission);
        if (known !== undefined) return undefined;
        const log = this.state.logs.length + admitted;
        return encodeRecord({ type: 'admit', log, admission });
      },
      key: `admit ${admission.origin}`,
    });
  }

  append(append: Append): Promise<AppendOutcome> {
    const outcome: { verdict: AppendOutcome['verdict'] } = { verdict: 'stale' };
    const log = this.#log(append.origin);
    const done = this.#enqueue(undefined, {
      key: append.origin,
      bytes: append.entries.reduce((sum, entry) => sum + entry.leaf.length + 64, 0),
      build: () => {
        if (!isHead(log.head, append)) return undefined;
        const frontier = frontierAt(append.size, this.#nodeReader(log));
        if (!hashesEqual(rootOfFrontier(frontier), append.root)) throw nodesDamaged(append);
        outcome.verdict = 'appended';
        return encodeRecord({
          type: 'append',
          log: log.number,
          start: append.size,
          root: append.newRoot,
          frontier,
          checkpoint: append.checkpoint,
          entries: append.entries,
        });
      },
    });
    return done.then(() => ({ verdict: outcome.verdict, head: log.head }));
  }

  keepCosigned(origin: string, note: string): Promise<void> {
    const log = this.#log(origin);
    return this.#enqueue('lazy', {
      key: undefined,
      bytes: note.length,
      build: () => encodeRecord({ type: 'cosigned', log: log.number, note }),
    });
  }

  keepBlob(origin: string, index: number, blob: KeptBlob): Promise<void> {
    const log = this.#log(origin);
    return this.#enqueue(undefined, {
      key: undefined,
      bytes: blob.bytes.length,
      build: () => encodeRecord({ type: 'blob', log: log.number, index, ...blob }),
    });
  }

  async keepEvidence(evidence: Evidence): Promise<boolean> {
    const log = this.#log(evidence.origin);
    let kept = false;
    await this.#enqueue(undefined, {
      key: `evidence ${evidence.origin}`,
      bytes: evidence.claimed.length + evidence.held.length,
      build: () => {
        if (log.evidence.length >= EVIDENCE_PER_ORIGIN_MAX) return undefined;
        kept = true;
        return encodeRecord({ type: 'evidence', evidence });
      },
    });
    return kept;
  }

  beginLife(life: Life): Promise<void> {
    return this.#enqueue(undefined, {
      key: undefined,
      bytes: 0,
      build: () => encodeRecord({ type: 'life', life }),
    });
  }

  /** Writes what waits, saves the state so that the next start reads nothing, and lets go. */
  override async close(): Promise<void> {
    await this.#commits.drain();
    this.#commits.stop(new TillgateError('HQ_CUSTODY_FAILED', 'The custody is closed.'));
    if (this.#writer !== undefined) {
      this.#saveStateIfFits();
      await this.#writer.close();
      this.#writer = undefined;
    }
    await super.close();
  }

  #enqueue(
    mode: 'lazy' | undefined,
    request: Omit<CommitRequest, 'settle' | 'fail'>,
  ): Promise<void> {
    return new Promise((settle, fail) => {
      const whole = { ...request, settle, fail };
      if (mode === 'lazy') this.#commits.addLazy(whole);
      else this.#commits.add(whole);
    });
  }

  async #commit(records: readonly Uint8Array[]): Promise<void> {
    const writer = must(this.#writer, 'the custody is open');
    try {
      if (writer.isSegmentFull) {
        // Index files first: a crash after the roll finds them complete up to this segment.
        this.#saveState();
        await writer.roll();
      }
      await writer.append(records);
      this.advance();
      if (writer.isEnd(this.scan.position)) return;
      throw damaged(this.layout, this.scan.position, 'what was just written cannot be read');
    } catch (cause) {
      // All that a full disk can stop here is done again from memory, at the next commit.
      const error = custodyError(cause);
      if (!isTillgateError(error, 'HQ_CUSTODY_FULL')) {
        this.#commits.stop(error);
        this.#fatal(error);
      }
      throw error;
    }
  }

  /** For the end, where a disk that takes nothing only costs the next start some reading. */
  #saveStateIfFits(): void {
    try {
      this.#saveState();
    } catch (error) {
      if (!isFullOrReadOnly(error)) throw error;
    }
  }

  #saveState(): void {
    for (const log of this.state.logs) {
      log.entries.flush();
      log.blobs.flush();
    }
    this.layout.disk.syncFolderSync(this.layout.index);
    const { place } = must(this.#writer, 'the custody is open');
    const { journalId } = this.journal;
    writeState(this.layout, { journalId, place, start: this.scan.place, state: this.state });
  }

  #log(origin: string): LogState {
    return must(this.state.log(origin), 'only admitted logs are written');
  }

  #nodeReader(log: LogState): (level: number, position: number) => Hash {
    return (level, position) => this.node(log, level, position);
  }
}

function conflict(admission: Admission): TillgateError {
  return new TillgateError(
    'HQ_ADMISSION_CONFLICT',
    `${admission.origin} was admitted with another verifier key than ${admission.logVkey}.`,
  );
}
