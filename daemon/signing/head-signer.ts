/**
 * Signs the heads of one log, in an order that makes a rollback visible: the size is committed →
 * it is signed → `signed-head` is durable → only then may the checkpoint leave the process. So
 * nobody outside ever holds a checkpoint that `signed-head` does not cover, and a log shorter than
 * its own `signed-head` was rolled back.
 *
 * Sizes below the signed head are signed on demand: they are prefixes of it and add no statement.
 * Relies on the start check (daemon/epochs) having compared an existing `signed-head` with the log.
 */
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { rootAt } from '../../protocol/log/merkle.ts';
import { signNote, type NoteSigner } from '../../protocol/log/note.ts';
import { assert } from '../../protocol/must.ts';
import { writeFileAtomicallySync } from '../../platform/durable/atomic-file.ts';
import type { SignedLog } from './signed-log.ts';

export type SignedCheckpoint = { size: number; note: string };

export type HeadSignerOptions = {
  log: SignedLog;
  /** Ed25519, type 0x01, named as the log's origin. */
  signer: NoteSigner;
  /** Undefined for an earlier epoch: the one that follows names its end, and keeps the file. */
  signedHeadFile: string | undefined;
  /** Replaces a file durably; the disk's own way unless a test brings another. */
  writeFile?: WriteFile | undefined;
};

export type WriteFile = (path: string, content: string) => void;

export class HeadSigner {
  readonly #options: HeadSignerOptions;
  #tip: SignedCheckpoint | undefined;

  constructor(options: HeadSignerOptions) {
    assert(options.signer.name === options.log.origin, 'a log is signed by the key of its name');
    this.#options = options;
  }

  /**
   * The signed checkpoint of everything committed, durable in `signed-head` when it returns. What
   * the disk throws comes through; then nothing was signed, and the next call tries again.
   */
  signTip(): SignedCheckpoint {
    const size = this.#options.log.size();
    if (this.#tip?.size === size) return this.#tip;
    assert(size >= (this.#tip?.size ?? 0), 'a committed log never shrinks');
    const note = this.#sign(size);
    const { signedHeadFile, writeFile = writeFileAtomicallySync } = this.#options;
    if (signedHeadFile !== undefined) writeFile(signedHeadFile, note);
    this.#tip = { size, note };
    return this.#tip;
  }

  /** The signed checkpoint of any committed size. */
  noteAt(size: number): string {
    if (this.#tip === undefined || size > this.#tip.size) this.signTip();
    const tip = this.#tip;
    assert(tip !== undefined && size <= tip.size, 'only a committed size is signed');
    return size === tip.size ? tip.note : this.#sign(size);
  }

  #sign(size: number): string {
    const { log, signer } = this.#options;
    const root = rootAt(size, log.node);
    return signNote(formatCheckpoint({ origin: log.origin, size, root }), signer);
  }
}
