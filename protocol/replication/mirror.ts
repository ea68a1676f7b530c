/**
 * The receiving side of replication, pure: given a batch it says whether the entries continue the
 * log that this mirror holds, and what the head would become. Nothing changes until the caller has
 * made the entries durable and says so.
 *
 *     consider ──▶ append ──▶ (caller writes and fsyncs) ──▶ commit ──▶ head moves
 *                    └▶ stage: the next batch is considered on top, for one fsync behind several
 *
 * A batch is taken only if the log's own key signed the checkpoint that ends it and the entries
 * lead from what is held to exactly that root, so bytes that were lost, doubled, swapped or edited
 * on the way can never be appended. What the entries mean is not looked at, except which blobs
 * they need: custody is not interpretation.
 */
import { openCheckpoint, type OpenedCheckpoint } from '../log/checkpoint.ts';
import { type Frontier, hashesEqual, leafHash } from '../log/merkle.ts';
import { decodeVkey, type VerifierKey } from '../log/verifier-key.ts';
import { isTillgateError } from '../errors.ts';
import { assert } from '../must.ts';
import { expandEntries, type Expand } from './batch-entries.ts';
import { blobNeededBy } from './blob-need.ts';
import type { BatchMessage, BlobName, RefusalReason } from './messages.ts';

export type MirrorOptions = {
  origin: string;
  /** The log's verifier key: its name is `origin`. */
  logVkey: string;
  /** What this mirror holds durably; the mirror works on clones of it. */
  frontier: Frontier;
  expand: Expand;
  /** The root at any size up to the head; with it a contradicting old checkpoint is named a fork. */
  rootAt?: (size: number) => Uint8Array;
};

/** Entries that continue the log. Write all of it durably, then `commit`. */
export type Append = {
  verdict: 'append';
  /** Index of `leaves[0]`: what was held already is left out. */
  start: number;
  leaves: readonly Uint8Array[];
  leafHashes: readonly Uint8Array[];
  newSize: number;
  newRoot: Uint8Array;
  /** The signed note of the log at `newSize`. */
  note: string;
  checkpoint: OpenedCheckpoint;
  /** Blobs the new entries name; each must be durable before a size above its index is cosigned. */
  blobs: readonly BlobName[];
  frontier: Frontier;
};

export type Refused = { verdict: 'refused'; reason: RefusalReason; detail: string };

export type Consideration = Append | { verdict: 'duplicate' } | Refused;

export type CheckpointConsideration =
  | { verdict: 'known'; checkpoint: OpenedCheckpoint }
  | { verdict: 'ahead'; checkpoint: OpenedCheckpoint }
  | Refused;

export class Mirror {
  readonly origin: string;
  readonly #options: MirrorOptions;
  readonly #logKey: VerifierKey;
  #durable: Frontier;
  #staged: Frontier;

  constructor(options: MirrorOptions) {
    this.origin = options.origin;
    this.#options = options;
    this.#logKey = decodeVkey(options.logVkey);
    this.#durable = options.frontier.clone();
    this.#staged = this.#durable;
  }

  /** Entries held durably. */
  get size(): number {
    return this.#durable.size;
  }

  /** The root at `size`. */
  get root(): Uint8Array {
    return this.#durable.root();
  }

  /** Judges a batch against everything committed or staged; changes nothing. */
  consider(batch: BatchMessage): Consideration {
    if (batch.origin !== this.origin) return refuse('unadmitted', 'the batch is of another log');
    const held = this.#staged.size;
    if (batch.start > held) {
      return refuse('gap', `the batch starts at ${batch.start}, this mirror holds ${held}`);
    }
    const checkpoint = this.#open(batch.note);
    if ('verdict' in checkpoint) return checkpoint;
    if (checkpoint.size !== batch.end) {
      return refuse('signature', 'the checkpoint is not of the size the batch ends at');
    }
    if (batch.end <= held) return this.#contradicts(checkpoint) ?? { verdict: 'duplicate' };
    return this.#append(batch, checkpoint);
  }

  /** Judges a lone checkpoint: does it fit what is held, or lie ahead of it? */
  considerCheckpoint(note: string): CheckpointConsideration {
    const checkpoint = this.#open(note);
    if ('verdict' in checkpoint) return checkpoint;
    if (checkpoint.size > this.#staged.size) return { verdict: 'ahead', checkpoint };
    return this.#contradicts(checkpoint) ?? { verdict: 'known', checkpoint };
  }

  /** Lets the next batch be considered on top of `append`, before it is durable. */
  stage(append: Append): void {
    assert(append.start === this.#staged.size, 'an append continues what is staged');
    this.#staged = append.frontier;
  }

  /** The entries of `append`, and of everything staged before it, are durable: the head moves. */
  commit(append: Append): void {
    if (append.start === this.#staged.size) this.#staged = append.frontier;
    assert(append.newSize > this.#durable.size, 'a head only grows');
    assert(append.newSize <= this.#staged.size, 'a commit follows its stage');
    this.#durable = append.frontier;
  }

  /** Forgets what was staged and is not durable. */
  rollback(): void {
    this.#staged = this.#durable;
  }

  #append(batch: BatchMessage, checkpoint: OpenedCheckpoint): Consideration {
    const expanded = expandEntries(batch, this.#options.expand);
    if (!expanded.ok) return refuse(expanded.reason, expanded.detail);
    const frontier = this.#staged.clone();
    const start = frontier.size;
    const leaves = expanded.leaves.slice(start - batch.start);
    const leafHashes = leaves.map((leaf) => leafHash(leaf));
    for (const hash of leafHashes) frontier.append(hash);
    const newRoot = frontier.root();
    if (!hashesEqual(newRoot, checkpoint.root)) {
      return refuse('root', `the entries from ${start} do not lead to the root signed`);
    }
    const blobs = leaves.flatMap((leaf, at) => blobNeededBy(leaf, start + at) ?? []);
    const { note, end } = batch;
    assert(frontier.size === end, 'an append ends where its batch ends');
    return {
      verdict: 'append',
      ...{ start, leaves, leafHashes, newSize: end, newRoot, note, checkpoint, blobs, frontier },
    };
  }

  #open(note: string): OpenedCheckpoint | Refused {
    try {
      const opened = openCheckpoint(note, [this.#logKey]);
      if (opened.origin === this.origin) return opened;
      return refuse('signature', 'the checkpoint is of another log');
    } catch (error) {
      if (isTillgateError(error) && error.code !== 'INTERNAL')
        return refuse('signature', error.message);
      throw error;
    }
  }

  #contradicts(checkpoint: OpenedCheckpoint): Refused | undefined {
    const { rootAt } = this.#options;
    if (rootAt === undefined || checkpoint.size > this.#durable.size) return undefined;
    if (hashesEqual(rootAt(checkpoint.size), checkpoint.root)) return undefined;
    return refuse('fork', `the log signed another root at size ${checkpoint.size}`);
  }
}

function refuse(reason: RefusalReason, detail: string): Refused {
  return { verdict: 'refused', reason, detail };
}
