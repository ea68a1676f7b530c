/**
 * Takes in one log: its messages one after the other, from form to durable head.
 *
 *     batches waiting ─▶ mirror.consider, one on top of the other ─▶ blobs here? ─▶ custody.append
 *        ─▶ (fsync) ─▶ mirror.commit ─▶ cosign ─▶ one head for all of them
 *
 * A head leaves only after custody resolved. Whatever goes wrong in between, the mirror is thrown
 * away and made again from custody's head, so memory never says more than the disk.
 */
import { expandZstd } from '../../platform/expand-zstd.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { must } from '../../protocol/must.ts';
import { MISSING_BLOBS_MAX } from '../../protocol/replication/limits.ts';
import { Mirror } from '../../protocol/replication/mirror.ts';
import type { Append as MirrorAppend } from '../../protocol/replication/mirror.ts';
import type {
  BatchMessage,
  BlobMessage,
  BlobName,
  CheckpointMessage,
  RefusalReason,
} from '../../protocol/replication/messages.ts';
import type { Append, Custody, CustodyHead, KeptEntry } from '../custody/custody.ts';
import { headFrontier, heldRootAt } from '../custody/merkle-reads.ts';
import { BlobAssembly } from '../../protocol/replication/blob-assembly.ts';

/** Entries behind one append: several batches share an fsync, and the frame stays small. */
const GROUP_ENTRIES_MAX = 4_096;
/** Blobs ahead of the head that one log may have waiting: more than any batch can name. */
const BLOBS_AHEAD_MAX = 8_192;

/** What the source is told; without a reason it is a plain head. */
export type Reply = {
  round: number;
  head: CustodyHead;
  reason?: RefusalReason;
  detail?: string;
  missingBlobs?: readonly BlobName[];
  /** Of a checkpoint that fits what is held, or lies ahead of it. */
  shownSize?: number;
  /** The contradiction is one that headquarters had not seen. */
  isNewFork?: boolean;
};

export type LogIntakeOptions = {
  origin: string;
  custody: Custody;
  wallMs: () => number;
};

type Fault = Pick<Reply, 'missingBlobs' | 'isNewFork'> & { reason: RefusalReason; detail: string };

export class LogIntake {
  readonly #origin: string;
  readonly #custody: Custody;
  readonly #wallMs: () => number;
  readonly #blobs = new BlobAssembly();
  readonly #knownRoots = new Map<number, Uint8Array>();
  #mirror: Mirror | undefined;
  #blobsAhead = 0;

  constructor(options: LogIntakeOptions) {
    this.#origin = options.origin;
    this.#custody = options.custody;
    this.#wallMs = options.wallMs;
  }

  /** The log must be admitted. */
  async checkpoint(message: CheckpointMessage): Promise<Reply> {
    const { round, note } = message;
    const mirror = await this.#open(note);
    const considered = mirror.considerCheckpoint(note);
    if (considered.verdict !== 'refused') {
      return { ...(await this.#reply(round)), shownSize: considered.checkpoint.size };
    }
    const isNewFork = considered.reason === 'fork' && (await this.#keepEvidence(note));
    return this.#reply(round, { ...considered, isNewFork });
  }

  /** Undefined while parts are missing, and for a blob that is whole: its batch asks about it. */
  async blob(message: BlobMessage): Promise<Reply | undefined> {
    const { index, sha256, round } = message;
    const head = await this.#head();
    if (index < head.size || index > head.size + BLOBS_AHEAD_MAX) return undefined;
    const outcome = this.#blobs.take(message);
    if (outcome.state === 'partial') return undefined;
    if (outcome.state === 'wrong') {
      return this.#reply(round, { reason: 'encoding', detail: outcome.detail });
    }
    if (await this.#isBlobHere({ index, sha256 })) return undefined;
    if (this.#blobsAhead >= BLOBS_AHEAD_MAX) {
      return this.#reply(round, { reason: 'busy', detail: 'too many blobs without their entries' });
    }
    this.#blobsAhead++;
    await this.#custody.keepBlob(this.#origin, index, outcome);
    return undefined;
  }

  /** Batches of one round in the order they came. */
  async batches(messages: readonly BatchMessage[]): Promise<Reply> {
    const round = must(messages[0], 'there is a batch').round;
    try {
      const { staged, fault, last } = await this.#consider(messages);
      if (staged.length > 0) await this.#append(staged);
      if (fault?.reason !== 'fork' && fault?.reason !== 'root')
        return await this.#reply(round, fault);
      const isNewFork = await this.#keepEvidence(last.note);
      return await this.#reply(round, { ...fault, isNewFork });
    } catch (error) {
      this.#mirror = undefined;
      if (!isTillgateError(error, 'HQ_CUSTODY_FULL')) throw error;
      return this.#reply(round, { reason: 'busy', detail: error.message });
    }
  }

  /** Stages what continues the log, up to the first batch that does not. */
  async #consider(
    messages: readonly BatchMessage[],
  ): Promise<{ staged: MirrorAppend[]; fault: Fault | undefined; last: BatchMessage }> {
    const staged: MirrorAppend[] = [];
    let last = must(messages[0], 'there is a batch');
    for (const message of messages) {
      last = message;
      const mirror = await this.#open(message.note);
      const considered = mirror.consider(message);
      if (considered.verdict === 'refused') return { staged, fault: considered, last };
      if (considered.verdict === 'duplicate') continue;
      const missingBlobs = await this.#missingBlobs(considered.blobs);
      if (missingBlobs.length > 0) {
        const detail = `blobs of ${missingBlobs.length} entries are not here`;
        return { staged, fault: { reason: 'blobs', detail, missingBlobs }, last };
      }
      mirror.stage(considered);
      staged.push(considered);
    }
    return { staged, fault: undefined, last };
  }

  async #append(staged: readonly MirrorAppend[]): Promise<void> {
    const mirror = must(this.#mirror, 'what is staged is staged on a mirror');
    const append = await this.#toAppend(mirror, staged);
    const outcome = await this.#custody.append(append);
    if (outcome.verdict === 'stale') {
      // Another receiver took this log on. The head that is answered shows how far it came.
      this.#mirror = undefined;
      return;
    }
    for (const part of staged) mirror.commit(part);
    this.#blobsAhead = 0;
  }

  async #toAppend(mirror: Mirror, staged: readonly MirrorAppend[]): Promise<Append> {
    const { size, root } = mirror;
    const last = must(staged.at(-1), 'something is staged');
    const frontier = await headFrontier(this.#custody, { origin: this.#origin, size, root });
    const entries: KeptEntry[] = [];
    for (const { leaves, leafHashes } of staged) {
      leaves.forEach((leaf, i) => {
        const nodes = frontier.append(must(leafHashes[i], 'each leaf has its hash'));
        entries.push({ leaf, nodes });
      });
    }
    const { newRoot, note: checkpoint } = last;
    return { origin: this.#origin, size, root, entries, newRoot, checkpoint };
  }

  /** The mirror, and the root that a checkpoint below its head is to be compared with. */
  async #open(note: string): Promise<Mirror> {
    this.#mirror ??= await this.#newMirror();
    const size = claimedSize(note);
    this.#knownRoots.clear();
    if (size !== undefined && size <= this.#mirror.size) {
      this.#knownRoots.set(size, await heldRootAt(this.#custody, await this.#head(), size));
    }
    return this.#mirror;
  }

  async #newMirror(): Promise<Mirror> {
    const head = await this.#head();
    return new Mirror({
      origin: this.#origin,
      logVkey: head.logVkey,
      frontier: await headFrontier(this.#custody, head),
      expand: expandZstd,
      rootAt: (asked) => must(this.#knownRoots.get(asked), 'the root asked for was read before'),
    });
  }

  async #missingBlobs(names: readonly BlobName[]): Promise<BlobName[]> {
    const missing: BlobName[] = [];
    for (const name of names) {
      if (missing.length === MISSING_BLOBS_MAX) break;
      if (!(await this.#isBlobHere(name))) missing.push(name);
    }
    return missing;
  }

  async #isBlobHere({ index, sha256 }: BlobName): Promise<boolean> {
    const held = await this.#custody.blobHash(this.#origin, index);
    return held !== undefined && Buffer.from(held).toString('base64') === sha256;
  }

  /** False when headquarters has seen it before, or has enough of this log. */
  async #keepEvidence(claimed: string): Promise<boolean> {
    const held = (await this.#head()).checkpoint;
    if (held === null) return false;
    const before = await this.#custody.evidence(this.#origin);
    if (before.some((evidence) => evidence.claimed === claimed)) return false;
    const recordedAtMs = this.#wallMs();
    return this.#custody.keepEvidence({ origin: this.#origin, held, claimed, recordedAtMs });
  }

  async #head(): Promise<CustodyHead> {
    return must(await this.#custody.head(this.#origin), 'the log is admitted');
  }

  async #reply(round: number, fault?: Fault): Promise<Reply> {
    const head = await this.#head();
    if (fault === undefined) return { round, head };
    const { reason, detail, missingBlobs, isNewFork = false } = fault;
    return { round, head, reason, detail, isNewFork, ...(missingBlobs && { missingBlobs }) };
  }
}

export { GROUP_ENTRIES_MAX };

function claimedSize(note: string): number | undefined {
  try {
    return parseCheckpoint(parseNote(note).text).size;
  } catch (error) {
    // The mirror refuses it with the reason.
    if (isTillgateError(error) && error.code !== 'INTERNAL') return undefined;
    throw error;
  }
}
