/**
 * Fetches entries back from HQ, pure: what to ask, what an answer is worth, and when to ask again.
 * Time and randomness are inputs. An answer is blobs and batches, and the head that ends it; a batch
 * counts only when a pinned key of HQ cosigned its checkpoint and its entries lead from the caller's
 * own frontier to exactly that root. Whatever is lost, doubled or late costs asking again.
 *
 * One request at a time. It ends with entries, with HQ's word that it holds no more, or with the
 * finding that HQ's log is not a continuation of what the caller holds; until then it survives
 * reconnects, and an HQ that does not know how to answer is asked again, rarely.
 */
import { openCheckpoint } from '../../protocol/log/checkpoint.ts';
import { Frontier, hashesEqual, leafHash } from '../../protocol/log/merkle.ts';
import { KEY_TYPE_COSIGNATURE } from '../../protocol/log/verifier-key.ts';
import { BLOB_SALT_BYTES } from '../../protocol/log/entry.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { BackOff } from '../../protocol/replication/back-off.ts';
import { expandEntries } from '../../protocol/replication/batch-entries.ts';
import { BlobAssembly } from '../../protocol/replication/blob-assembly.ts';
import { blobNeededBy } from '../../protocol/replication/blob-need.ts';
import { openHead } from '../../protocol/replication/head.ts';
import type {
  BatchMessage,
  BlobMessage,
  ControlMessage,
  HeadMessage,
  ReplicationMessage,
} from '../../protocol/replication/messages.ts';
import { expandZstd } from '../../platform/expand-zstd.ts';
import type { FetchedEntry, FetchRequest, FetchResult } from './fetch-result.ts';

/** An answer that pauses for longer is over: several round trips over a satellite link. */
const ANSWER_MS_MAX = 15_000;
const RETRY_BASE_MS = 1_000;
/** An HQ of an earlier release never answers; asking it every ten minutes disturbs nobody. */
const RETRY_MS_MAX = 600_000;
/** Rounds start anywhere below this, so that they hardly ever meet those of a source. */
const FIRST_ROUND_LIMIT = 2 ** 40;

export type FetchAction =
  { type: 'send'; message: ControlMessage } | { type: 'wait'; untilMs: number | undefined };

type Pending = {
  request: FetchRequest;
  onResult: (result: FetchResult) => void;
  round: number;
  /** An answer is awaited; else it is to be asked at `dueMs`. */
  asked: boolean;
  dueMs: number;
  frontier: Frontier;
  entries: FetchedEntry[];
  blobs: Map<string, Uint8Array>;
  assembly: BlobAssembly;
};

export class HqFetch {
  readonly #backOff: BackOff;
  #round: number;
  #connected = false;
  #pending: Pending | undefined;

  constructor(random: () => number) {
    this.#round = Math.floor(random() * FIRST_ROUND_LIMIT);
    this.#backOff = new BackOff({ baseMs: RETRY_BASE_MS, maxMs: RETRY_MS_MAX, random });
  }

  /** Takes the place of a request before it, which then never ends; undefined asks for nothing. */
  request(
    request: FetchRequest | undefined,
    onResult: (result: FetchResult) => void,
    nowMs: number,
  ): void {
    this.#pending =
      request === undefined ? undefined : { request, onResult, ...fresh(request), dueMs: nowMs };
  }

  connected(nowMs: number): void {
    this.#connected = true;
    this.#again(nowMs);
  }

  disconnected(): void {
    this.#connected = false;
  }

  next(nowMs: number): FetchAction {
    const pending = this.#pending;
    if (pending === undefined || !this.#connected) return { type: 'wait', untilMs: undefined };
    if (nowMs < pending.dueMs) return { type: 'wait', untilMs: pending.dueMs };
    if (pending.asked) {
      if (this.#deliver(pending, [])) return { type: 'wait', untilMs: undefined };
      this.#again(nowMs + this.#backOff.nextMs());
      return this.next(nowMs);
    }
    pending.asked = true;
    pending.dueMs = nowMs + ANSWER_MS_MAX;
    pending.round = this.#round += 1;
    const { origin, start } = pending.request;
    const message = { type: 'control', action: 'fetch', origin, round: pending.round } as const;
    return { type: 'send', message: { ...message, start, evidence: '' } };
  }

  /** False when the message is no answer to what was asked. */
  receive(message: ReplicationMessage, hqKeys: readonly string[], nowMs: number): boolean {
    const pending = this.#pending;
    if (pending?.asked !== true || message.round !== pending.round) return false;
    if (message.origin !== pending.request.origin) return false;
    pending.dueMs = nowMs + ANSWER_MS_MAX;
    if (message.type === 'blob') takeBlob(pending, message);
    else if (message.type === 'batch') this.#batch(pending, message, hqKeys);
    else if (message.type === 'head') this.#head(pending, message, { hqKeys, nowMs });
    return true;
  }

  #batch(pending: Pending, batch: BatchMessage, hqKeys: readonly string[]): void {
    if (batch.start !== pending.frontier.size) return;
    const root = cosignedRoot(batch, hqKeys);
    const expanded = expandEntries(batch, expandZstd);
    if (root === undefined || !expanded.ok) return;
    const frontier = pending.frontier.clone();
    const entries = expanded.leaves.map((leaf, at): FetchedEntry => {
      const hash = leafHash(leaf);
      frontier.append(hash);
      return { index: batch.start + at, leaf, leafHash: hash };
    });
    if (hashesEqual(frontier.root(), root)) {
      pending.frontier = frontier;
      pending.entries.push(...entries);
      return;
    }
    // HQ signed another history than ours, or the bytes came spoilt: asking lower tells which.
    if (pending.entries.length === 0) this.#end(pending, { type: 'unfit' });
  }

  #head(
    pending: Pending,
    head: HeadMessage,
    { hqKeys, nowMs }: { hqKeys: readonly string[]; nowMs: number },
  ): void {
    const opened = openHead(head, hqKeys);
    const signed = opened.ok ? opened.signed : undefined;
    if (signed !== undefined) {
      const missing = (head.missingBlobs ?? []).map(({ sha256 }) => sha256);
      if (this.#deliver(pending, missing, signed.size)) return;
      const { size, root } = signed;
      if (size <= pending.request.start && head.reason === undefined) {
        this.#end(pending, { type: 'end', size, root });
        return;
      }
    }
    this.#again(nowMs + Math.max(head.retryAfterMs ?? 0, this.#backOff.nextMs()));
  }

  /** Gives away what is whole: up to the first entry whose blob did not come. */
  #deliver(pending: Pending, missingBlobs: readonly string[], hqSize?: number): boolean {
    const whole: FetchedEntry[] = [];
    for (const entry of pending.entries) {
      const name = blobNeededBy(entry.leaf, entry.index);
      const bytes = name && pending.blobs.get(`${name.index} ${name.sha256}`);
      if (name !== undefined && bytes === undefined && !missingBlobs.includes(name.sha256)) break;
      whole.push(bytes === undefined ? entry : { ...entry, blob: splitBlob(bytes) });
    }
    if (whole.length === 0) return false;
    this.#end(pending, { type: 'entries', entries: whole, hqSize });
    return true;
  }

  #end(pending: Pending, result: FetchResult): void {
    this.#pending = undefined;
    this.#backOff.reset();
    pending.onResult(result);
  }

  #again(dueMs: number): void {
    if (this.#pending === undefined) return;
    this.#pending = { ...this.#pending, ...fresh(this.#pending.request), dueMs };
  }
}

/** Nothing is asked or heard yet. */
function fresh({ start, frontier }: FetchRequest): Omit<Pending, 'request' | 'onResult' | 'dueMs'> {
  return {
    ...{ round: 0, asked: false, frontier: new Frontier(start, frontier) },
    ...{ entries: [], blobs: new Map(), assembly: new BlobAssembly() },
  };
}

function takeBlob(pending: Pending, message: BlobMessage): void {
  const outcome = pending.assembly.take(message);
  if (outcome.state === 'whole') {
    pending.blobs.set(`${message.index} ${message.sha256}`, outcome.bytes);
  }
}

/** The root that a pinned durable key signed for exactly this batch's end. */
function cosignedRoot(batch: BatchMessage, hqKeys: readonly string[]): Uint8Array | undefined {
  try {
    const opened = openCheckpoint(batch.note, hqKeys);
    const isCosigned = opened.signatures.some(({ type }) => type === KEY_TYPE_COSIGNATURE);
    const isOfBatch = opened.origin === batch.origin && opened.size === batch.end;
    return isCosigned && isOfBatch ? opened.root : undefined;
  } catch (error) {
    if (isTillgateError(error) && error.code !== 'INTERNAL') return undefined;
    throw error;
  }
}

function splitBlob(whole: Uint8Array): { salt: Uint8Array; bytes: Uint8Array } {
  return { salt: whole.subarray(0, BLOB_SALT_BYTES), bytes: whole.subarray(BLOB_SALT_BYTES) };
}
