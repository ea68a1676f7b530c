/**
 * Keeps the last head that HQ signed, for the next start. Written at most once in a while: it is a
 * lower bound, and an older one only means that fewer roll-backs are noticed without HQ. So a disk
 * that takes no writes is no reason to stop: what is missing is written when it does again.
 */
import type { SignedHead } from '../../protocol/replication/head.ts';
import { writeFileAtomicallySync } from '../../platform/durable/atomic-file.ts';
import { isUnwritable } from '../../platform/durable/errno.ts';
import type { WriteFile } from '../signing/head-signer.ts';

/** Two fsyncs this often disturb nobody. */
const WRITE_INTERVAL_MS = 2_000;

export class HqHeadFile {
  readonly #path: string;
  readonly #writeFile: WriteFile;
  #unwritten: SignedHead | undefined;
  #writtenAtMs = -Infinity;

  constructor(path: string, writeFile: WriteFile = writeFileAtomicallySync) {
    this.#path = path;
    this.#writeFile = writeFile;
  }

  /** Remembers `head` and writes it when the last write is long enough ago. */
  keep(head: SignedHead, nowMs: number): void {
    this.#unwritten = head;
    if (nowMs - this.#writtenAtMs >= WRITE_INTERVAL_MS) this.flush(nowMs);
  }

  /** Writes what is still only in memory. */
  flush(nowMs: number): void {
    if (this.#unwritten === undefined) return;
    this.#writtenAtMs = nowMs;
    try {
      this.#writeFile(this.#path, this.#unwritten.note);
    } catch (error) {
      if (isUnwritable(error)) return;
      throw error;
    }
    this.#unwritten = undefined;
  }
}
