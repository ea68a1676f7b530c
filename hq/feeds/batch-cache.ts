/**
 * The batches of feeds, read, packed and signed once for all gateways that want them: a thousand stores
 * that come back after a publication ask for the same bytes. Bounded; what was not asked for the
 * longest is forgotten, and made again when somebody asks.
 */
import { zstdCompressSync } from 'node:zlib';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { signNote } from '../../protocol/log/note.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import { must } from '../../protocol/must.ts';
import type { PackedEntries } from '../../protocol/replication/batch-entries.ts';
import { packFitting, packedBytesMaxOf } from '../../protocol/replication/pack-batch.ts';
import type { CustodyReader } from '../custody/custody.ts';
import { heldRootAt } from '../custody/merkle-reads.ts';

export type FeedBatch = PackedEntries & {
  start: number;
  end: number;
  /** The checkpoint of `end`, signed. */
  note: string;
};

export type BatchCacheOptions = {
  custody: CustodyReader;
  /** Signs as a feed. */
  signerOf: (origin: string) => NoteSigner;
  /** What a batch is packed from; documents shrink to a fifth or less. */
  batchBytesMax?: number | undefined;
};

/** Several times what a chain's whole catalogue weighs packed. */
const CACHE_BYTES_MAX = 32 * 1024 * 1024;
/** Small ones weigh little and there may be many. */
const CACHE_BATCHES_MAX = 4_096;
const BATCH_BYTES_MAX = 384 * 1024;

type Kept = { batch: Promise<FeedBatch>; endMax: number; bytes: number };

export class BatchCache {
  readonly #options: BatchCacheOptions;
  /** The one that was asked for last is last. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  /** Batches made, and batches given: for tests and curiosity. */
  readonly counts = { made: 0, given: 0 };

  constructor(options: BatchCacheOptions) {
    this.#options = options;
  }

  /** Entries of `origin` from `start`, as many as a message holds and not beyond `endMax`. */
  async batch(origin: string, start: number, endMax: number): Promise<FeedBatch> {
    const key = `${start} ${origin}`;
    this.counts.given += 1;
    const known = this.#kept.get(key);
    if (known !== undefined) {
      const batch = await known.batch;
      // One that ended where the feed did then holds less than it may now.
      const isWhole = batch.end < known.endMax || batch.end === endMax;
      if (isWhole && batch.end <= endMax) {
        this.#touch(key, known);
        return batch;
      }
      this.#forget(key);
    }
    const batch = this.#make(origin, start, endMax);
    const kept = { batch, endMax, bytes: 0 };
    this.#kept.set(key, kept);
    try {
      const made = await batch;
      if (this.#kept.get(key) === kept) {
        kept.bytes = made.packed.length + made.note.length;
        this.#bytes += kept.bytes;
        this.#trim();
      }
      return made;
    } catch (error) {
      this.#forget(key);
      throw error;
    }
  }

  async #make(origin: string, start: number, endMax: number): Promise<FeedBatch> {
    const { custody, signerOf, batchBytesMax = BATCH_BYTES_MAX } = this.#options;
    this.counts.made += 1;
    const leaves: Uint8Array[] = [];
    let bytes = 0;
    for await (const { leaf } of custody.entries(origin, start, endMax)) {
      bytes += leaf.length;
      if (leaves.length > 0 && bytes > batchBytesMax) break;
      leaves.push(leaf);
    }
    must(leaves[0], 'below its size a feed has entries');
    const packed = packFitting(leaves, packedBytesMaxOf(origin), (plain) =>
      zstdCompressSync(plain),
    );
    const end = start + leaves.length;
    const head = must(await custody.head(origin), 'what is sent is in custody');
    const root = await heldRootAt(custody, head, end);
    const note = signNote(formatCheckpoint({ origin, size: end, root }), signerOf(origin));
    return { start, end, note, ...packed };
  }

  #touch(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
  }

  #forget(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#bytes -= kept.bytes;
    this.#kept.delete(key);
  }

  #trim(): void {
    for (const key of this.#kept.keys()) {
      if (this.#bytes <= CACHE_BYTES_MAX && this.#kept.size <= CACHE_BATCHES_MAX) return;
      this.#forget(key);
    }
  }
}
