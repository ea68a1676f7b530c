/**
 * Checks a contiguous range of a log, entry by entry, in constant memory: form and index of each
 * header, each leaf hash and completed node that the store kept, each blob. It yields the range's
 * perfect subtree roots, so that ranges checked apart (on several cores) add up to the root of the
 * whole log.
 *
 *     range 0 [0, W)      range 1 [W, 2W)    range 2 [2W, n)      W a power of two
 *        root                root               roots…            ──▶ joinRanges ──▶ root at n
 *
 * A fault names one entry. Nodes are folded from the hashes the store kept, and each of those is
 * checked by itself against its leaf or its two children: a changed leaf is therefore one fault at
 * its own index, not one in every node above it. With no fault, the root over the stored hashes is
 * the root over the leaves. Where a store keeps no hashes the fold takes the computed ones, and
 * only the root tells of a change that keeps the form.
 */
import { isTillgateError } from '../errors.ts';
import { assert, must } from '../must.ts';
import { encodeBase64 } from './base64.ts';
import { blobHash, decodeEntry } from './entry.ts';
import type { DecodedEntry } from './entry.ts';
import { Frontier, HASH_BYTES, hashesEqual, leafHash, nodeHash, rootOfFrontier } from './merkle.ts';
import type { Hash } from './merkle.ts';

export interface StoredEntry {
  readonly index: number;
  readonly leaf: Uint8Array;
  /**
   * What the store kept with the entry: its leaf hash, then (where it keeps them) every node that
   * this leaf completes, level by level. Bytes, or the same as lower-case hex, which a database
   * hands over more cheaply.
   */
  readonly hashes?: Uint8Array | string;
}

export type FaultKind = 'missing' | 'form' | 'index' | 'leafHash' | 'node' | 'blob' | 'signature';

export interface Fault {
  readonly index: number;
  readonly kind: FaultKind;
  /** A sentence without its final stop. */
  readonly message: string;
}

export interface RangeOptions {
  /** The first index; a multiple of a power of two that is not below the range's length. */
  readonly start: number;
  /** Where the range should end, exclusive; without it the range ends with its last entry. */
  readonly end?: number;
  /** The store keeps every completed node, so one that lacks is a fault. */
  readonly nodesKept?: boolean;
  /** Faults kept in full; beyond it they are only counted. */
  readonly faultsMax?: number;
  /** The blob of an entry whose body is one. Without it blobs are not looked at. */
  readonly blob?: (index: number) => { salt: Uint8Array; bytes: Uint8Array } | undefined;
  /** Sees every well-formed entry; what it returns is a fault. */
  readonly visit?: (entry: DecodedEntry, index: number) => Fault | undefined;
}

export interface RangeResult {
  readonly start: number;
  readonly end: number;
  /** The perfect subtrees of [start, end), largest first. */
  readonly roots: readonly Hash[];
  /** In order of index. */
  readonly faults: readonly Fault[];
  readonly faultCount: number;
}

/** A page of a report; whoever has more than this is not helped by one more line. */
export const FAULTS_MAX = 100;

/** A wild index in a damaged store must not become a loop over all that lacks before it. */
const GAP_MAX = 2 ** 20;

const NO_HASH: Hash = new Uint8Array(HASH_BYTES);

/** Push the entries in order, then `finish`. */
export class RangeVerifier {
  readonly #options: RangeOptions;
  readonly #faultsMax: number;
  readonly #faults: Fault[] = [];
  /** The stored (else computed) roots of the perfect subtrees so far, largest first. */
  readonly #nodes: Hash[] = [];
  #faultCount = 0;
  #next: number;

  constructor(options: RangeOptions) {
    this.#options = options;
    this.#faultsMax = options.faultsMax ?? FAULTS_MAX;
    this.#next = options.start;
  }

  /** The index that must come next. */
  get next(): number {
    return this.#next;
  }

  push(entry: StoredEntry): void {
    const limit = this.#options.end ?? this.#next + GAP_MAX;
    if (entry.index < this.#next || entry.index >= limit) {
      const message = entry.index < limit ? 'The index appears twice' : 'The index is out of range';
      this.#fault({ index: entry.index, kind: 'index', message });
      return;
    }
    this.#fillGap(entry.index);
    this.#checkForm(entry);
    this.#fold(entry.index, this.#checkedLeafHash(entry), entry.hashes);
  }

  /** Entries that lack before the range's end are faults. */
  finish(): RangeResult {
    this.#fillGap(this.#options.end ?? this.#next);
    return {
      start: this.#options.start,
      end: this.#next,
      roots: this.#nodes,
      faults: this.#faults,
      faultCount: this.#faultCount,
    };
  }

  #checkForm({ index, leaf }: StoredEntry): void {
    let decoded: DecodedEntry;
    try {
      decoded = decodeEntry(leaf);
    } catch (error) {
      if (!isTillgateError(error)) throw error;
      this.#fault({ index, kind: 'form', message: error.message });
      return;
    }
    if (decoded.header.index !== index) {
      const message = `The header says index ${decoded.header.index}`;
      this.#fault({ index, kind: 'index', message });
    }
    const fault = this.#blobFault(decoded, index) ?? this.#options.visit?.(decoded, index);
    if (fault !== undefined) this.#fault(fault);
  }

  #blobFault({ header }: DecodedEntry, index: number): Fault | undefined {
    // A later version may describe its body otherwise; then there is nothing here to compare.
    if (this.#options.blob === undefined || header.v !== 1 || header.body.at !== 'blob') {
      return undefined;
    }
    const blob = this.#options.blob(index);
    if (blob === undefined) return { index, kind: 'blob', message: 'The blob is missing' };
    return encodeBase64(blobHash(blob.salt, blob.bytes)) === header.body.sha256 &&
      blob.bytes.length === header.body.length
      ? undefined
      : { index, kind: 'blob', message: 'The blob is not the one that the header describes' };
  }

  #checkedLeafHash({ index, leaf, hashes }: StoredEntry): Hash {
    const computed = leafHash(leaf);
    const stored = differing(hashes, 0, computed);
    if (stored === undefined) return computed;
    const message = 'The entry does not have the leaf hash it was stored with';
    this.#fault({ index, kind: 'leafHash', message });
    return stored;
  }

  #fold(index: number, leaf: Hash, hashes: StoredEntry['hashes']): void {
    let node = leaf;
    // Positions count from the range's start: nodes that reach below it are not this range's.
    let position = index - this.#options.start;
    for (let level = 1; position % 2 === 1; level++) {
      const left = must(this.#nodes.pop(), 'an odd position has a left sibling');
      node = nodeHash(left, node);
      const stored = differing(hashes, level, node);
      if (stored !== undefined) {
        node = stored;
        const message = `The stored node at level ${level} is not that of its two children`;
        this.#fault({ index, kind: 'node', message });
      }
      position = (position - 1) / 2;
    }
    this.#nodes.push(node);
    this.#next = index + 1;
    if (this.#options.nodesKept === true && hashes !== undefined) this.#checkCount(index, hashes);
  }

  #checkCount(index: number, hashes: Uint8Array | string): void {
    const width = typeof hashes === 'string' ? 2 * HASH_BYTES : HASH_BYTES;
    let count = 1;
    for (let position = index; position % 2 === 1; position = (position - 1) / 2) count++;
    if (hashes.length === count * width) return;
    const message = `Not exactly the ${count} hashes that belong to the entry are stored with it`;
    this.#fault({ index, kind: 'node', message });
  }

  #fillGap(index: number): void {
    if (this.#next >= index) return;
    const [first, last] = [this.#next, index - 1];
    const message =
      first === last ? 'The entry is missing' : `The entries ${first} to ${last} are missing`;
    this.#fault({ index: first, kind: 'missing', message });
    while (this.#next < index) this.#fold(this.#next, NO_HASH, undefined);
  }

  #fault(fault: Fault): void {
    this.#faultCount++;
    if (this.#faults.length < this.#faultsMax) this.#faults.push(fault);
  }
}

/** The stored hash of `level` when there is one and it is not the computed one. */
function differing(hashes: StoredEntry['hashes'], level: number, computed: Hash): Hash | undefined {
  if (hashes === undefined) return undefined;
  if (typeof hashes === 'string') {
    const stored = hashes.slice(level * 2 * HASH_BYTES, (level + 1) * 2 * HASH_BYTES);
    if (stored.length < 2 * HASH_BYTES || stored === hexOf(computed)) return undefined;
    return new Uint8Array(Buffer.from(stored, 'hex'));
  }
  const stored = hashes.subarray(level * HASH_BYTES, (level + 1) * HASH_BYTES);
  if (stored.length < HASH_BYTES || hashesEqual(stored, computed)) return undefined;
  // A copy, because the view would keep the whole row it came with.
  return new Uint8Array(stored);
}

function hexOf(bytes: Hash): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, HASH_BYTES).toString('hex');
}

/** Checks `entries` in one go; see `RangeVerifier`. */
export function verifyRange(entries: Iterable<StoredEntry>, options: RangeOptions): RangeResult {
  const verifier = new RangeVerifier(options);
  for (const entry of entries) verifier.push(entry);
  return verifier.finish();
}

export interface JoinedRanges {
  readonly size: number;
  readonly root: Hash;
  /** The perfect subtrees of the whole, largest first. */
  readonly frontier: readonly Hash[];
}

/**
 * Puts ranges of `width` leaves (a power of two; the last may be shorter) together in order, from
 * index 0. `onNode` sees every node above the ranges, which no range could check.
 */
export function joinRanges(
  ranges: Iterable<{ start: number; end: number; roots: readonly Hash[] }>,
  width: number,
  onNode: (level: number, index: number, node: Hash) => void = () => undefined,
): JoinedRanges {
  const baseLevel = Math.log2(width);
  assert(Number.isInteger(baseLevel), 'the width of ranges is a power of two');
  const upper = new Frontier();
  let size = 0;
  let tail: readonly Hash[] = [];
  for (const range of ranges) {
    assert(range.start === size && tail.length === 0, 'ranges follow each other without a gap');
    size = range.end;
    if (range.end - range.start < width) {
      tail = range.roots;
      continue;
    }
    const position = upper.size;
    const completed = upper.append(must(range.roots[0], 'a full range has one root'));
    completed.forEach((node, height) => {
      if (height > 0) onNode(baseLevel + height, Math.floor(position / 2 ** height), node);
    });
  }
  const frontier = [...upper.nodes, ...tail];
  return { size, root: rootOfFrontier(frontier), frontier };
}
