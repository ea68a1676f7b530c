/**
 * Sends entries back to the gateway that wrote them: after a roll-back, or where its disk damaged
 * some. One answer is a batch or several, each with the checkpoint of exactly its end cosigned for
 * the occasion (headquarters holds every size below its head), the blobs that its entries name
 * before it, and at last the head. A gateway verifies all of it by the pinned durable key alone.
 *
 * Bounded: bytes an answer, answers at a time, answers that wait. Relies on the caller to let a
 * gateway ask for logs of its own place only.
 */
import { zstdCompressSync } from 'node:zlib';
import type { Clock } from '../../protocol/clock.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { cosign } from '../../protocol/log/cosignature.ts';
import { EMPTY_ROOT } from '../../protocol/log/merkle.ts';
import { formatNote } from '../../protocol/log/note.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import { must } from '../../protocol/must.ts';
import { blobNeededBy } from '../../protocol/replication/blob-need.ts';
import { BATCH_ENTRIES_MAX, MISSING_BLOBS_MAX } from '../../protocol/replication/limits.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type { BlobName, ControlMessage } from '../../protocol/replication/messages.ts';
import { blobParts, packedBytesMaxOf, packFitting } from '../../protocol/replication/pack-batch.ts';
import type { Custody, CustodyHead } from '../custody/custody.ts';
import { heldRootAt } from '../custody/merkle-reads.ts';
import { cosignedAt } from './head-maker.ts';
import type { Reply } from './log-intake.ts';

export type FetchDeskOptions = {
  custody: Custody;
  durable: NoteSigner;
  clock: Clock;
};

export type FetchedMessage = { type: 'blob' | 'batch'; payload: Uint8Array };

/**
 * What one answer may weigh before it is packed. It waits in the broker's buffer for the gateway,
 * which holds four megabytes, beside a blob of two.
 */
const ANSWER_BYTES_MAX = 768 * 1024;
/** What one batch is packed from: sales shrink to a quarter, and a message holds 64 KiB. */
const READ_BYTES_MAX = 256 * 1024;
/** Answers being made, whose bytes are in memory at once. */
const AT_ONCE_MAX = 4;
/** A gateway asks for one thing at a time, so these are as many stores that came back together. */
const WAITING_MAX = 256;

export class FetchDesk {
  readonly #options: FetchDeskOptions;
  readonly #waiting: (() => void)[] = [];
  #atWork = 0;

  constructor(options: FetchDeskOptions) {
    this.#options = options;
  }

  /** Gives each message of the answer to `send`, and the head that ends it back. */
  async answer(message: ControlMessage, send: (message: FetchedMessage) => void): Promise<Reply> {
    const { origin, round, start = 0 } = message;
    const head = (await this.#options.custody.head(origin)) ?? nothingOf(origin);
    if (this.#waiting.length >= WAITING_MAX) {
      return { round, head, reason: 'busy', detail: 'too many stores fetch entries at once' };
    }
    await this.#enter();
    try {
      const missingBlobs = await this.#answer(head, { round, start }, send);
      return { round, head, ...(missingBlobs.length > 0 && { missingBlobs }) };
    } finally {
      this.#leave();
    }
  }

  async #answer(
    head: CustodyHead,
    { round, start }: { round: number; start: number },
    send: (message: FetchedMessage) => void,
  ): Promise<BlobName[]> {
    const { origin, size } = head;
    const missing: BlobName[] = [];
    let next = start;
    let bytes = 0;
    while (next < size && bytes < ANSWER_BYTES_MAX && missing.length < MISSING_BLOBS_MAX) {
      const { leaves, bytes: leafBytes } = await this.#read(origin, next, size);
      const packedBytesMax = packedBytesMaxOf(origin);
      const packed = packFitting(leaves, packedBytesMax, (plain) => zstdCompressSync(plain));
      const end = next + leaves.length;
      for (const [at, leaf] of leaves.entries()) {
        const name = blobNeededBy(leaf, next + at);
        if (name === undefined) continue;
        const blob = await this.#options.custody.blob(origin, name.index);
        if (blob === undefined) missing.push(name);
        for (const payload of blobParts({ origin, round, ...name }, blob?.bytes ?? NO_BYTES)) {
          send({ type: 'blob', payload });
        }
        bytes += blob?.bytes.length ?? 0;
      }
      const note = await this.#noteAt(head, end);
      const batch = { type: 'batch', origin, round, start: next, end, note, ...packed } as const;
      send({ type: 'batch', payload: encodeMessage(batch) });
      bytes += leafBytes;
      next = end;
    }
    return missing.slice(0, MISSING_BLOBS_MAX);
  }

  /** Leaves of one batch at most; it ends with the first whose body is a blob. */
  async #read(
    origin: string,
    start: number,
    size: number,
  ): Promise<{ leaves: Uint8Array[]; bytes: number }> {
    const leaves: Uint8Array[] = [];
    let bytes = 0;
    const end = Math.min(size, start + BATCH_ENTRIES_MAX);
    for await (const { leaf, index } of this.#options.custody.entries(origin, start, end)) {
      bytes += leaf.length;
      if (bytes > READ_BYTES_MAX && leaves.length > 0) break;
      leaves.push(leaf);
      if (blobNeededBy(leaf, index) !== undefined) break;
    }
    must(leaves[0], 'below its size a log has entries');
    return { leaves, bytes };
  }

  async #noteAt(head: CustodyHead, size: number): Promise<string> {
    const { custody, durable, clock } = this.#options;
    const root = await heldRootAt(custody, head, size);
    const text = formatCheckpoint({ origin: head.origin, size, root });
    return formatNote(text, [cosign(text, durable, cosignedAt(clock))]);
  }

  /** Who leaves while others wait hands the place on. */
  async #enter(): Promise<void> {
    if (this.#atWork < AT_ONCE_MAX) {
      this.#atWork++;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#atWork--;
    else next();
  }
}

const NO_BYTES = new Uint8Array(0);

/** What headquarters holds of a log that it never took in: true, and worth its signature. */
function nothingOf(origin: string): CustodyHead {
  return { origin, logVkey: '', size: 0, root: EMPTY_ROOT, checkpoint: null, cosigned: null };
}
